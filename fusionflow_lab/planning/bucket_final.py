"""Run the end of a grouping bucket by bucket: what a group gives by itself is done where its bucket is.

::

    SELECT city, avg(price) AS p FROM t GROUP BY city HAVING p > 5 ORDER BY p LIMIT 3
      bucket  SELECT * FROM (SELECT k0 AS k0, finalize(combine_aggr(s0)) AS f0 FROM stage_0 GROUP BY 1)
              AS groups WHERE f0 > 5 ORDER BY f0 LIMIT 3
      final   SELECT k0 AS city, f0 AS p FROM groups WHERE f0 > 5 ORDER BY p LIMIT 3


Where a stage is split by the values of DISTINCT as well, its buckets give parts of groups, whose states are a
stage of their own; what ends them is the same once more (see ``distinct_parts``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import duckdb

from fusionflow_lab.planning.ast import (
    Node,
    integer,
    literal_integer,
    modifier,
    named,
    orders,
    rewrite,
    select,
    star,
    walk,
)
from fusionflow_lab.planning.bind import Binder
from fusionflow_lab.planning.classify import plain_name
from fusionflow_lab.planning.stages import Grouped, Parted
from fusionflow_lab.query import BucketFinal, GroupParts, Stage
from fusionflow_lab.states.casts import quoted

_ROW_BY_ROW = {"ORDER_MODIFIER", "LIMIT_MODIFIER"}


def bucket_final(grouped: Grouped, stage: Stage, binder: Binder, types: Sequence[str]) -> BucketFinal | None:
    """Write the final SQL of a plan that ends in a grouping in two steps; None where it has none.

    Parameters
    ----------
    grouped
        The grouping.
    stage
        Its stage.
    binder
        Where the stage's table is.
    types
        Of the columns of the answer, which both ways have.
    """
    if grouped.final.get("cte_map", {}).get("map") or _any(grouped.outer, "SUBQUERY"):
        return None
    if grouped.parted is not None:
        return _from_parts(grouped.parted, stage, binder, types)
    return _two_steps(grouped, binder, types)


def _from_parts(parted: Parted, stage: Stage, binder: Binder, types: Sequence[str]) -> BucketFinal | None:
    """Write the end of a plan whose buckets give parts of groups."""
    sql = binder.sql(parted.part)
    parts = GroupParts(
        stage=replace(
            stage,
            name="parts",
            source=replace(stage.source, files=()),
            map_sql=f"WITH {quoted(stage.name)} AS ({stage.map_sql}) {sql}",
            merge_sql=binder.sql(parted.merge),
            bucket_by=parted.bucket_by,
            spread=False,
            keeps=parted.keeps,
            merges=parted.merges if stage.merges else (),
            native=None,
        ),
        sql=sql,
        final_sql=binder.sql(parted.grouped.final),
    )
    try:
        binder.create_as("parts", sql)
        if binder.shape(parts.final_sql).types != tuple(types):
            return None
    except duckdb.Error:
        return None
    made = _two_steps(parted.grouped, binder, types)
    return None if made is None else replace(made, parts=parts)


def _two_steps(grouped: Grouped, binder: Binder, types: Sequence[str]) -> BucketFinal | None:
    if not grouped.final.get("modifiers") and not _looks_around(grouped.final):
        return BucketFinal(bucket_sql=binder.sql(grouped.final))
    groups: Node = {"type": "SUBQUERY", "alias": "groups", "subquery": {"node": grouped.inner}}
    where = grouped.outer.get("where_clause")
    plain = None if where is None else _without_aliases(where, grouped.outer)
    part = select([star()], groups, where=plain)
    first = _first_rows(grouped.outer)
    if first:
        part["modifiers"] = first
    outer = grouped.outer if plain is None else {**grouped.outer, "where_clause": plain}
    return _checked(BucketFinal(bucket_sql=binder.sql(part), final_sql=binder.sql(outer)), binder, types)


def _checked(made: BucketFinal, binder: Binder, types: Sequence[str]) -> BucketFinal | None:
    """Return the end in two steps where its columns have the types of the answer."""
    try:
        binder.create_as("groups", made.bucket_sql)
        return made if binder.shape(made.final_sql).types == tuple(types) else None
    except duckdb.Error:
        return None


def _first_rows(outer: Node) -> list[Node]:
    """Return the modifiers that keep in each bucket what may be among the first rows of all."""
    limit = modifier(outer, "LIMIT_MODIFIER") or {}
    count, offset = literal_integer(limit.get("limit")), 0
    if "offset" in limit:
        offset = literal_integer(limit["offset"]) or 0
    kinds = {entry["type"] for entry in outer.get("modifiers", [])}
    if count is None or not kinds <= _ROW_BY_ROW or _looks_around(outer):
        return []
    if "offset" in limit and literal_integer(limit["offset"]) is None:
        return []
    kept: Node = {"type": "LIMIT_MODIFIER", "limit": integer(count + offset)}
    terms = [{**term, "expression": _spelled(term["expression"], outer)} for term in orders(outer)]
    if any(_any(term, "STAR") for term in terms):
        return []
    return [{"type": "ORDER_MODIFIER", "orders": terms}, kept] if terms else [kept]


def _spelled(term: Node, outer: Node) -> Node:
    """Write a term of ORDER BY, which may be the place or the alias of an item, over the table."""
    items = outer["select_list"]
    place = literal_integer(term)
    if place is not None and 0 < place <= len(items):
        return named(items[place - 1], "")
    return _without_aliases(term, outer)


def _without_aliases(tree: Node, outer: Node) -> Node:
    """Write the items that aliases stand for in their places."""
    items = {str(item.get("alias", "")).lower(): item for item in outer["select_list"]}

    def change(node: Node) -> Node | None:
        item = items.get(plain_name(node) or " ") if node.get("class") == "COLUMN_REF" else None
        return None if item is None else named(item, "")

    written: Node = rewrite(tree, change)
    return written


def _looks_around(node: Node) -> bool:
    """Tell whether a SELECT looks at several of its rows at once."""
    return "qualify" in node or _any(node.get("select_list"), "WINDOW") or _any(orders(node), "WINDOW")


def _any(tree: object, kind: str) -> bool:
    return any(part.get("class") == kind for part in walk(tree))
