"""Read the arguments of ``read_csv`` into ``CsvOptions``: DuckDB's names, and a word for the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from fusionflow_lab import _native
from fusionflow_lab.planning.arguments import (
    FILE_OPTIONS,
    Draft,
    Reading,
    file_options,
    pairs,
    read_boolean,
    read_call,
    read_count,
    read_encoding,
    read_ignored,
    read_strings,
    read_types,
    sequence,
    text_of,
)
from fusionflow_lab.planning.ast import Node
from fusionflow_lab.planning.bind import Binder
from fusionflow_lab.planning.reader_options import CsvOptions

_ALIASES = {"sep": "delim", "delimiter": "delim", "dtypes": "types", "column_types": "types"}
_ALIASES |= {"column_names": "names", "null_string": "nullstr"}
_ALIASES |= {"date_format": "dateformat", "timestamp_format": "timestampformat"}
# What files are like where nothing is found out.
_UNDETECTED = {"delim": ",", "quote": '"', "escape": '"', "header": False, "encoding": "utf-8"}
_LENGTHS = {"delim": (1, 4), "delimiter": (1, 4), "sep": (1, 4)}
# Times of day that a sniffed timestamp may have after its date.
_TIMES = (" %H:%M:%S", "T%H:%M:%S", " %H:%M", " %H:%M:%S.%f", " %I:%M:%S %p", " %I:%M %p")


def read_csv(text: str, function: Node, binder: Binder) -> tuple[str, CsvOptions]:
    """Return the pattern and the options of a call of ``read_csv``.

    Raises
    ------
    QueryError
        An option is unknown, has a wrong value, or asks for what is not done.
    """
    pattern, draft = read_call(text, function, binder, _READ, _ALIASES)
    return pattern, _options(draft, function)


def _options(draft: Draft, function: Node) -> CsvOptions:
    found = draft.found
    if found.get("auto_detect") is False:
        if "columns" not in found:
            hint = "columns = {'a': 'BIGINT', 'b': 'VARCHAR'}, or leave auto_detect out"
            raise draft.error("auto_detect = false needs columns", function, hint)
        found = {**_UNDETECTED, **found}
    columns = pairs(found.get("columns", ()))
    names = tuple(str(name) for name in sequence(found.get("names", ())))
    types = found.get("types", ())
    leading: tuple[str, ...] = ()
    if isinstance(types, list):
        leading, types = tuple(types), ()
    if leading and found.get("union_by_name"):
        hint = "name the columns: types = {'column': 'TYPE'}"
        raise draft.error("a list of types does not go with union_by_name", function, hint)
    if found.get("normalize_names") and found.get("union_by_name"):
        hint = "leave normalize_names out, and rename columns in SELECT"
        raise draft.error("normalize_names does not go with union_by_name", function, hint)
    if columns and (types or leading or names):
        raise draft.error("columns already says names and types", function, "leave out names and types")
    nulls = [str(null) for null in sequence(found.get("nullstr", ()))]
    return CsvOptions(
        delimiter=text_of(found.get("delim")),
        quote=text_of(found.get("quote")),
        escape=text_of(found.get("escape")),
        comment=text_of(found.get("comment")) or "",
        new_line=text_of(found.get("new_line")) or "",
        encoding=text_of(found.get("encoding")) or "",
        null_padding=bool(found.get("null_padding", False)),
        strict=bool(found.get("strict_mode", True)),
        header=None if found.get("header") is None else bool(found["header"]),
        null_string=nulls[0] if nulls else "",
        more_nulls=tuple(nulls[1:]),
        names=names,
        types=pairs(types),
        columns=columns,
        all_varchar=bool(found.get("all_varchar", False)),
        skip=int(str(found.get("skip", 0))),
        **asdict(file_options(found)),
        leading_types=leading,
        normal_names=bool(found.get("normalize_names", False)),
        date_format=text_of(found.get("dateformat")) or "",
        timestamp_format=text_of(found.get("timestampformat")) or "",
        styles=_styles(*(text_of(found.get(name)) or "" for name in ("dateformat", "timestampformat"))),
    )


def _character(draft: Draft, name: str, node: Node) -> object:
    value = draft.value(node)
    value = "\t" if value == "\\t" else value
    least, most = _LENGTHS.get(name, (0, 1))
    if not isinstance(value, str) or not least <= len(value.encode()) <= most or not value.isascii():
        what = f"{name} is one ASCII character" + (", four at most" if most > 1 else "")
        raise draft.error(what, node, "for example delim = ';' or delim = '\\t'")
    return value


def _new_line(draft: Draft, name: str, node: Node) -> object:
    value = draft.value(node)
    known = {"\\n": "\n", "\\r": "\r", "\\r\\n": "\r\n"}
    value = known.get(str(value), value)
    if value not in known.values():
        hint = r"new_line = '\r' for lines that end with CR alone; LF and CR LF are always read"
        raise draft.error(rf"{name} is '\n', '\r' or '\r\n'", node, hint)
    return value


def _format(draft: Draft, name: str, node: Node) -> object:
    value = draft.value(node)
    if not isinstance(value, str) or "%" not in value:
        raise draft.error(f"{name} is a format as strptime takes it", node, f"{name} = '%d/%m/%Y'")
    return value


def _styles(date_format: str, timestamp_format: str) -> tuple[str, ...]:
    """Name the styles that dates are found out in: where one is told, no others."""
    times = (f"{timestamp_format.removesuffix(time)}" for time in _TIMES if timestamp_format.endswith(time))
    styles = [("DATE", date_format), *(("TIMESTAMP", f"{date} *") for date in times)]
    return tuple(f"{kind} '{style}'" for kind, style in styles if style and _native.reads_type(kind, style))


def _names(draft: Draft, name: str, node: Node) -> object:
    value = draft.value(node)
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise draft.error(f"{name} is a list of texts", node, "names = ['a', 'b']")
    return value


def _separator(draft: Draft, name: str, node: Node) -> object:
    """Accept the usual separators: numbers in others are text here."""
    value = draft.value(node)
    usual = {"decimal_separator": ".", "thousands": ""}[name]
    if value != usual:
        number = "replace(x, ',', '.')" if name == "decimal_separator" else "replace(x, ',', '')"
        hint = f"leave {name} out and cast the text of column x: {number}::DOUBLE"
        raise draft.error(f"{name} {value} is not read", node, hint)
    return value


def _sample_size(draft: Draft, name: str, node: Node) -> object:
    """Accept how many rows to look at: several places of every file are, and types widen later."""
    value = draft.value(node)
    if not isinstance(value, int) or isinstance(value, bool) or (value < 1 and value != -1):
        raise draft.error(f"{name} is a number of rows, or -1 for all", node)
    return value


_READ: Mapping[str, Reading] = {
    "delim": _character,
    "quote": _character,
    "escape": _character,
    "header": read_boolean,
    "columns": read_types,
    "names": _names,
    "types": read_types,
    "nullstr": read_strings,
    "all_varchar": read_boolean,
    "skip": read_count,
    "dateformat": _format,
    "timestampformat": _format,
    "auto_detect": read_boolean,
    "normalize_names": read_boolean,
    "decimal_separator": _separator,
    "thousands": _separator,
    **FILE_OPTIONS,
    "rejects_limit": read_count,
    "comment": _character,
    "new_line": _new_line,
    "encoding": read_encoding,
    "null_padding": read_boolean,
    "strict_mode": read_boolean,
    "parallel": read_ignored,
    "sample_size": _sample_size,
    "buffer_size": read_ignored,
}
OPTION_NAMES = (*_READ, *_ALIASES)
"""Names of the options, for completion."""
