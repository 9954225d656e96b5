"""How files are read, as text: what was found out, and the call that says it."""

from __future__ import annotations

from dataclasses import fields

from fusionflow_lab.planning.ast import literal
from fusionflow_lab.planning.explain import size_text
from fusionflow_lab.source import Dialect, JsonDialect, Source, Text

_OPTION_NAMES = {"delimiter": "delim", "null_string": "nullstr"}
# As SQL takes them.
_FORMS = {"lines": "'newline_delimited'", "array": "'array'", "values": "'unstructured'"}


def sniffed_text(source: Source) -> str:
    """Say what files are like, and how to give that to the function that reads them.

    Examples
    --------
    >>> from fusionflow_lab.source import Column
    >>> city, km = (Column(name=n, type=t, ordinal=0) for n, t in [("city", "VARCHAR"), ("km", "BIGINT")])
    >>> columns = (city, km)
    >>> print(sniffed_text(Source(name="", pattern="a.csv", dialect=Dialect(), columns=columns, files=())))
    files    0 files, 0 B
    dialect  delimiter ',', quote '"', header true
    columns  2
             city  VARCHAR
             km    BIGINT
    as SQL   read_csv('a.csv', delim = ',', quote = '"', header = true, columns = {'city': 'VARCHAR',
             'km': 'BIGINT'})
    """
    files = "1 file" if len(source.files) == 1 else f"{len(source.files)} files"
    width = max((len(column.name) for column in source.columns), default=0)
    columns = [f"         {column.name.ljust(width)}  {column.type}" for column in source.columns]
    if isinstance(source.dialect, Text):
        raise TypeError("text has lines, no dialect")
    if source.format == "arrow":
        how = "format   Arrow"
        call = f"read_arrow({literal(source.pattern)})"
    elif isinstance(source.dialect, (Dialect, JsonDialect)):
        facts = _facts(source.dialect)
        how = f"dialect  {', '.join(f'{name} {value}' for name, value in facts)}"
        call = _call(source, facts)
    else:
        how = f"format   Parquet, {sum(len(file.cuts) for file in source.files)} row groups"
        call = f"read_parquet({literal(source.pattern)})"
    return "\n".join(
        [
            f"files    {files}, {size_text(source.size)}",
            how,
            f"columns  {len(source.columns)}",
            *columns,
            f"as SQL   {call}",
        ]
    )


def _facts(dialect: Dialect | JsonDialect) -> list[tuple[str, str]]:
    """List what the dialect says: the three that every file has, and the others where they are not usual."""
    if isinstance(dialect, JsonDialect):
        return [("format", _FORMS[dialect.form]), *[("records", "false")] * (not dialect.records)]
    plain = Dialect()
    shown = []
    for field in fields(dialect):
        value = getattr(dialect, field.name)
        if field.name in {"delimiter", "quote", "header"} or value != getattr(plain, field.name):
            shown.append((field.name, _written(value)))
    return shown


def _call(source: Source, facts: list[tuple[str, str]]) -> str:
    if source.by_name:
        types = ", ".join(f"{literal(column.name)}: {literal(column.type)}" for column in source.columns)
        return f"read_csv({literal(source.pattern)}, union_by_name = true, types = {{{types}}})"
    options = [f"{_OPTION_NAMES.get(name, name)} = {value}" for name, value in facts]
    types = ", ".join(f"{literal(column.name)}: {literal(column.type)}" for column in source.columns)
    function = "read_csv" if source.format == "csv" else "read_json"
    return f"{function}({', '.join([literal(source.pattern), *options, f'columns = {{{types}}}'])})"


def _written(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return literal(value.replace("\t", "\\t"))
    return str(value)
