"""Cut a SELECT that keeps the first few rows of each partition: most rows need not travel.

::

    SELECT k, v FROM source_0 WHERE v > 0 QUALIFY row_number() OVER (PARTITION BY k ORDER BY v) <= 2
      map     SELECT k, v FROM source_0 WHERE v > 0
      reduce  SELECT * FROM state QUALIFY rank() OVER (PARTITION BY k ORDER BY v) <= 2
      final   the user's own, over the rows that are left

A row that is among the first of all is among the first of its chunk. ``rank`` keeps every tie, so that the
final chooses among them as it would among all rows. The same holds for DISTINCT ON.
"""

from __future__ import annotations

from collections.abc import Iterator

from fusionflow_lab.planning.ast import (
    Node,
    clone,
    column,
    conjunction,
    conjuncts,
    fingerprint,
    integer,
    literal_integer,
    modifier,
    orders,
    select,
    star,
    table,
    walk,
    walk_block,
)
from fusionflow_lab.planning.classify import Block, is_aggregated, plain_name
from fusionflow_lab.planning.joins import join_leaves
from fusionflow_lab.planning.messages import Gather
from fusionflow_lab.planning.scope import with_ctes
from fusionflow_lab.planning.stages import Ending, StageMaker

_RANKS = {
    "WINDOW_ROW_NUMBER": "WINDOW_RANK",
    "WINDOW_RANK": "WINDOW_RANK",
    "WINDOW_RANK_DENSE": "WINDOW_RANK_DENSE",
}
_NAMES = {"WINDOW_RANK": "rank", "WINDOW_RANK_DENSE": "dense_rank"}
# How far below a bound the last wanted number is.
_BOUNDS = {"COMPARE_LESSTHAN": 1, "COMPARE_LESSTHANOREQUALTO": 0, "COMPARE_EQUAL": 0}


def push_ranks(tree: Node) -> None:
    """Let a subquery that numbers rows drop those that the WHERE around it drops, in place."""
    for node in list(walk(tree)):
        origin = node.get("from_table", {})
        if not isinstance(origin, dict) or origin.get("type") != "SUBQUERY" or "column_name_alias" in origin:
            continue
        inner = origin["subquery"]["node"]
        if inner.get("type") != "SELECT_NODE" or inner.get("modifiers") or "qualify" in inner:
            continue
        numbered = {
            str(item["alias"]).lower(): item
            for item in inner["select_list"]
            if item.get("type") in _RANKS and "alias" in item
        }
        kept = [pushed for part in conjuncts(node.get("where_clause")) for pushed in _pushed(part, numbered)]
        wanted = conjunction(kept)
        if wanted is not None:
            inner["qualify"] = wanted


def _pushed(part: Node, numbered: dict[str, Node]) -> Iterator[Node]:
    """Yield a condition on a numbered column as one on the window function itself."""
    if part.get("type") not in _BOUNDS or literal_integer(part.get("right")) is None:
        return
    names = part["left"].get("column_names", [])
    if part["left"].get("class") == "COLUMN_REF" and names[-1].lower() in numbered and len(names) <= 2:  # noqa: PLR2004
        window = {key: value for key, value in numbered[names[-1].lower()].items() if key != "alias"}
        yield {**part, "left": clone(window)}


def cut_window(node: Node, block: Block, maker: StageMaker, visible: list[Node]) -> Node:
    """Add the stage of a SELECT that keeps the first rows of partitions; return the SELECT over them.

    Parameters
    ----------
    node
        The SELECT.
    block
        The same, its names read.
    maker
        Makes and keeps the stages.
    visible
        The CTEs around it.

    Raises
    ------
    Gather
        It keeps others, or needs the rows that it drops.
    """
    if len(join_leaves(node)) > 1 or is_aggregated(node, maker.binder.functions):
        raise Gather("window functions look at all rows together")
    kept = _distinct_on(block) if modifier(node, "DISTINCT_MODIFIER") else _first_rows(block)
    origin = node["from_table"]
    where = block.node.get("where_clause")
    mapped = select(
        _items(node, block), block.node["from_table"], where=None if where is None else block.inlined(where)
    )
    reduce = {**select([star()], table("state")), "qualify": kept}
    state: Node = {"type": "SUBQUERY", "alias": "state", "subquery": {"node": mapped}}
    if maker.binder.shape_of(with_ctes({**reduce, "from_table": state}, visible)) is None:
        raise Gather("its partitions name what is no column")
    ending = Ending(reduce_sql=maker.binder.sql(reduce))
    made = maker.add("topk", with_ctes(mapped, visible), ending)
    alias = origin.get("alias") or origin.get("table_name") or "unnamed_subquery"
    final = {key: value for key, value in node.items() if key != "where_clause"}
    return {**final, "from_table": {**made, "alias": alias}}


def _first_rows(block: Block) -> Node:
    """Find the condition that keeps the first rows; no other window function may count the dropped ones."""
    if "qualify" not in block.node:
        raise Gather("window functions look at all rows together")
    qualify = block.inlined(block.node["qualify"])
    windows = [part for part in walk_block([block.items, qualify]) if part.get("class") == "WINDOW"]
    if len({_over(window) for window in windows}) != 1 or any(
        window.get("type") not in _RANKS or not window.get("orders") for window in windows
    ):
        raise Gather("window functions look at all rows together")
    for part in conjuncts(qualify):
        bound = literal_integer(part.get("right"))
        window = part.get("left", {})
        if part.get("type") in _BOUNDS and bound is not None and window.get("type") in _RANKS:
            kept = bound - _BOUNDS[part["type"]]
            return _at_most(block, window, _RANKS[window["type"]], kept)
    raise Gather("window functions look at all rows together")


def _distinct_on(block: Block) -> Node:
    """Keep the rows that DISTINCT ON may choose: the first of each of its values, ties included."""
    distinct = modifier(block.node, "DISTINCT_MODIFIER") or {}
    terms = orders(block.node)
    if not distinct.get("distinct_on_targets") or not terms:
        raise Gather("DISTINCT ON picks rows among all of them")
    if any(part.get("class") == "WINDOW" for part in walk_block([block.items, block.node.get("qualify")])):
        raise Gather("window functions look at all rows together")
    targets = [*distinct["distinct_on_targets"], *(term["expression"] for term in terms)]
    if any(target.get("class") == "CONSTANT" for target in targets):
        raise Gather("DISTINCT ON picks rows among all of them")
    window: Node = {
        "class": "WINDOW",
        "partitions": distinct["distinct_on_targets"],
        "orders": terms,
        "start": "UNBOUNDED_PRECEDING",
        "end": "CURRENT_ROW_RANGE",
    }
    return _at_most(block, window, "WINDOW_RANK", 1)


def _at_most(block: Block, window: Node, kind: str, bound: int) -> Node:
    """Write ``rank() OVER (the same) <= bound`` over plain columns."""
    name = _NAMES[kind]
    ranked = {
        **{key: value for key, value in window.items() if key not in {"alias", "filter", "distinct"}},
        "type": kind,
        "function_name": name,
        "qualified_name": {"path": [name]},
        "partitions": [block.inlined(part) for part in window.get("partitions", [])],
        "orders": [{**term, "expression": block.inlined(term["expression"])} for term in window["orders"]],
    }
    return {
        "class": "COMPARISON",
        "type": "COMPARE_LESSTHANOREQUALTO",
        "left": ranked,
        "right": integer(bound),
    }


def _over(window: Node) -> str:
    return fingerprint({"partitions": window.get("partitions", []), "orders": window.get("orders", [])})


def _items(node: Node, block: Block) -> list[Node]:
    """List the columns that the final names; all where a ``*`` may stand for them."""
    above = [value for key, value in node.items() if key not in {"from_table", "where_clause", "cte_map"}]
    if any(part.get("class") == "STAR" for part in walk(above)):
        return [star()]
    aliases = {str(node["from_table"].get(key, "")).lower() for key in ("alias", "table_name")}
    names = {str(name).lower() for part in walk(above) for name in part.get("column_names", [])}
    if names & (aliases - block.columns) and any(plain_name(part) in aliases for part in walk(above)):
        return [star()]
    return [column(name) for name in sorted(block.columns & names)] or [star()]
