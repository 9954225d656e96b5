"""Put common table expressions where they are used, so that a source has one way up to the root.

A CTE that reads a source and is mentioned once becomes a subquery in its place; one that is never
mentioned goes (DuckDB does not bind it either). Others stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from fusionflow_lab.planning.ast import Node, clone, select, star, table, walk, walk_block

_RESERVED = re.compile(r"^(source|stage|table)_\d+$")
_RANKS = {"DISTINCT_MODIFIER": 0, "ORDER_MODIFIER": 1, "LIMIT_MODIFIER": 2, "LIMIT_PERCENT_MODIFIER": 2}


def tables(tree: object) -> list[str]:
    """List the table names that a tree mentions, in lower case, once a mention.

    Examples
    --------
    >>> tables({"type": "BASE_TABLE", "table_name": "Source_0"})
    ['source_0']
    """
    return [node["table_name"].lower() for node in walk(tree) if node.get("type") == "BASE_TABLE"]


def free_names(tree: Node) -> None:
    """Rename CTEs that are called like the tables of a plan; mentions keep their names as aliases."""
    taken = {name for name in _names(tree) if _RESERVED.match(name)}
    if taken:
        _rename(tree, taken, "cte_")


def rename_ctes(tree: Node, prefix: str) -> None:
    """Put a prefix before the names of all CTEs, but for those that are also names of tables."""
    _rename(tree, set(_names(tree)) - {name.lower() for name in outer_names(tree)}, prefix)


def outer_tables(tree: object, known: frozenset[str] = frozenset()) -> Iterator[Node]:
    """Yield the mentions of tables that are no CTE in scope, in the order of the query.

    Examples
    --------
    >>> [node["table_name"] for node in outer_tables(table("t"))]
    ['t']
    """
    if isinstance(tree, list):
        for value in tree:
            yield from outer_tables(value, known)
        return
    if not isinstance(tree, dict):
        return
    if tree.get("type") == "RECURSIVE_CTE_NODE":
        known |= {tree["cte_name"].lower()}
    for entry in tree.get("cte_map", {}).get("map", []):
        yield from outer_tables(entry["value"], known)
        known |= {entry["key"].lower()}
    if tree.get("type") == "BASE_TABLE" and name_of(tree).lower() not in known:
        yield tree
    for name, value in tree.items():
        if name != "cte_map":
            yield from outer_tables(value, known)


def outer_names(tree: object) -> list[str]:
    """List the names of tables that are no CTE in scope, once each."""
    return list(dict.fromkeys(name_of(node) for node in outer_tables(tree)))


def name_of(mention: Node) -> str:
    """Return the name of a mentioned table, with dots where it has several parts."""
    return ".".join(mention.get("qualified_name", {}).get("path", [mention["table_name"]]))


def _rename(tree: Node, taken: set[str], prefix: str) -> None:
    for node in walk(tree):
        for entry in node.get("cte_map", {}).get("map", []):
            if entry["key"].lower() in taken:
                entry["key"] = prefix + entry["key"]
        if str(node.get("cte_name", "")).lower() in taken:
            node["cte_name"] = prefix + node["cte_name"]
        if node.get("type") == "BASE_TABLE" and node["table_name"].lower() in taken:
            node.update(table(prefix + node["table_name"], node.get("alias") or node["table_name"]))


def nest_modifiers(tree: Node) -> None:
    """Turn ``(query LIMIT 3) ORDER BY 1`` into a subquery: SQL text holds one clause of a kind."""
    for node in list(walk(tree)):
        modifiers = node.get("modifiers", [])
        ranks = [_RANKS.get(entry["type"], 0) for entry in modifiers]
        cut = next((place for place in range(1, len(ranks)) if ranks[place] <= ranks[place - 1]), None)
        if cut is None:
            continue
        inner = {**node, "modifiers": modifiers[:cut]}
        origin = {"type": "SUBQUERY", "subquery": {"node": inner}}
        outer = {**select([star()], origin), "modifiers": modifiers[cut:]}
        node.clear()
        node.update(outer)
        nest_modifiers(node)


def name_subqueries(tree: Node) -> None:
    """Give each item of a select list that holds a subquery a name: cut, it would be called otherwise."""
    for node in list(walk(tree)):
        for item in node.get("select_list", []):
            if not item.get("alias") and any(part.get("class") == "SUBQUERY" for part in walk_block(item)):
                item["alias"] = f"__q{sum(1 for part in walk(tree) if 'alias' in part)}"


def drop_unused(tree: Node) -> None:
    """Take away the CTEs that nothing mentions."""
    if len(_names(tree)) != len(set(_names(tree))):
        return
    while True:
        used = set(tables(tree))
        gone = False
        for node in walk(tree):
            entries = node.get("cte_map", {}).get("map", [])
            kept = [entry for entry in entries if entry["key"].lower() in used]
            if len(kept) < len(entries):
                node["cte_map"] = {"map": kept} if kept else {}
                gone = True
        if not gone:
            return


def inline(tree: Node, driving: frozenset[str]) -> None:
    """Put each CTE that reads a driving table and is mentioned once where it is mentioned."""
    if not names_differ(tree):
        return
    for node in list(walk(tree)):
        for entry in list(node.get("cte_map", {}).get("map", [])):
            body = entry["value"].get("query_node")
            if body is None or body["type"] == "RECURSIVE_CTE_NODE" or not driving & set(tables(body)):
                continue
            if len(_mentions(tree, entry["key"])) == 1:
                inline_entry(tree, node, entry)


def inline_entry(tree: Node, node: Node, entry: Node) -> None:
    """Put one CTE of a query node wherever the tree mentions it."""
    for mention in _mentions(tree, entry["key"]):
        put_query(mention, clone(entry["value"]["query_node"]), entry["value"].get("aliases", []))
    kept = [other for other in node["cte_map"]["map"] if other is not entry]
    node["cte_map"] = {"map": kept} if kept else {}


def names_differ(tree: Node) -> bool:
    """Tell whether every CTE has a name of its own, so that a name alone says which one is meant.

    Examples
    --------
    >>> names_differ({"type": "SELECT_NODE"})
    True
    """
    names = _names(tree)
    return len(names) == len(set(names))


def _mentions(tree: Node, name: str) -> list[Node]:
    return [
        node
        for node in walk(tree)
        if node.get("type") == "BASE_TABLE" and node["table_name"].lower() == name.lower()
    ]


def put_query(mention: Node, body: Node, columns: Sequence[str]) -> None:
    """Put a query, whose first columns are renamed, in the place of the table that is mentioned."""
    outer = mention.get("column_name_alias", [])
    aliases = [*outer, *columns[len(outer) :]]
    fresh: Node = {
        "type": "SUBQUERY",
        "alias": mention.get("alias") or mention["table_name"],
        "subquery": {"node": body},
    }
    if aliases:
        fresh["column_name_alias"] = aliases
    if "sample" in mention:
        fresh["sample"] = mention["sample"]
    mention.clear()
    mention.update(fresh)


def _names(tree: Node) -> list[str]:
    return [entry["key"].lower() for node in walk(tree) for entry in node.get("cte_map", {}).get("map", [])]


def with_ctes(node: Node, visible: list[Node]) -> Node:
    """Copy a query node together with the CTEs of its surroundings that it mentions."""
    needed: list[Node] = []
    wanted = set(tables(node))
    for entry in reversed(visible):
        if entry["key"].lower() in wanted:
            needed.insert(0, entry)
            wanted |= set(tables(entry["value"]))
    if not needed:
        return node
    own = node.get("cte_map", {}).get("map", [])
    return {**node, "cte_map": {"map": needed + own}}
