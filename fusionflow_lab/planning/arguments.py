"""Read the arguments of a function that reads files, whatever their format."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import duckdb

from fusionflow_lab.errors import QueryError
from fusionflow_lab.planning.ast import Node
from fusionflow_lab.planning.bind import Binder
from fusionflow_lab.planning.messages import place, suggestion
from fusionflow_lab.planning.reader_options import FileOptions

_ENCODINGS = (
    "utf-8", "utf-16", "latin-1", "windows-1252", "utf-16-le", "utf-16-be", "utf-16le", "utf-16be", "utf8",
    "ascii", "iso-8859-1", "cp1252",
)  # fmt: skip


@dataclass(kw_only=True, slots=True)
class Draft:
    """A call of ``function`` and its options as they are read, by their names."""

    function: str
    text: str
    binder: Binder
    found: dict[str, object] = field(default_factory=dict)

    def error(self, what: str, node: Node, hint: str = "") -> QueryError:
        """Return the error of an argument, with its place."""
        where = node.get("query_location")
        return QueryError(what, where=place(self.text, where) if isinstance(where, int) else "", hint=hint)

    def value(self, node: Node) -> object:
        """Return what a constant is."""
        try:
            return self.binder.value(node)
        except duckdb.Error as error:
            what = f"an argument of {self.function} is not a constant"
            raise self.error(what, node, "write the value itself") from error


_COMPRESSIONS = ("none", "gzip", "zstd", "bz2")
Reading: TypeAlias = Callable[[Draft, str, Node], object]


def read_call(
    text: str,
    function: Node,
    binder: Binder,
    options: Mapping[str, Reading],
    aliases: Mapping[str, str] | None = None,
) -> tuple[str, Draft]:
    """Return the file pattern of a call and its options, each as its reading makes it.

    Parameters
    ----------
    text
        The query, for places in it.
    function
        The call.
    binder
        Makes values of constants.
    options
        How each option is read, by DuckDB's name.
    aliases
        Other names of options.

    Raises
    ------
    QueryError
        An option is unknown, is given twice or has a wrong value; or there is not one pattern.
    """
    draft = Draft(function=function["function_name"].lower(), text=text, binder=binder)
    patterns = []
    for argument in function.get("arguments", []):
        name, node = _split(argument)
        if not name:
            patterns.append(_pattern(draft, node))
            continue
        known = (aliases or {}).get(name, name)
        if known not in options:
            hint = suggestion(name, [*options], "known options")
            some = f"has no option {name} here" if options else "takes a file pattern alone"
            raise draft.error(f"{draft.function} {some}", node, hint)
        if known in draft.found:
            raise draft.error(f"{draft.function} is told {name} twice", node)
        draft.found[known] = options[known](draft, name, node)
    if len(patterns) != 1:
        what = f"{draft.function} takes one file pattern"
        raise draft.error(what, function, f"{draft.function}('folder/*')")
    return patterns[0], draft


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


def _pattern(draft: Draft, node: Node) -> str:
    if node.get("class") == "COLUMN_REF":
        path = ".".join(node["column_names"])
        what = f"{draft.function} takes a file pattern as text"
        raise draft.error(what, node, f"{draft.function}('{path}')")
    value = draft.value(node)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, list) and value and all(isinstance(entry, str) for entry in value):
        return "{" + ",".join(value) + "}"
    if not isinstance(value, str) or not value:
        what = f"{draft.function} takes a file pattern as text"
        raise draft.error(what, node, f"{draft.function}('folder/*')")
    return value


def sequence(value: object) -> Sequence[object]:
    """Return a list or tuple as it is, anything else as empty."""
    return value if isinstance(value, (list, tuple)) else ()


def pairs(value: object) -> tuple[tuple[str, str], ...]:
    """Return a struct or a list of pairs as pairs of texts."""
    pairs = (
        list(value.items())
        if isinstance(value, Mapping)
        else [tuple(sequence(pair)) for pair in sequence(value)]
    )
    return tuple((str(pair[0]), str(pair[1])) for pair in pairs)


def text_of(value: object) -> str | None:
    """Return a value as text, None as it is."""
    return None if value is None else str(value)


def read_boolean(draft: Draft, name: str, node: Node) -> object:
    """Read true or false."""
    value = draft.value(node)
    if not isinstance(value, bool):
        raise draft.error(f"{name} is true or false", node)
    return value


def read_strings(draft: Draft, name: str, node: Node) -> object:
    """Read a text or a list of texts, as a list."""
    value = draft.value(node)
    values = value if isinstance(value, list) else [value]
    if not values or not all(isinstance(entry, str) for entry in values):
        raise draft.error(f"{name} is a text or a list of texts", node, f"{name} = ['NA', '-']")
    return values


def read_count(draft: Draft, name: str, node: Node) -> object:
    """Read a number from 0."""
    value = draft.value(node)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise draft.error(f"{name} is a number of lines", node)
    return value


def read_filename(draft: Draft, name: str, node: Node) -> object:
    """Read the name of the column for the file's path; empty for none."""
    value = draft.value(node)
    if not isinstance(value, (bool, str)) or value == "":
        raise draft.error(f"{name} is true, false or the name of a column", node, "filename = 'path'")
    return "filename" if value is True else value or ""


def read_max_errors(draft: Draft, name: str, node: Node) -> object:
    """Read how many records may be rejected, as a text."""
    value = draft.value(node)
    text = str(value)
    number = text.removesuffix("%") if isinstance(value, str) else text
    if isinstance(value, bool) or not number.replace(".", "", text.endswith("%")).isdecimal():
        hint = "max_errors = 100, or a part of the records: max_errors = '5%'"
        raise draft.error(f"{name} is a number of records or a percentage", node, hint)
    return text


def read_types(draft: Draft, name: str, node: Node) -> object:
    """Read types of columns, by name or in order."""
    value = draft.value(node)
    if isinstance(value, Mapping):
        # Tables are wide, and their types few.
        known: dict[str, str] = {}
        for column, kind in value.items():
            known[str(kind)] = known.get(str(kind)) or _type(draft, column, kind, node)
        return {column: known[str(kind)] for column, kind in value.items()}
    if isinstance(value, list) and name != "columns":
        return [_type(draft, f"column {place + 1}", kind, node) for place, kind in enumerate(value)]
    raise draft.error(f"{name} is a struct of types", node, f"{name} = {{'column': 'TYPE'}}")


def _type(draft: Draft, column: str, kind: object, node: Node) -> str:
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


def read_accepted(draft: Draft, name: str, node: Node) -> object:
    """Accept what is always on: rejects are kept aside and listed, whatever the query says."""
    value = draft.value(node)
    if value is True:
        return True
    hint = f"leave {name} out: rows that cannot be read are kept aside and listed"
    raise draft.error(f"{name} is always on", node, hint)


def read_ignored(draft: Draft, name: str, node: Node) -> object:
    """Accept what can change nothing here."""
    return (name, draft.value(node))


def read_encoding(draft: Draft, name: str, node: Node) -> object:
    """Read the name of an encoding."""
    value = draft.value(node)
    wanted = str(value).lower().replace("_", "-")
    if wanted not in _ENCODINGS:
        hint = suggestion(wanted, _ENCODINGS, "encodings")
        raise draft.error(f"{name} {value} is not read", node, hint)
    return wanted


def read_compression(draft: Draft, name: str, node: Node) -> object:
    """Read how files are packed; empty for what their names say."""
    value = str(draft.value(node)).lower()
    known = {"auto": "", "auto_detect": "", "gz": "gzip", "zst": "zstd", "bzip2": "bz2"}
    value = known.get(value, value)
    if value not in ("", *_COMPRESSIONS):
        raise draft.error(
            f"{name} {value} is not read", node, suggestion(value, _COMPRESSIONS, "compressions")
        )
    return value


def read_ratio(draft: Draft, name: str, node: Node) -> object:
    """Read how many bytes of text a packed byte may stand for."""
    value = draft.value(node)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise draft.error(f"{name} is a number, 0 for no limit", node, f"{name} = 5000")
    return value


FILE_OPTIONS: Mapping[str, Reading] = {
    "compression": read_compression,
    "max_ratio": read_ratio,
    "max_errors": read_max_errors,
    "filename": read_filename,
    "hive_partitioning": read_boolean,
    "hive_types": read_types,
    "union_by_name": read_boolean,
    "hive_types_autocast": read_boolean,
    "store_rejects": read_accepted,
    "ignore_errors": read_accepted,
}
"""How the options are read that go with every format."""


def file_options(found: Mapping[str, object]) -> FileOptions:
    """Return the options that go with every format."""
    return FileOptions(
        filename=text_of(found.get("filename")) or "",
        hive=None if found.get("hive_partitioning") is None else bool(found["hive_partitioning"]),
        hive_types=pairs(found.get("hive_types", ())),
        hive_autocast=bool(found.get("hive_types_autocast", True)),
        max_errors=str(found.get("max_errors", "100%" if found.get("ignore_errors") else "")),
        by_name=bool(found.get("union_by_name", False)),
        compression=text_of(found.get("compression")) or "",
        max_ratio=int(str(found.get("max_ratio", FileOptions().max_ratio))),
    )
