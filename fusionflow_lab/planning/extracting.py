r"""Make ``read_lines('*.log') l, extract(line, '(?<ts>\S+)') m`` one source: lines with what a pattern finds.

::

    FROM read_lines('*.log') l, extract(l.line, '(?<ts>\S+)') m      WHERE m.ts > …      SELECT l.file, m.*
      FROM read_lines('*.log', pattern = '(?<ts>\S+)') l             WHERE l.ts > …      SELECT l.file, l.ts

So only the groups that are used are captured, in the same pass that finds the lines. In DuckDB's grammar
``extract(`` begins ``extract(year FROM day)``; a call in FROM gets another name before it is parsed, one of
the same length, so that places in the text stay.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import duckdb

from fusionflow_lab.errors import QueryError
from fusionflow_lab.planning.ast import Node, clone, walk

MARKER = "extrac_"
"""What ``extract`` is called in FROM while it is parsed."""
_OWN = ("line", "byte")
Refuse = Callable[[str, Node, str], QueryError]


def with_marker(text: str) -> str:
    """Call ``extract`` otherwise where it is a function with several arguments.

    Examples
    --------
    >>> with_marker("SELECT extract(year FROM d) FROM read_lines('a') l, extract(l.line, 'x') m")
    "SELECT extract(year FROM d) FROM read_lines('a') l, extrac_(l.line, 'x') m"
    """
    raw = text.encode()
    starts = [at for at, kind in duckdb.tokenize(text) if kind != duckdb.token_type.comment]
    words = [
        re.split(rb"[\s(]", raw[start:end], maxsplit=1)[0].lower()
        for start, end in zip(starts, [*starts[1:], len(raw)], strict=True)
    ]
    for place, start in enumerate(starts):
        called = words[place] == b"extract" and raw[starts[place + 1] : starts[place + 1] + 1] == b"("
        if called and b"from" not in words[place + 2 : place + 4]:
            raw = raw[:start] + MARKER.encode() + raw[start + len(MARKER) :]
    return raw.decode()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Pair:
    """Lines and what is found in them: the names of both in the query, and of the one source."""

    lines: str
    found: str
    name: str
    own: tuple[str, ...]
    groups: tuple[str, ...]


def fuse_extracts(
    select: Node, groups_of: Callable[[Node], Sequence[str]], refuse: Refuse, reader: str = "read_lines"
) -> None:
    """Put the calls of ``extract`` in a FROM into the ``read_lines`` that they follow, in place.

    Parameters
    ----------
    select
        The SELECT.
    groups_of
        Names the groups of the pattern that an expression is.
    refuse
        Makes the error of a node: what is wrong, the node, what to do.
    reader
        Name of the function that lines are read by.

    Raises
    ------
    QueryError
        ``extract`` stands where it cannot be put into one pass with the lines.
    """
    if not any(_is_call(node, MARKER) for node in walk(select.get("from_table"))):
        return
    for join in [node for node in walk(select["from_table"]) if node.get("type") == "JOIN"]:
        if join.get("type") == "JOIN" and _is_call(join["right"], MARKER):
            if not _is_call(join["left"], reader):
                hint = (
                    "FROM read_lines('*.log'), extract(line, '…') m; columns: regexp_extract(x, '…', ['ts'])"
                )
                raise refuse(
                    "extract() takes the lines of a read_lines() right before it", join["right"], hint
                )
            pair = _fused(join, groups_of, refuse)
            for part in _scope(select, pair):
                if part.get("select_list"):
                    items = part["select_list"]
                    part["select_list"] = [fresh for item in items for fresh in _unfolded(item, pair)]
            for part in _scope(select, pair):
                _renamed(part, pair, refuse)


def _is_call(node: Node, name: str) -> bool:
    called = node.get("function", {}) if node.get("type") == "TABLE_FUNCTION" else {}
    return str(called.get("function_name", "")).lower() == name


def _fused(join: Node, groups_of: Callable[[Node], Sequence[str]], refuse: Refuse) -> _Pair:
    """Replace a join of lines and ``extract`` by the lines with a pattern."""
    lines, call = join["left"], join["right"]
    keeps = join.get("join_type") == "LEFT"
    plain = "condition" not in join or join["condition"].get("literal", {}).get("text") == "true"
    if join.get("join_type") not in {"INNER", "LEFT"} or not plain or "using_columns" in join:
        raise refuse(
            "extract() is joined with a comma, or LEFT JOIN … ON true", call, "put conditions in WHERE"
        )
    if "column_name_alias" in call or "column_name_alias" in lines:
        raise refuse("the columns of extract() are named by its pattern", call, "(?<name>…)")
    positional = [entry for entry in call["function"].get("arguments", []) if not _option(entry)]
    named = [entry for entry in call["function"].get("arguments", []) if _option(entry)]
    line = positional[0]["expression"].get("column_names", [""])[-1] if positional else ""
    if len(positional) != len(("line", "pattern")) or str(line).lower() != "line":
        raise refuse(
            "extract() takes a line and a pattern", call, "extract(line, '(?<ts>\\S+) (?<level>\\w+)') m"
        )
    pattern = positional[1]["expression"]
    own_name, found_name = lines.get("alias", ""), call.get("alias", "")
    given = [entry for entry in lines["function"]["arguments"] if _option(entry) == "filename"]
    file = _file_column(given)
    arguments = [*lines["function"]["arguments"], {"name": "pattern", "expression": clone(pattern)}, *named]
    if keeps and not any(_option(entry) == "unmatched" for entry in named):
        null = {**pattern, "class": "CONSTANT", "type": "VALUE_CONSTANT"}
        arguments.append({"name": "unmatched", "expression": {**null, "literal": _text("null")}})
    name = own_name or found_name or "read_lines"
    fresh = {**lines, "alias": name, "function": {**lines["function"], "arguments": arguments}}
    join.clear()
    join.update(fresh)
    return _Pair(
        lines=(own_name or "read_lines").lower(),
        found=(found_name or "extract").lower(),
        name=name,
        own=(*_OWN, *file),
        groups=tuple(groups_of(pattern)),
    )


def _text(value: str) -> Node:
    return {"kind": "STRING", "text": value}


def _option(argument: Node) -> str:
    """Return the name of an argument that has one."""
    node = argument["expression"]
    left = node.get("left", {})
    if node.get("type") == "COMPARE_EQUAL" and left.get("class") == "COLUMN_REF":
        return str(left["column_names"][-1]).lower()
    return str(argument.get("name", "")).lower()


def _file_column(given: Sequence[Node]) -> tuple[str, ...]:
    if not given:
        return ("file",)
    node = given[0]["expression"]
    literal = node.get("right", node).get("literal", {})
    return (str(literal["text"]),) if literal.get("kind") == "STRING" else ()


def _scope(select: Node, pair: _Pair) -> list[Node]:
    """List the nodes that may name the tables of a SELECT: not those where other tables have their names."""
    found: list[Node] = []

    def visit(tree: object, top: bool) -> None:  # noqa: FBT001 - a step of a walk
        if isinstance(tree, list):
            for value in tree:
                visit(value, False)  # noqa: FBT003
        elif isinstance(tree, dict):
            if not top and tree.get("type") == "SELECT_NODE" and {pair.lines, pair.found} & _aliases(tree):
                return
            found.append(tree)
            for key, value in tree.items():
                if key != "cte_map":
                    visit(value, False)  # noqa: FBT003

    visit(select, True)  # noqa: FBT003
    return found


def _aliases(select: Node) -> set[str]:
    return {
        str(node.get("alias") or node.get("table_name") or "").lower()
        for node in walk(select.get("from_table"))
        if "class" not in node
    }


def _renamed(part: Node, pair: _Pair, refuse: Refuse) -> None:
    """Let references of both name the one source."""
    names = part.get("column_names") if part.get("class") == "COLUMN_REF" else None
    if names and len(names) > 1 and str(names[0]).lower() in {pair.lines, pair.found}:
        known = pair.groups if str(names[0]).lower() == pair.found else pair.own
        if str(names[1]).lower() not in map(str.lower, known):
            raise refuse(f"there is no column {names[0]}.{names[1]}", part, f"columns: {', '.join(known)}")
        part["column_names"] = [pair.name, *names[1:]]
    elif names and str(names[0]).lower() == pair.found and pair.found not in map(str.lower, pair.groups):
        raise refuse(
            f"{names[0]} is no value by itself", part, f"name its columns: {names[0]}.{pair.groups[0]}"
        )
    if part.get("class") == "STAR" and str(part.get("relation_name", "")).lower() == pair.found:
        raise refuse(f"{pair.found}.* stands in a SELECT list only", part, "name the columns")


def _unfolded(item: Node, pair: _Pair) -> list[Node]:
    """Write ``l.*`` and ``m.*`` as what they stand for."""
    relation = str(item.get("relation_name", "")).lower() if item.get("class") == "STAR" else ""
    if relation not in {pair.lines, pair.found} or item.get("columns") is True:
        return [item]
    if relation == pair.lines or item.get("replace_list") or item.get("rename_list"):
        others = pair.groups if relation == pair.lines else pair.own
        return [
            {**item, "relation_name": pair.name, "exclude_list": [*item.get("exclude_list", []), *others]}
        ]
    excluded = {str(name).lower() for name in item.get("exclude_list", [])}
    place: Node = {key: item[key] for key in ("query_location", "query_location_length") if key in item}
    return [
        {"class": "COLUMN_REF", "type": "COLUMN_REF", "column_names": [pair.found, group], **place}
        for group in pair.groups
        if group.lower() not in excluded
    ]
