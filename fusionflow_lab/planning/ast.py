"""DuckDB's own syntax tree, as JSON: walk it, compare parts of it and build new nodes.

The tree comes from ``json_serialize_sql`` and goes back through ``json_deserialize_sql``; both are
exact, so no SQL text is ever patched. Defaults, nulls and empty lists are left out of the tree. This
module knows nothing of sources or plans.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

# DuckDB publishes no schema for its JSON, so a node is a dictionary and nothing narrower.
Node: TypeAlias = dict[str, Any]

_LOCATIONS = ("query_location", "query_location_length")


def walk(tree: object) -> Iterator[Node]:
    """Yield every node of a tree (or list of trees), parents first.

    Examples
    --------
    >>> [node["type"] for node in walk({"type": "A", "left": {"type": "B"}})]
    ['A', 'B']
    """
    if isinstance(tree, dict):
        yield tree
        for name, value in tree.items():
            if name != "sample":  # numbers under names of their own, no nodes
                yield from walk(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from walk(value)


def walk_block(tree: object) -> Iterator[Node]:
    """Yield the nodes of an expression without the queries of its subqueries.

    Examples
    --------
    >>> expression = {"class": "SUBQUERY", "subquery": {"node": {"type": "B"}}, "child": {"type": "C"}}
    >>> [node.get("type") for node in walk_block(expression)]
    [None, 'C']
    """
    if isinstance(tree, dict):
        yield tree
        for name, value in tree.items():
            if not (name == "subquery" and tree.get("class") == "SUBQUERY"):
                yield from walk_block(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from walk_block(value)


def clone(tree: Node) -> Node:
    """Copy a tree.

    Examples
    --------
    >>> one = {"type": "A"}
    >>> clone(one) == one and clone(one) is not one
    True
    """
    copied: Node = _copied(tree)
    return copied


# The loops below go down a level with one frame, where comprehensions and ``map`` take two: how deep a
# query may be hangs on it.
def _copied(tree: Any) -> Any:  # noqa: ANN401 - same shape as the argument
    if isinstance(tree, dict):
        tree = dict(tree)
        for name, value in tree.items():
            tree[name] = _copied(value)
    elif isinstance(tree, list):
        tree = list(tree)
        for place, value in enumerate(tree):
            tree[place] = _copied(value)
    return tree


def without_locations(tree: object) -> Any:  # noqa: ANN401 - same shape as the argument
    """Copy a tree without the places in the text.

    Examples
    --------
    >>> without_locations({"type": "A", "query_location": 7})
    {'type': 'A'}
    """
    if isinstance(tree, dict):
        tree = {name: value for name, value in tree.items() if name not in _LOCATIONS}
        for name, value in tree.items():
            tree[name] = without_locations(value)
    elif isinstance(tree, list):
        tree = list(tree)
        for place, value in enumerate(tree):
            tree[place] = without_locations(value)
    return tree


def rewrite(tree: object, change: Callable[[Node], Node | None]) -> Any:  # noqa: ANN401 - as above
    """Copy a tree; where ``change`` returns a node, that one stands in for the part.

    Examples
    --------
    >>> rewrite([{"type": "A"}], lambda node: {"type": "B"} if node["type"] == "A" else None)
    [{'type': 'B'}]
    """
    if isinstance(tree, dict):
        changed = change(tree)
        if changed is not None:
            return changed
        tree = dict(tree)
        for name, value in tree.items():
            tree[name] = rewrite(value, change)
    elif isinstance(tree, list):
        tree = list(tree)
        for place, value in enumerate(tree):
            tree[place] = rewrite(value, change)
    return tree


def fingerprint(expression: Node) -> str:
    """Tell expressions apart as DuckDB does: names ignore case, literals do not, aliases do not count.

    Examples
    --------
    >>> fingerprint(column("City")) == fingerprint({**column("city"), "alias": "c"})
    True
    """
    return json.dumps(_folded(expression, top=True), sort_keys=True)


def _folded(tree: object, *, top: bool = False) -> object:
    if isinstance(tree, dict):
        folded = {}
        for name, value in tree.items():
            unnamed = name == "alias" and (top or tree.get("class") != "CONSTANT")
            if name not in _LOCATIONS and not unnamed:
                folded[name] = value if name == "literal" else _folded(value)
        return folded
    if isinstance(tree, list):
        values = list(tree)
        for place, value in enumerate(tree):
            values[place] = _folded(value)
        return values
    return tree.lower() if isinstance(tree, str) else tree


def column(*names: str) -> Node:
    """Refer to a column.

    Examples
    --------
    >>> column("k0")["column_names"]
    ['k0']
    """
    return {"class": "COLUMN_REF", "type": "COLUMN_REF", "column_names": list(names)}


def integer(value: int) -> Node:
    """Write an integer literal.

    Examples
    --------
    >>> integer(7)["literal"]
    {'kind': 'INTEGER', 'text': '7'}
    """
    literal = {"kind": "INTEGER", "text": str(value)}
    return {"class": "CONSTANT", "type": "VALUE_CONSTANT", "literal": literal}


def text_literal(value: str) -> Node:
    """Write a text literal as a node.

    Examples
    --------
    >>> text_literal("it's")["literal"]
    {'kind': 'STRING', 'text': "it's"}
    """
    literal = {"kind": "STRING", "text": value}
    return {"class": "CONSTANT", "type": "VALUE_CONSTANT", "literal": literal}


def call(name: str, *arguments: Node) -> Node:
    """Call a function.

    Examples
    --------
    >>> call("sum", column("x"))["function_name"]
    'sum'
    """
    return {
        "class": "FUNCTION",
        "type": "FUNCTION",
        "function_name": name,
        "qualified_name": {"path": [name]},
        "order_bys": {"type": "ORDER_MODIFIER"},
        "arguments": [{"expression": argument} for argument in arguments],
    }


def cast(expression: Node, type_name: str) -> Node:
    """Cast an expression to a simple type.

    Examples
    --------
    >>> cast(column("x"), "BIGINT")["type_expr"]["type_name"]
    'BIGINT'
    """
    kind = {
        "class": "TYPE",
        "type": "TYPE",
        "type_name": type_name,
        "qualified_name": {"path": [type_name]},
    }
    return {"class": "CAST", "type": "OPERATOR_CAST", "child": expression, "type_expr": kind}


def named(expression: Node, alias: str) -> Node:
    """Copy an expression under an alias; an empty one takes the alias away.

    Examples
    --------
    >>> named(column("x"), "y")["alias"]
    'y'
    """
    copied = {name: value for name, value in clone(expression).items() if name != "alias"}
    if alias:
        copied["alias"] = alias
    return copied


def table(name: str, alias: str = "") -> Node:
    """Refer to a table.

    Examples
    --------
    >>> table("source_0", "t")["alias"]
    't'
    """
    node = {"type": "BASE_TABLE", "table_name": name, "qualified_name": {"path": [name]}}
    return {**node, "alias": alias} if alias else node


def select(items: list[Node], origin: Node, *, where: Node | None = None, groups: int = 0) -> Node:
    """Build ``SELECT items FROM origin WHERE where GROUP BY 1, …, groups``.

    Examples
    --------
    >>> select([column("a")], table("t"))["type"]
    'SELECT_NODE'
    """
    node: Node = {
        "type": "SELECT_NODE",
        "cte_map": {},
        "select_list": items,
        "from_table": origin,
        "aggregate_handling": "STANDARD_HANDLING",
    }
    if where is not None:
        node["where_clause"] = where
    if groups:
        node["group_expressions"] = [integer(place + 1) for place in range(groups)]
        node["group_sets"] = [list(range(groups))]
    return node


def star() -> Node:
    """Write ``*``.

    Examples
    --------
    >>> star()["type"]
    'STAR'
    """
    return {"class": "STAR", "type": "STAR"}


def conjuncts(where: Node | None) -> list[Node]:
    """List what ``AND`` joins, in the order written.

    Examples
    --------
    >>> conjuncts(None)
    []
    """
    if where is None:
        return []
    if where.get("type") == "CONJUNCTION_AND":
        return [part for child in where["children"] for part in conjuncts(child)]
    return [where]


def conjunction(parts: list[Node]) -> Node | None:
    """Join parts with ``AND``.

    Examples
    --------
    >>> conjunction([]) is None
    True
    """
    if len(parts) < 2:  # noqa: PLR2004 - two make a conjunction
        return parts[0] if parts else None
    return {"class": "CONJUNCTION", "type": "CONJUNCTION_AND", "children": parts}


def orders(node: Node) -> list[Node]:
    """List the ORDER BY terms of a query node.

    Examples
    --------
    >>> orders({"type": "SELECT_NODE"})
    []
    """
    return [
        term
        for modifier in node.get("modifiers", [])
        if modifier["type"] == "ORDER_MODIFIER"
        for term in modifier.get("orders", [])
    ]


def modifier(node: Node, kind: str) -> Node | None:
    """Return the modifier of one kind (``LIMIT_MODIFIER`` …) of a query node, or None.

    Examples
    --------
    >>> modifier({"type": "SELECT_NODE"}, "LIMIT_MODIFIER") is None
    True
    """
    return next((entry for entry in node.get("modifiers", []) if entry["type"] == kind), None)


def literal_integer(expression: Node | None) -> int | None:
    """Read a plain integer literal; None for anything else.

    Examples
    --------
    >>> literal_integer(integer(5))
    5
    """
    if expression is None or expression.get("class") != "CONSTANT":
        return None
    literal = expression.get("literal", {})
    return int(literal["text"]) if literal.get("kind") == "INTEGER" else None


def literal(text: str) -> str:
    """Write a text literal of SQL.

    Examples
    --------
    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"
