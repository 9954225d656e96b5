"""Read less: leave out items that nothing uses, and the columns of a source that nothing mentions.

Names decide, and what they leave is checked by binding: a map must mean the same over fewer columns.
"""

from __future__ import annotations

from dataclasses import replace

from fusionflow_lab import _native
from fusionflow_lab.planning.ast import Node, walk
from fusionflow_lab.planning.classify import MULTIPLYING, plain_name
from fusionflow_lab.source import Column, Source


def without_unused(node: Node) -> Node:
    """Copy a SELECT over plain subqueries without the items of theirs that it does not use.

    Examples
    --------
    >>> without_unused({"from_table": {"type": "BASE_TABLE"}})
    {'from_table': {'type': 'BASE_TABLE'}}
    """
    origin = node["from_table"]
    inner = origin.get("subquery", {}).get("node", {})
    if inner.get("type") != "SELECT_NODE" or "column_name_alias" in origin:
        return node
    above = {name: value for name, value in node.items() if name != "from_table"}
    alias = str(origin.get("alias", "unnamed_subquery")).lower()
    whole = any(plain_name(part) == alias for part in walk(above))
    if not whole and not _has_star(above) and not _has_star(inner["select_list"]):
        inner = {**inner, "select_list": _used_items(above, inner)}
    return {**node, "from_table": {**origin, "subquery": {"node": without_unused(inner)}}}


def _used_items(above: Node, inner: Node) -> list[Node]:
    """Keep the items that the SELECT above or a kept item names, or that make several rows of one."""
    items: list[Node] = inner["select_list"]
    words = _all_words([above, {name: value for name, value in inner.items() if name != "select_list"}])
    kept = {place for place, item in enumerate(items) if _multiplies(item)}
    words |= _all_words([items[place] for place in kept])
    while True:
        used = {place for place, item in enumerate(items) if _output(item) in {*words, ""}}
        found = used - kept
        if not found:
            return [items[place] for place in sorted(kept or {0})]
        kept |= found
        words |= _all_words([items[place] for place in found])


def _multiplies(item: Node) -> bool:
    """Tell whether an item decides how many rows there are."""
    return any(str(part.get("function_name", "")).lower() in MULTIPLYING for part in walk(item))


def _output(item: Node) -> str:
    """Return the lower-case name of an item; empty where DuckDB makes one up."""
    names = item.get("column_names") if item.get("class") == "COLUMN_REF" else None
    return str(item.get("alias") or (names or [""])[-1]).lower()


def _has_star(tree: object) -> bool:
    return any(part.get("class") == "STAR" for part in walk(tree))


def _all_words(tree: object) -> set[str]:
    return {word for part in walk(tree) for word in _words(part)}


def needed_columns(node: Node, source: Source) -> tuple[Column, ...]:
    """List the columns of a source that a map may read: every one whose name it mentions.

    All of them where the map's own columns come from ``*``, or where columns have no names to go by.
    """
    if any(part.get("class") == "STAR" for part in walk(node.get("select_list"))):
        return source.columns
    columns = mentioned_columns(node, source)
    # All of them, as they are in the source: a row is wanted as a whole.
    return columns if source.format != "json" or columns is source.columns else _narrowed(node, columns)


def _narrowed(node: Node, columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Keep of STRUCT columns only the fields that are named as ``column.field``, where nothing else is."""
    structs = {column.name.lower() for column in columns if column.type.startswith("STRUCT(")}
    paths: dict[str, list[list[str]]] = {name: [] for name in structs}
    for part in walk(node) if structs else ():
        names = part["column_names"] if part.get("class") == "COLUMN_REF" else []
        place = next((place for place, name in enumerate(names[:2]) if name.lower() in structs), None)
        if place is not None:
            paths[names[place].lower()].append(names[place + 1 :])
        for word in _words(part) & structs if not names else ():
            paths[word].append([])
    return tuple(
        replace(column, type=_native.narrowed_json_type(column.type, paths[column.name.lower()]))
        if paths.get(column.name.lower())
        else column
        for column in columns
    )


def mentioned_columns(node: Node, source: Source) -> tuple[Column, ...]:
    """List the columns of a source whose names a tree mentions; all where names do not tell."""
    words: set[str] = set()
    whole = {source.name.lower()}
    for part in walk(node):
        if part.get("columns") is True or part.get("column_name_alias") or part.get("ref_type") == "NATURAL":
            return source.columns
        if part.get("type") in {"PIVOT", "SHOW_REF", "RECURSIVE_CTE_NODE"}:
            return source.columns
        if part.get("type") in {"BASE_TABLE", "SUBQUERY"} and part.get("class") is None:
            whole.add(str(part.get("alias") or part.get("table_name") or "").lower())
        words |= _words(part)
    columns = tuple(column for column in source.columns if column.name.lower() in words)
    known = {column.name.lower() for column in source.columns}
    known |= {str(part["alias"]).lower() for part in walk(node) if "class" in part and "alias" in part}
    if any(
        part.get("class") == "COLUMN_REF" and part["column_names"][-1].lower() in whole - known
        for part in walk(node)
    ):
        return source.columns
    return columns


def _words(part: Node) -> set[str]:
    """Collect the texts of a node that may be names of columns."""
    words: set[str] = set()
    for name, value in part.items():
        if name in {"literal", "type", "class", "table_name", "qualified_name"}:
            continue
        values = value if isinstance(value, list) else [value]
        words |= {entry.lower() for entry in values if isinstance(entry, str)}
    return words
