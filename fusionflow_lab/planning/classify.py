"""Look at one SELECT over a source: what kind of block it is, and what its names mean.

A ``Block`` is a SELECT whose FROM is row by row (a source, a plain SELECT over one, a join that may be
run on parts of one). Names follow DuckDB: in WHERE, GROUP BY and the select list a column wins over an
alias.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from fusionflow_lab.planning.ast import (
    Node,
    column,
    fingerprint,
    modifier,
    named,
    rewrite,
    star,
    table,
    walk,
    walk_block,
    without_locations,
)
from fusionflow_lab.planning.bind import Binder, Functions, Shape
from fusionflow_lab.planning.joins import join_leaves, merged_columns
from fusionflow_lab.planning.messages import Gather

MULTIPLYING = frozenset({"unnest", "generate_subscripts", "regexp_split_to_table", "unlist"})
_CLAUSES = ("select_list", "where_clause", "group_expressions", "having", "qualify")
_MAX_INLINE = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """A SELECT over a row-by-row FROM.

    ``node`` has no places, and no qualified names where the name alone tells; ``columns`` are those of
    its FROM in lower case;
    ``aliases`` are the aliased items of the select list by lower-case alias; ``names`` are its output
    columns, one for each item of ``items``.
    """

    node: Node
    columns: frozenset[str]
    aliases: dict[str, Node]
    items: list[Node]
    names: tuple[str, ...]

    def inlined(self, expression: Node, depth: int = 0) -> Node:
        """Copy an expression with the aliases that are no columns replaced by what they stand for."""
        if depth > _MAX_INLINE:
            raise Gather("its aliases refer to each other in a circle")

        def change(node: Node) -> Node | None:
            if node.get("class") == "SUBQUERY":
                return {**node, "child": self.inlined(node["child"], depth)} if "child" in node else node
            name = plain_name(node)
            if name and name not in self.columns and name in self.aliases:
                return self.inlined(named(self.aliases[name], ""), depth + 1)
            return None

        copied: Node = rewrite(expression, change)
        return copied

    def origin(self) -> Node:
        """Return the FROM, without the alias of a source if nothing uses it: equal maps, equal text."""
        origin: Node = self.node["from_table"]
        if origin["type"] != "BASE_TABLE" or "column_name_alias" in origin:
            return origin
        alias = str(origin.get("alias") or origin["table_name"]).lower()
        for part in walk_block(clauses(self.node)):
            for ref in walk(part) if part.get("class") == "SUBQUERY" else ():
                if ref.get("class") == "COLUMN_REF" and ref["column_names"][0].lower() == alias:
                    return origin
        return table(origin["table_name"])


def plain_name(node: Node) -> str:
    """Return the lower-case name of an unqualified column reference; empty for anything else.

    Examples
    --------
    >>> plain_name({"class": "COLUMN_REF", "column_names": ["City"]})
    'city'
    """
    names = node.get("column_names", [])
    return str(names[0]).lower() if node.get("class") == "COLUMN_REF" and len(names) == 1 else ""


def is_aggregate(node: Node, functions: Functions) -> bool:
    """Tell whether a node calls an aggregate function (not over a window)."""
    return node.get("class") == "FUNCTION" and node.get("function_name", "").lower() in functions.aggregates


def has_aggregate(tree: object, functions: Functions) -> bool:
    """Tell whether an expression aggregates, its subqueries not counted."""
    return any(is_aggregate(node, functions) for node in walk_block(tree))


def clauses(node: Node) -> list[object]:
    """List the expressions of a SELECT, its FROM not counted."""
    return [node.get(name) for name in _CLAUSES] + [node.get("modifiers")]


def is_aggregated(node: Node, functions: Functions) -> bool:
    """Tell whether a SELECT groups its rows."""
    if node.get("aggregate_handling") == "FORCE_AGGREGATES":
        return True
    if any(name in node for name in ("group_expressions", "group_sets", "having")):
        return True
    return has_aggregate([node.get("select_list"), node.get("qualify"), node.get("modifiers")], functions)


def refuse_rows(node: Node, functions: Functions) -> None:
    """Raise ``Gather`` where a SELECT needs more than one row at a time before any grouping."""
    if node.get("sample") or node["from_table"].get("sample"):
        raise Gather("a sample is taken of all rows together")
    grouped = is_aggregated(node, functions)
    for part in walk_block(clauses(node)):
        kind = part.get("class")
        if kind == "FUNCTION" and part.get("function_name", "").lower() in MULTIPLYING and grouped:
            raise Gather(f"{part['function_name']} makes several rows of one")
        if kind == "WINDOW" and not grouped:
            raise Gather(f"the window function {part.get('function_name', '')} looks at all rows together")
    distinct = modifier(node, "DISTINCT_MODIFIER")
    if distinct and distinct.get("distinct_on_targets") and not grouped:
        raise Gather("DISTINCT ON picks rows among all of them")


def open_block(node: Node, binder: Binder, visible: Node) -> Block:
    """Read the names of a SELECT over a row-by-row FROM.

    Parameters
    ----------
    node
        The SELECT.
    binder
        Knows the columns.
    visible
        The SELECT together with the CTEs it needs.

    Raises
    ------
    Gather
        Its names cannot be told for certain, or it does not bind by itself (it is correlated).
    """
    shape = binder.shape_of(visible)
    columns = binder.shape_of(_only(visible, star()))
    if shape is None or columns is None:
        raise Gather("a part of it does not stand by itself")
    lowered = frozenset(name.lower() for name in columns.names)
    plain = _unqualified(without_locations(node), columns.names)
    items = _expanded(plain["select_list"], visible, binder, columns.names)
    if len(items) != len(shape.names):
        raise Gather("its select list has no fixed number of columns")
    aliases = {item["alias"].lower(): item for item in items if item.get("alias")}
    for part in walk(clauses(plain)):
        bound = {plain_name(ref) for ref in walk(part["lhs"])} if part.get("class") == "LAMBDA" else set()
        if bound & (lowered | set(aliases)):
            raise Gather("a lambda parameter has the name of a column")
    return Block(node=plain, columns=lowered, aliases=aliases, items=items, names=shape.names)


def _unqualified(node: Node, found: Sequence[str]) -> Node:
    """Copy a SELECT with ``alias.COLUMN`` written as the column is named, subqueries left alone.

    Among several tables that is done where only one has such a column.
    """
    columns = {name.lower(): name for name in found}
    counts = Counter(name.lower() for name in found)
    leaves = [leaf.ref for leaf in join_leaves({"from_table": node["from_table"]})]
    aliases = {str(ref.get("alias") or ref.get("table_name") or "").lower() for ref in leaves}
    merged = merged_columns(node["from_table"])
    single = {name for name, times in counts.items() if times == 1 and name not in merged}

    def change(part: Node) -> Node | None:
        if part.get("class") == "SUBQUERY":
            return {**part, "child": rewrite(part["child"], change)} if "child" in part else part
        if part.get("class") != "COLUMN_REF":
            return None
        names = [str(name) for name in part["column_names"]]
        lowered = [name.lower() for name in names]
        if len(names) > 1 and lowered[0] in aliases - set(columns) and "*" not in merged:
            if lowered[1] in single:
                names, lowered = names[1:], lowered[1:]
            elif lowered[1] in columns:
                return {**part, "column_names": [lowered[0], columns[lowered[1]], *names[2:]]}
        return {**part, "column_names": [columns.get(lowered[0], names[0]), *names[1:]]}

    kept = {"from_table", "cte_map"}
    return {name: value if name in kept else rewrite(value, change) for name, value in node.items()}


def _expanded(items: list[Node], visible: Node, binder: Binder, found: Sequence[str]) -> list[Node]:
    """Replace plain ``*`` items by their columns; ``found`` are the columns of the FROM."""
    counts = Counter(name.lower() for name in found)
    expanded: list[Node] = []
    for item in items:
        stars = [part for part in walk_block(item) if part.get("class") == "STAR"]
        if not stars:
            expanded.append(item)
            continue
        changed = any(item.get(name) for name in ("replace_list", "rename_list", "columns"))
        if stars[0] is not item or changed:
            raise Gather("it applies an expression to COLUMNS")
        shape = binder.shape_of(_only(visible, item))
        if shape is None:
            raise Gather("* stands for columns of one name")
        alias = str(item.get("relation_name", ""))
        if all(counts[name.lower()] == 1 for name in shape.names):
            expanded += [column(name) for name in shape.names]
        elif alias:
            expanded += [column(alias, name) for name in shape.names]
        elif set(item) == {"class", "type"}:
            expanded += _qualified(visible, shape, binder)
        else:
            raise Gather("* stands for columns of one name")
    return expanded


def _qualified(visible: Node, shape: Shape, binder: Binder) -> list[Node]:
    """Write ``*`` over tables with columns of one name as ``table.column``, one after the other."""
    items: list[Node] = []
    merged = merged_columns(visible["from_table"])
    seen: set[str] = set()
    for leaf in join_leaves({"from_table": visible["from_table"]}):
        alias = str(leaf.ref.get("alias") or leaf.ref.get("table_name") or "")
        own = binder.shape_of(_only(visible, {**star(), "relation_name": alias})) if alias else None
        if own is None:
            raise Gather("* stands for columns of one name")
        for name in own.names:
            if name.lower() not in merged:
                items.append(column(alias, name))
            elif name.lower() not in seen:
                items.append(column(name))
        seen |= {name.lower() for name in own.names}
    if [item["column_names"][-1] for item in items] != list(shape.names):
        raise Gather("* stands for columns of one name")
    return items


def _only(visible: Node, item: Node) -> Node:
    """Select one item, without any other clause."""
    alone = {**visible, "select_list": [item], "aggregate_handling": "STANDARD_HANDLING"}
    for name in ("where_clause", "group_expressions", "group_sets", "having", "qualify", "modifiers"):
        alone.pop(name, None)
    return alone


def same(one: Node, other: Node) -> bool:
    """Tell whether two expressions are the same to DuckDB."""
    return fingerprint(one) == fingerprint(other)
