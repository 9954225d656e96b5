"""Gather: ship the rows that a query needs and run it unchanged over them.

What no cut fits is still answered right. Only columns that the query mentions travel; its WHERE is
applied before, where that cannot change what DuckDB would answer or refuse.
"""

from __future__ import annotations

from collections import Counter

from fusionflow_lab.planning.ast import (
    Node,
    clone,
    column,
    conjunction,
    conjuncts,
    rewrite,
    select,
    star,
    table,
    walk,
    walk_block,
    without_locations,
)
from fusionflow_lab.planning.failing import may_fail
from fusionflow_lab.planning.prune import mentioned_columns
from fusionflow_lab.planning.scope import tables
from fusionflow_lab.planning.stages import Ending, StageMaker, volatile_name
from fusionflow_lab.source import Source


def gather(tree: Node, maker: StageMaker, reason: str) -> Node:
    """Add one gathering stage for each source; return the user's tree over their tables."""
    final = clone(tree)
    mentions = Counter(tables(final))
    names: dict[str, str] = {}
    for name, source in maker.sources.items():
        if mentions[name]:
            where = _filter(final, source, maker) if mentions[name] == 1 else None
            items = _items(final, source)
            ending = Ending(ordered=True, reason=reason)
            made = maker.add("gather", select(items, table(name), where=where), ending)
            names[name] = str(made["table_name"])
    for node in walk(final):
        if node.get("type") == "BASE_TABLE" and node["table_name"].lower() in names:
            name = names[node["table_name"].lower()]
            node.update(table(name, node.get("alias") or node["table_name"]))
    return final


def _items(tree: Node, source: Source) -> list[Node]:
    """List the columns to ship: all where a ``*`` may stand for them."""
    if any(node.get("class") == "STAR" and node.get("type") == "STAR" for node in walk(tree)):
        return [star()]
    columns = mentioned_columns(tree, source)
    if columns == source.columns:
        return [star()]
    return [column(entry.name) for entry in columns] or [column(source.columns[0].name)]


def _filter(tree: Node, source: Source, maker: StageMaker) -> Node | None:
    """Return the leading conjuncts of the WHERE over a source that only read its own rows."""
    for node in walk(tree):
        origin = node.get("from_table")
        if not isinstance(origin, dict) or origin.get("type") != "BASE_TABLE" or "sample" in origin:
            continue
        if origin["table_name"].lower() != source.name or "column_name_alias" in origin:
            continue
        parts: list[Node] = []
        for part in conjuncts(node.get("where_clause")):
            plain = _bare(without_locations(part), str(origin.get("alias") or source.name))
            if may_fail(plain) or not _stands_alone(plain, source, maker):
                break
            parts.append(plain)
        return conjunction(parts)
    return None


def _bare(part: Node, alias: str) -> Node:
    def change(node: Node) -> Node | None:
        names = node.get("column_names", [])
        if len(names) > 1 and names[0].lower() == alias.lower():
            return {**node, "column_names": names[1:]}
        return None

    copied: Node = rewrite(part, change)
    return copied


def _stands_alone(part: Node, source: Source, maker: StageMaker) -> bool:
    if any(node.get("class") in {"SUBQUERY", "WINDOW"} for node in walk_block(part)):
        return False
    if volatile_name(part, maker.binder.functions, source.columns):
        return False
    alone = select([star()], table(source.name), where=part)
    return maker.binder.shape_of(alone) is not None
