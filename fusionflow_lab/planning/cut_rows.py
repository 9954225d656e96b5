"""Cut a SELECT whose rows are its answer: all of them, the first few, or the top few.

Sort terms that are no output column travel as hidden columns ``__o0`` … and stay out of the result.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from fusionflow_lab.planning.ast import (
    Node,
    column,
    fingerprint,
    integer,
    literal_integer,
    modifier,
    named,
    orders,
    select,
    star,
    table,
    walk,
    walk_block,
)
from fusionflow_lab.planning.classify import Block, plain_name
from fusionflow_lab.planning.failing import may_fail
from fusionflow_lab.planning.messages import Gather
from fusionflow_lab.planning.scope import with_ctes
from fusionflow_lab.planning.stages import Ending, StageMaker
from fusionflow_lab.query import StageKind

_LEAST_LIMIT = 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rows:
    """The rows of a block: output columns, hidden ones and the sort terms over both."""

    names: list[str]
    hidden: list[Node] = field(default_factory=list)
    terms: list[Node] = field(default_factory=list)


def cut_rows(block: Block, maker: StageMaker, visible: list[Node], reason: str = "") -> Node:
    """Add the stage of a block that is row by row but for ORDER BY and LIMIT; return what ends it.

    Parameters
    ----------
    block
        The block.
    maker
        Makes the stage.
    visible
        The CTEs around it.
    reason
        Why its rows are shipped; empty where they are the answer.

    Raises
    ------
    Gather
        It cannot be cut.
    """
    node = block.node
    kinds = [entry["type"] for entry in node.get("modifiers", [])]
    if "LIMIT_MODIFIER" in kinds and "ORDER_MODIFIER" not in kinds and may_fail(node):
        raise Gather("LIMIT may stop before a row on which an expression fails")
    rows = _sorted(block)
    bound = _bound(modifier(node, "LIMIT_MODIFIER"))
    kind: StageKind = "rows"
    reduced: list[Node] = []
    if bound is not None and kinds in (["LIMIT_MODIFIER"], ["ORDER_MODIFIER", "LIMIT_MODIFIER"]):
        kind = "limit" if len(kinds) == 1 else "topk"
        reduced = [{"type": "LIMIT_MODIFIER", "limit": integer(_rounded(bound))}]
    if kind == "topk":
        reduced.insert(0, {"type": "ORDER_MODIFIER", "orders": rows.terms})
    reduce = {**select([star()], table("state")), "modifiers": reduced}
    ending = Ending(
        reduce_sql=maker.binder.sql(reduce) if reduced else "",
        ordered=kind != "topk",
        limit=bound if kind == "limit" and bound is not None else 0,
        reason=reason,
    )
    origin = maker.add(kind, with_ctes(_map(block, rows), visible), ending)
    final = select([column(name) for name in rows.names], origin)
    ends = [
        {**entry, "orders": rows.terms} if entry["type"] == "ORDER_MODIFIER" else entry
        for entry in node.get("modifiers", [])
    ]
    return {**final, "modifiers": ends, "cte_map": node.get("cte_map", {})}


def _map(block: Block, rows: _Rows) -> Node:
    node = {name: value for name, value in block.node.items() if name not in {"modifiers", "cte_map"}}
    items = [
        item if item.get("column_names", [])[-1:] == [name] and "alias" not in item else named(item, name)
        for item, name in zip(block.items, rows.names, strict=True)
    ]
    whole = block.node["select_list"] == [star()] and node["from_table"]["type"] != "JOIN"
    if not rows.hidden and list(block.names) == rows.names and whole:
        items = [star()]
    hidden = [named(term, f"__o{place}") for place, term in enumerate(rows.hidden)]
    mapped = {**node, "cte_map": {}, "select_list": items + hidden}
    if "where_clause" in node:
        mapped["where_clause"] = block.inlined(node["where_clause"])
    mapped["from_table"] = block.origin()
    return mapped


def _sorted(block: Block) -> _Rows:
    """Find a column for each sort term."""
    lowered = [name.lower() for name in block.names]
    names = list(block.names)
    if len(set(lowered)) < len(lowered):
        names = [f"c{place}" for place in range(len(names))]
    rows = _Rows(names=names)
    for term in orders(block.node):
        rows.terms.append({**term, "expression": _term(block, rows, term["expression"], lowered)})
    return rows


def _term(block: Block, rows: _Rows, expression: Node, lowered: list[str]) -> Node:
    if expression.get("class") == "STAR" and len(orders(block.node)) == 1:
        return expression
    if expression.get("class") == "CONSTANT":
        return expression
    name = plain_name(expression)
    if lowered.count(name) == 1:
        return column(rows.names[lowered.index(name)])
    if any(part.get("class") in {"STAR", "SUBQUERY"} for part in walk_block(expression)):
        raise Gather("ORDER BY holds a subquery")
    inlined = block.inlined(expression)
    for place, item in enumerate(block.items):
        if fingerprint(block.inlined(named(item, ""))) == fingerprint(inlined):
            return column(rows.names[place])
    for part in walk(expression):
        name = plain_name(part)
        alias = block.aliases.get(name)
        if alias is not None and name in block.columns and plain_name(named(alias, "")) != name:
            raise Gather(f"{name} is both a column and an alias in ORDER BY")
    rows.hidden.append(named(inlined, ""))
    return column(f"__o{len(rows.hidden) - 1}")


def _bound(limit: Node | None) -> int | None:
    """Return how many first rows are enough; None where that is no plain number."""
    if limit is None or set(limit) - {"type", "limit", "offset"}:
        return None
    count = literal_integer(limit.get("limit"))
    offset = literal_integer(limit["offset"]) if "offset" in limit else 0
    return None if count is None or offset is None else count + offset


def _rounded(bound: int) -> int:
    """Round up to a power of two, so that a slightly other LIMIT finds the same states."""
    return max(_LEAST_LIMIT, 1 << max(bound - 1, 0).bit_length())
