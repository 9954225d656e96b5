"""Read the arguments of ``read_csv`` into ``ReaderOptions``: DuckDB's names, and a word for the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import duckdb

from fusionflow_lab import _native
from fusionflow_lab.errors import QueryError
from fusionflow_lab.planning.ast import Node
from fusionflow_lab.planning.bind import Binder
from fusionflow_lab.planning.messages import place, suggestion
from fusionflow_lab.query import ReaderOptions

READERS = frozenset({"read_csv", "read_csv_auto"})
_ALIASES = {"sep": "delim", "delimiter": "delim", "dtypes": "types", "column_types": "types"}
_ALIASES |= {"column_names": "names", "null_string": "nullstr"}
_ALIASES |= {"date_format": "dateformat", "timestamp_format": "timestampformat"}
OPTION_NAMES = (
    "delim", "sep", "quote", "escape", "header", "columns", "names", "types", "dtypes", "nullstr",
    "all_varchar", "skip", "auto_detect", "store_rejects", "ignore_errors", "comment", "new_line",
    "encoding", "null_padding", "strict_mode", "parallel", "sample_size", "buffer_size",
    "dateformat", "timestampformat", "max_errors", "rejects_limit", "filename",
    "hive_partitioning", "hive_types", "hive_types_autocast", "union_by_name",
    "normalize_names", "decimal_separator", "thousands",
)  # fmt: skip
_ENCODINGS = (
    "utf-8", "utf-16", "latin-1", "windows-1252", "utf-16-le", "utf-16-be", "utf-16le", "utf-16be", "utf8",
    "ascii", "iso-8859-1", "cp1252",
)  # fmt: skip
# What files are like where nothing is found out.
_UNDETECTED = {"delim": ",", "quote": '"', "escape": '"', "header": False, "encoding": "utf-8"}
_LENGTHS = {"delim": (1, 4), "delimiter": (1, 4), "sep": (1, 4)}
# Times of day that a sniffed timestamp may have after its date.
_TIMES = (" %H:%M:%S", "T%H:%M:%S", " %H:%M", " %H:%M:%S.%f", " %I:%M:%S %p", " %I:%M %p")


@dataclass(kw_only=True, slots=True)
class _Draft:
    """Options as they are read."""

    text: str
    binder: Binder
    found: dict[str, object] = field(default_factory=dict)

    def error(self, what: str, node: Node, hint: str = "") -> QueryError:
        where = node.get("query_location")
        return QueryError(what, where=place(self.text, where) if isinstance(where, int) else "", hint=hint)

    def value(self, node: Node) -> object:
        try:
            return self.binder.value(node)
        except duckdb.Error as error:
            what = "an argument of read_csv is not a constant"
            raise self.error(what, node, "write the value itself") from error


def read_arguments(text: str, function: Node, binder: Binder) -> tuple[str, ReaderOptions]:
    """Return the pattern and the options of a call of ``read_csv``.

    Raises
    ------
    QueryError
        An option is unknown, has a wrong value, or asks for what is not done.
    """
    draft = _Draft(text=text, binder=binder)
    patterns = []
    for argument in function.get("arguments", []):
        name, node = _split(argument)
        if not name:
            patterns.append(_pattern(draft, node))
            continue
        known = _ALIASES.get(name, name)
        if known not in _READ:
            hint = suggestion(name, OPTION_NAMES, "known options")
            raise draft.error(f"read_csv has no option {name} here", node, hint)
        if known in draft.found:
            raise draft.error(f"read_csv is told {name} twice", node)
        draft.found[known] = _READ[known](draft, name, node)
    if len(patterns) != 1:
        raise draft.error(
            "read_csv takes one file pattern", function, "read_csv('folder/*.csv', header = true)"
        )
    return patterns[0], _options(draft, function)


def _split(argument: Node) -> tuple[str, Node]:
    """Tell ``name = value``, ``name := value`` and ``name => value`` from a plain argument."""
    node: Node = argument["expression"]
    if argument.get("name"):
        return str(argument["name"]).lower(), node
    left = node.get("left", {})
    if node.get("type") == "COMPARE_EQUAL" and left.get("class") == "COLUMN_REF":
        return ".".join(left["column_names"]).lower(), {
            **node["right"],
            "query_location": left.get("query_location"),
        }
    return "", node


def _pattern(draft: _Draft, node: Node) -> str:
    if node.get("class") == "COLUMN_REF":
        path = ".".join(node["column_names"])
        raise draft.error("read_csv takes a file pattern as text", node, f"read_csv('{path}')")
    value = draft.value(node)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, list) and value and all(isinstance(entry, str) for entry in value):
        return "{" + ",".join(value) + "}"
    if not isinstance(value, str) or not value:
        raise draft.error("read_csv takes a file pattern as text", node, "read_csv('folder/*.csv')")
    return value


def _options(draft: _Draft, function: Node) -> ReaderOptions:
    found = draft.found
    if found.get("auto_detect") is False:
        if "columns" not in found:
            hint = "columns = {'a': 'BIGINT', 'b': 'VARCHAR'}, or leave auto_detect out"
            raise draft.error("auto_detect = false needs columns", function, hint)
        found = {**_UNDETECTED, **found}
    columns = _pairs(found.get("columns", ()))
    names = tuple(str(name) for name in _sequence(found.get("names", ())))
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
    nulls = [str(null) for null in _sequence(found.get("nullstr", ()))]
    return ReaderOptions(
        delimiter=_text(found.get("delim")),
        quote=_text(found.get("quote")),
        escape=_text(found.get("escape")),
        comment=_text(found.get("comment")) or "",
        new_line=_text(found.get("new_line")) or "",
        encoding=_text(found.get("encoding")) or "",
        null_padding=bool(found.get("null_padding", False)),
        strict=bool(found.get("strict_mode", True)),
        header=None if found.get("header") is None else bool(found["header"]),
        null_string=nulls[0] if nulls else "",
        more_nulls=tuple(nulls[1:]),
        names=names,
        types=_pairs(types),
        columns=columns,
        all_varchar=bool(found.get("all_varchar", False)),
        skip=int(str(found.get("skip", 0))),
        filename=_text(found.get("filename")) or "",
        hive=None if found.get("hive_partitioning") is None else bool(found["hive_partitioning"]),
        hive_types=_pairs(found.get("hive_types", ())),
        hive_autocast=bool(found.get("hive_types_autocast", True)),
        max_errors=str(found.get("max_errors", "100%" if found.get("ignore_errors") else "")),
        leading_types=leading,
        normal_names=bool(found.get("normalize_names", False)),
        by_name=bool(found.get("union_by_name", False)),
        date_format=_text(found.get("dateformat")) or "",
        timestamp_format=_text(found.get("timestampformat")) or "",
        styles=_styles(*(_text(found.get(name)) or "" for name in ("dateformat", "timestampformat"))),
    )


def _sequence(value: object) -> Sequence[object]:
    return value if isinstance(value, (list, tuple)) else ()


def _pairs(value: object) -> tuple[tuple[str, str], ...]:
    pairs = (
        list(value.items())
        if isinstance(value, Mapping)
        else [tuple(_sequence(pair)) for pair in _sequence(value)]
    )
    return tuple((str(pair[0]), str(pair[1])) for pair in pairs)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _boolean(draft: _Draft, name: str, node: Node) -> object:
    value = draft.value(node)
    if not isinstance(value, bool):
        raise draft.error(f"{name} is true or false", node)
    return value


def _character(draft: _Draft, name: str, node: Node) -> object:
    value = draft.value(node)
    value = "\t" if value == "\\t" else value
    least, most = _LENGTHS.get(name, (0, 1))
    if not isinstance(value, str) or not least <= len(value.encode()) <= most or not value.isascii():
        what = f"{name} is one ASCII character" + (", four at most" if most > 1 else "")
        raise draft.error(what, node, "for example delim = ';' or delim = '\\t'")
    return value


def _new_line(draft: _Draft, name: str, node: Node) -> object:
    value = draft.value(node)
    known = {"\\n": "\n", "\\r": "\r", "\\r\\n": "\r\n"}
    value = known.get(str(value), value)
    if value not in known.values():
        hint = r"new_line = '\r' for lines that end with CR alone; LF and CR LF are always read"
        raise draft.error(rf"{name} is '\n', '\r' or '\r\n'", node, hint)
    return value


def _strings(draft: _Draft, name: str, node: Node) -> object:
    value = draft.value(node)
    values = value if isinstance(value, list) else [value]
    if not values or not all(isinstance(entry, str) for entry in values):
        raise draft.error(f"{name} is a text or a list of texts", node, f"{name} = ['NA', '-']")
    return values


def _skip(draft: _Draft, name: str, node: Node) -> object:
    value = draft.value(node)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise draft.error(f"{name} is a number of lines", node)
    return value


def _filename(draft: _Draft, name: str, node: Node) -> object:
    value = draft.value(node)
    if not isinstance(value, (bool, str)) or value == "":
        raise draft.error(f"{name} is true, false or the name of a column", node, "filename = 'path'")
    return "filename" if value is True else value or ""


def _max_errors(draft: _Draft, name: str, node: Node) -> object:
    value = draft.value(node)
    text = str(value)
    number = text.removesuffix("%") if isinstance(value, str) else text
    if isinstance(value, bool) or not number.replace(".", "", text.endswith("%")).isdecimal():
        hint = "max_errors = 100, or a part of the records: max_errors = '5%'"
        raise draft.error(f"{name} is a number of records or a percentage", node, hint)
    return text


def _format(draft: _Draft, name: str, node: Node) -> object:
    value = draft.value(node)
    if not isinstance(value, str) or "%" not in value:
        raise draft.error(f"{name} is a format as strptime takes it", node, f"{name} = '%d/%m/%Y'")
    return value


def _styles(date_format: str, timestamp_format: str) -> tuple[str, ...]:
    """Name the styles that dates are found out in: where one is told, no others."""
    times = (f"{timestamp_format.removesuffix(time)}" for time in _TIMES if timestamp_format.endswith(time))
    styles = [("DATE", date_format), *(("TIMESTAMP", f"{date} *") for date in times)]
    return tuple(f"{kind} '{style}'" for kind, style in styles if style and _native.reads_type(kind, style))


def _names(draft: _Draft, name: str, node: Node) -> object:
    value = draft.value(node)
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise draft.error(f"{name} is a list of texts", node, "names = ['a', 'b']")
    return value


def _types(draft: _Draft, name: str, node: Node) -> object:
    value = draft.value(node)
    if isinstance(value, Mapping):
        return {column: _type(draft, column, kind, node) for column, kind in value.items()}
    if isinstance(value, list) and name != "columns":
        return [_type(draft, f"column {place + 1}", kind, node) for place, kind in enumerate(value)]
    raise draft.error(f"{name} is a struct of types", node, f"{name} = {{'column': 'TYPE'}}")


def _type(draft: _Draft, column: str, kind: object, node: Node) -> str:
    """Return DuckDB's name of a type."""
    known = ""
    try:
        tree = draft.binder.parse(f"SELECT typeof(CAST(NULL AS {kind}))")
        known = str(draft.binder.value(tree["select_list"][0]))
    except (duckdb.Error, QueryError):
        known = ""
    if not known or known == '"NULL"':
        raise draft.error(f"{column} cannot be read as {kind}", node, "use the name of a type of DuckDB's")
    return known


def _accepted(draft: _Draft, name: str, node: Node) -> object:
    """Accept what is always on: rejects are kept aside and listed, whatever the query says."""
    value = draft.value(node)
    if value is True:
        return True
    hint = f"leave {name} out: rows that cannot be read are kept aside and listed"
    raise draft.error(f"{name} is always on", node, hint)


def _encoding(draft: _Draft, name: str, node: Node) -> object:
    value = draft.value(node)
    wanted = str(value).lower().replace("_", "-")
    if wanted not in _ENCODINGS:
        hint = suggestion(wanted, _ENCODINGS, "encodings")
        raise draft.error(f"{name} {value} is not read", node, hint)
    return wanted


def _separator(draft: _Draft, name: str, node: Node) -> object:
    """Accept the usual separators: numbers in others are text here."""
    value = draft.value(node)
    usual = {"decimal_separator": ".", "thousands": ""}[name]
    if value != usual:
        number = "replace(x, ',', '.')" if name == "decimal_separator" else "replace(x, ',', '')"
        hint = f"leave {name} out and cast the text of column x: {number}::DOUBLE"
        raise draft.error(f"{name} {value} is not read", node, hint)
    return value


def _sample_size(draft: _Draft, name: str, node: Node) -> object:
    """Accept how many rows to look at: several places of every file are, and types widen later."""
    value = draft.value(node)
    if not isinstance(value, int) or isinstance(value, bool) or (value < 1 and value != -1):
        raise draft.error(f"{name} is a number of rows, or -1 for all", node)
    return value


def _ignored(draft: _Draft, name: str, node: Node) -> object:
    """Accept what can change nothing here."""
    return (name, draft.value(node))


_READ: Mapping[str, Callable[[_Draft, str, Node], object]] = {
    "delim": _character,
    "quote": _character,
    "escape": _character,
    "header": _boolean,
    "columns": _types,
    "names": _names,
    "types": _types,
    "nullstr": _strings,
    "all_varchar": _boolean,
    "skip": _skip,
    "dateformat": _format,
    "timestampformat": _format,
    "auto_detect": _boolean,
    "normalize_names": _boolean,
    "decimal_separator": _separator,
    "thousands": _separator,
    "max_errors": _max_errors,
    "filename": _filename,
    "hive_partitioning": _boolean,
    "hive_types": _types,
    "union_by_name": _boolean,
    "hive_types_autocast": _boolean,
    "rejects_limit": _skip,
    "store_rejects": _accepted,
    "ignore_errors": _accepted,
    "comment": _character,
    "new_line": _new_line,
    "encoding": _encoding,
    "null_padding": _boolean,
    "strict_mode": _boolean,
    "parallel": _ignored,
    "sample_size": _sample_size,
    "buffer_size": _ignored,
}
