"""Read the arguments of ``read_lines`` and ``words`` into ``TextOptions``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace

from fusionflow_lab.planning.arguments import (
    FILE_OPTIONS,
    Draft,
    Reading,
    file_options,
    pairs,
    read_boolean,
    read_call,
    read_encoding,
    read_types,
)
from fusionflow_lab.planning.ast import Node
from fusionflow_lab.planning.bind import Binder
from fusionflow_lab.planning.reader_options import TextOptions
from fusionflow_lab.source import TextRows

FILE = "file"
"""The column of the file's path, where it is not named otherwise."""


def read_lines(text: str, function: Node, binder: Binder) -> tuple[str, TextOptions]:
    """Return the pattern and the options of a call of ``read_lines``: a row for each line.

    Raises
    ------
    QueryError
        An option is unknown, or has a wrong value.
    """
    pattern, draft = read_call(text, function, binder, _LINES)
    found = draft.found
    if "pattern" not in found and found.keys() & {"types", "unmatched"}:
        raise draft.error("types and unmatched go with pattern", function, "pattern = '(?<ts>\\S+)'")
    rows: TextRows = "matches" if "pattern" in found else "lines"
    options = _options(found, rows)
    return pattern, replace(
        options,
        pattern=str(found.get("pattern", "")),
        types=pairs(found.get("types", ())),
        unmatched=found.get("unmatched") == "null",
    )


def read_words(text: str, function: Node, binder: Binder) -> tuple[str, TextOptions]:
    """Return the pattern and the options of a call of ``words``: a row for each word.

    Raises
    ------
    QueryError
        An option is unknown, or has a wrong value.
    """
    pattern, draft = read_call(text, function, binder, _WORDS)
    return pattern, replace(_options(draft.found, "words"), lower=bool(draft.found.get("lower", False)))


def _options(found: Mapping[str, object], rows: TextRows) -> TextOptions:
    common = asdict(file_options(found))
    if "filename" not in found:
        common["filename"] = FILE
    return TextOptions(rows=rows, encoding=str(found.get("encoding", "")), **common)


def _pattern(draft: Draft, name: str, node: Node) -> object:
    value = draft.value(node)
    if not isinstance(value, str) or not value:
        raise draft.error(f"{name} is a text with named groups", node, "'(?<ts>\\S+) (?<level>\\w+)'")
    return value


def _unmatched(draft: Draft, name: str, node: Node) -> object:
    value = draft.value(node)
    if value not in {"reject", "null"}:
        raise draft.error(f"{name} is 'reject' or 'null'", node, "'null' keeps lines that do not match")
    return value


_COMMON: Mapping[str, Reading] = {
    "encoding": read_encoding,
    **{name: reading for name, reading in FILE_OPTIONS.items() if name != "union_by_name"},
}
_LINES: Mapping[str, Reading] = {**_COMMON, "pattern": _pattern, "types": read_types, "unmatched": _unmatched}
_WORDS: Mapping[str, Reading] = {**_COMMON, "lower": read_boolean}
LINE_OPTIONS = tuple(_LINES)
"""Names of the options of ``read_lines``, for completion."""
WORD_OPTIONS = tuple(_WORDS)
"""Names of the options of ``words``."""
EXTRACT_OPTIONS = ("types", "unmatched")
"""Names of the options of ``extract``."""
