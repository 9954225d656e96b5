"""``COPY (query) TO 'place' (options)`` and ``CREATE TABLE name AS query``: a query, and where its rows go.

The words and options are DuckDB's. What is not done here is refused by name: an option that is passed over in
silence would write other files than were asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, cast

from fusionflow_lab.errors import ConfigError, QueryError
from fusionflow_lab.planning.messages import pinned, suggestion
from fusionflow_lab.planning.tokens import Tokens
from fusionflow_lab.query import Query
from fusionflow_lab.sink import Sink, SinkFormat, SinkMode
from fusionflow_lab.units import bytes_of

FORM: Final = "COPY (SELECT …) TO 'folder' (FORMAT parquet)"
_OPTION_LINES: Final = (
    "FORMAT,PARTITION_BY,COMPRESSION,COMPRESSION_LEVEL,FILE_SIZE_BYTES,OVERWRITE,APPEND,ERROR_IF_EXISTS,"
    "ROW_GROUP_SIZE,HEADER,DELIMITER,QUOTE,ESCAPE,NULLSTR,FORCE_QUOTE,DATEFORMAT,TIMESTAMPFORMAT,"
    "ESCAPE_FORMULAS,WRITE_PARTITION_COLUMNS"
)
OPTION_NAMES: Final = tuple(_OPTION_LINES.split(","))

_SUFFIXES: Mapping[str, SinkFormat] = MappingProxyType(
    {
        ".parquet": "parquet",
        ".csv": "csv",
        ".tsv": "csv",
        ".txt": "csv",
        ".json": "json",
        ".jsonl": "json",
        ".ndjson": "json",
    }
)
_PACKED: Final = MappingProxyType({".gz": "gzip", ".zst": "zstd"})
_CODECS: Mapping[str, str] = MappingProxyType(
    {"uncompressed": "none", "": "none", "lz4_raw": "lz4", "gz": "gzip", "zst": "zstd"}
)
_ALLOWED: Mapping[SinkFormat, frozenset[str]] = MappingProxyType(
    {
        "parquet": frozenset({"none", "snappy", "gzip", "zstd", "lz4", "brotli"}),
        "csv": frozenset({"none", "gzip", "zstd"}),
        "json": frozenset({"none", "gzip", "zstd"}),
    }
)
_HINTS: Final = MappingProxyType(
    {
        "overwrite_or_ignore": "OVERWRITE replaces the whole dataset at once; APPEND adds to it",
        "per_thread_output": "name a folder: it gets a file for each task",
        "filename_pattern": "files are named so that two jobs never write the same one",
        "array": "JSON is written as one object a line",
    }
)
_TRUE, _FALSE = frozenset({"", "true", "1", "on"}), frozenset({"false", "0", "off"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Copying:
    """A query with blanks before it, so that places in it are places in the whole text, and its sink."""

    text: str
    sink: Sink


@dataclass(frozen=True, kw_only=True, slots=True)
class CreateTable:
    """``CREATE [OR REPLACE] TABLE [IF NOT EXISTS] name AS text``; ``text`` as in ``Copying``."""

    name: str
    text: str
    replace: bool = False
    if_not_exists: bool = False


def written_query(text: str) -> Copying | CreateTable | None:
    """Return what a text writes where, or None where it is another statement.

    Raises
    ------
    QueryError
        It is begun and not ended as it should, or asks for what is not done here.

    Examples
    --------
    >>> written_query("COPY (FROM 'a.csv') TO 'out' (FORMAT parquet, COMPRESSION zstd)").sink.compression
    'zstd'
    >>> written_query("create table t as from 'a.csv'").name
    't'
    >>> written_query("SELECT 'COPY'") is None
    True
    """
    with pinned(text):
        tokens = Tokens(text)
        if tokens.take("copy"):
            return _copying(tokens)
        if tokens.take("create"):
            return _create_table(tokens)
        return None


def written_place(query: Query) -> str:
    """Return where a query writes, in the user's words; empty for one that writes nowhere.

    Examples
    --------
    >>> written_place(Query(text="CREATE TABLE t AS FROM a", sink=Sink(url="/scratch/1")))
    'table t'
    """
    if query.sink is None:
        return ""
    asked = written_query(query.text)
    return f"table {asked.name}" if isinstance(asked, CreateTable) else query.sink.url


def selected(text: str) -> str:
    """Return the query of a text that writes its rows, in its place; another text as it is.

    Examples
    --------
    >>> selected("COPY (FROM a) TO 'x'"), selected("FROM a")
    ('      FROM a', 'FROM a')
    """
    found = written_query(text)
    return text if found is None else found.text


def _copying(tokens: Tokens) -> Copying:
    query = tokens.enclosed()
    if tokens.take("from"):
        what = "COPY … FROM reads into a table"
        raise QueryError(what, where=tokens.where, hint="SELECT … FROM 'file.csv'")
    tokens.expect("to", FORM)
    where = tokens.where
    target = tokens.next()
    if not target.startswith("'") or len(target) < len("'x'"):
        raise QueryError("COPY writes to a path or URL in quotes", where=where, hint=FORM)
    tokens.take("with")
    options = _options(tokens)
    if not tokens.ended:
        raise QueryError("the options of COPY stand in parentheses", where=tokens.where, hint=FORM)
    return Copying(text=query, sink=sink_of(target[1:-1].replace("''", "'"), options))


def _create_table(tokens: Tokens) -> CreateTable | None:
    replace = tokens.take("or", "replace")
    _ = tokens.take("temp") or tokens.take("temporary")
    if not tokens.take("table"):
        return None
    if_not_exists = tokens.take("if", "not", "exists")
    name = tokens.name()
    tokens.expect("as", "CREATE TABLE name AS SELECT …")
    return CreateTable(name=name, text=tokens.remainder(), replace=replace, if_not_exists=if_not_exists)


def _options(tokens: Tokens) -> dict[str, str | tuple[str, ...]]:
    options: dict[str, str | tuple[str, ...]] = {}
    if not tokens.take("("):
        return options
    while True:
        name = tokens.next().lower()
        tokens.take("=")
        options[name] = _value(tokens)
        if tokens.take(")"):
            return options
        tokens.expect(",", FORM)


def _value(tokens: Tokens) -> str | tuple[str, ...]:
    if tokens.take("("):
        values = [tokens.value()]
        while tokens.take(","):
            values.append(tokens.value())
        tokens.expect(")", FORM)
        return tuple(values)
    if tokens.peek() in {",", ")"}:
        return ""
    if tokens.take("-"):
        return f"-{tokens.value()}"
    return tokens.value()


def sink_of(url: str, options: Mapping[str, str | tuple[str, ...]]) -> Sink:
    """Return the sink of a place and DuckDB's options of COPY, as texts by lower-case name.

    Raises
    ------
    QueryError
        An option is unknown, or has a value that is none of its values.

    Examples
    --------
    >>> sink_of("out", {"format": "csv", "delim": ";", "overwrite": ""}).mode
    'overwrite'
    >>> sink_of("rows.csv.gz", {}).compression
    'gzip'
    """
    given = {_ALIASES.get(name, name): value for name, value in options.items()}
    unknown = next((name for name in given if name not in _READ), None)
    if unknown is not None:
        hint = _HINTS.get(unknown) or suggestion(unknown.upper(), OPTION_NAMES, "options")
        raise QueryError(f"COPY has no option {unknown.upper()} here", hint=hint)
    values: dict[str, object] = {}
    for name, value in given.items():
        field, read = _READ[name]
        values[field] = read(name, value)
    return _completed(url, values)


def _completed(url: str, values: dict[str, object]) -> Sink:
    stem, packed = url, ""
    for suffix, codec in _PACKED.items():
        if url.lower().endswith(suffix):
            stem, packed = url[: -len(suffix)], codec
    suffix = next((known for known in _SUFFIXES if stem.lower().endswith(known)), "")
    kind = cast("SinkFormat", values.setdefault("format", _SUFFIXES.get(suffix, "csv")))
    values["mode"] = _mode(values)
    values.setdefault("compression", packed or ("snappy" if kind == "parquet" else "none"))
    if values["compression"] not in _ALLOWED[kind]:
        known = ", ".join(sorted(_ALLOWED[kind]))
        what = f"{kind} is not compressed with {values['compression']}"
        raise QueryError(what, hint=f"take one of {known}")
    if suffix == ".tsv":
        values.setdefault("delimiter", "\t")
    single = bool(suffix) and not values.get("partition_by") and not values.get("file_size_bytes")
    if single and values["mode"] == "append":
        raise QueryError("rows are not appended to one file", hint="name a folder, which becomes a dataset")
    return Sink(url=url, single=single, **values)  # type: ignore[arg-type]


def _mode(values: dict[str, object]) -> SinkMode:
    known: tuple[SinkMode, ...] = ("error", "append", "overwrite")
    modes = [mode for mode in known if values.pop(f"is_{mode}", False)]
    if len(modes) > 1:
        raise QueryError("COPY takes one of OVERWRITE, APPEND and ERROR_IF_EXISTS")
    return modes[0] if modes else "error"


def _text(name: str, value: str | tuple[str, ...]) -> str:
    if isinstance(value, tuple):
        raise QueryError(f"{name.upper()} takes one value")
    return value


def _flag(name: str, value: str | tuple[str, ...]) -> bool:
    word = _text(name, value).lower()
    if word not in _TRUE | _FALSE:
        raise QueryError(f"{name.upper()} is {word}", hint="write true or false")
    return word in _TRUE


def _number(name: str, value: str | tuple[str, ...]) -> int:
    word = _text(name, value)
    try:
        return int(word)
    except ValueError:
        raise QueryError(f"{name.upper()} is {word}", hint="write a whole number") from None


def _size(name: str, value: str | tuple[str, ...]) -> int:
    word = _text(name, value)
    try:
        size = int(word) if word.isdecimal() else bytes_of(name.upper(), word)
    except ConfigError as error:
        raise QueryError(error.what, hint=error.hint) from None
    if size <= 0:
        raise QueryError(f"{name.upper()} is {word}", hint="write it as '256MB'")
    return size


def _format(name: str, value: str | tuple[str, ...]) -> str:
    word = _text(name, value).lower()
    if word not in {"parquet", "csv", "json"}:
        raise QueryError(f"{name.upper()} is {word}", hint="write parquet, csv or json")
    return word


def _codec(name: str, value: str | tuple[str, ...]) -> str:
    word = _text(name, value).lower()
    return _CODECS.get(word, word)


def _columns(_: str, value: str | tuple[str, ...]) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else (value,)


def _character(name: str, value: str | tuple[str, ...]) -> str:
    word = _text(name, value)
    if len(word.encode()) != 1:
        raise QueryError(f"{name.upper()} is {word!r}", hint="write one ASCII character")
    return word


def _delimiter(name: str, value: str | tuple[str, ...]) -> str:
    word = _text(name, value).replace("\\t", "\t")
    if not word or set(word) & set('\n\r"'):
        raise QueryError(f"{name.upper()} is {word!r}", hint="write ',' or ';' or '\\t'")
    return word


def _force(name: str, value: str | tuple[str, ...]) -> bool:
    if value not in ("*", ("*",)):
        raise QueryError(f"{name.upper()} takes * here: all texts are quoted, or those that need it")
    return True


_ALIASES: Mapping[str, str] = MappingProxyType(
    {"delim": "delimiter", "sep": "delimiter", "null": "nullstr", "codec": "compression"}
)
_READ: Mapping[str, tuple[str, Callable[[str, str | tuple[str, ...]], object]]] = MappingProxyType(
    {
        "format": ("format", _format),
        "partition_by": ("partition_by", _columns),
        "compression": ("compression", _codec),
        "compression_level": ("compression_level", _number),
        "file_size_bytes": ("file_size_bytes", _size),
        "overwrite": ("is_overwrite", _flag),
        "append": ("is_append", _flag),
        "error_if_exists": ("is_error", _flag),
        "row_group_size": ("row_group_size", _number),
        "header": ("header", _flag),
        "delimiter": ("delimiter", _delimiter),
        "quote": ("quote", _character),
        "escape": ("escape", _character),
        "nullstr": ("null", _text),
        "force_quote": ("force_quote", _force),
        "dateformat": ("date_format", _text),
        "timestampformat": ("timestamp_format", _text),
        "escape_formulas": ("escape_formulas", _flag),
        "write_partition_columns": ("write_partition_columns", _flag),
    }
)
