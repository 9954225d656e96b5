"""PIVOT, whose column names may be values of the data.

::

    PIVOT 'a.csv' ON k USING sum(v) GROUP BY g
      group   SELECT g AS g0, k AS p0, sum(v) AS a0 FROM 'a.csv' GROUP BY ALL     cut like any grouping
      final   PIVOT (…) ON p0 USING any_value(a0) GROUP BY g                      by DuckDB, over the groups

So the files are read once, and DuckDB finds the values among the merged groups.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fusionflow_lab.errors import QueryError
from fusionflow_lab.planning.ast import (
    Node,
    clone,
    column,
    named,
    select,
    star,
    walk,
)
from fusionflow_lab.planning.bind import Binder
from fusionflow_lab.planning.pivot_text import VALUES
from fusionflow_lab.states.casts import quoted

# Above this DuckDB pivots in another way.
_MOST_COLUMNS = 20
# What they answer where there is no row.
_OF_NO_ROWS = frozenset(
    {"count", "count_star", "count_if", "countif", "regr_count", "approx_count_distinct", "entropy"}
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Pivoting:
    """A PIVOT by the values of the data: the grouping to cut, and the statement over its end."""

    grouping: Node
    final: Callable[[str], str]


def pivoting(tree: Node, binder: Binder) -> Pivoting | None:
    """Split a PIVOT statement that names no values; None for another query.

    Raises
    ------
    QueryError
        It is a part of a larger query.
    """
    if not any(node.get("text") == VALUES for node in walk(tree)):
        return None
    pivot = tree.get("from_table", {})
    plain = tree.get("select_list") == [star()] and not {"where_clause", "qualify"} & set(tree)
    nested = [node for node in walk([pivot.get("source"), tree.get("cte_map")]) if node.get("text") == VALUES]
    if pivot.get("type") != "PIVOT" or not plain or nested:
        what = "the columns of a PIVOT are not known before its rows are"
        raise QueryError(what, hint="write its values, ON column IN (…), to use it within a query")
    on = [expression for entry in pivot["pivots"] for expression in entry["pivot_expressions"]]
    if len(on) != len(pivot["pivots"]):
        raise QueryError("a PIVOT ON (a, b) needs values", hint="write ON (a, b) IN ((1, 2), …)")
    groups = _groups(tree, pivot, on, binder)
    aggregates = pivot["aggregates"]
    items = [named(column(name), f"g{place}") for place, name in enumerate(groups)]
    items += [named(expression, f"p{place}") for place, expression in enumerate(on)]
    items += [named(aggregate, f"a{place}") for place, aggregate in enumerate(aggregates)]
    grouping = select(items, pivot["source"], groups=len(groups) + len(on))
    grouping["cte_map"] = tree.get("cte_map", {})
    return Pivoting(grouping=grouping, final=lambda sql: _statement(sql, tree, groups, binder))


def _groups(tree: Node, pivot: Node, on: list[Node], binder: Binder) -> list[str]:
    """List the columns of GROUP BY; without one, all that nothing else names."""
    if pivot.get("groups"):
        return list(pivot["groups"])
    shape = binder.shape_of({**select([star()], pivot["source"]), "cte_map": tree.get("cte_map", {})})
    used = {
        str(name).lower()
        for part in walk([on, pivot["aggregates"]])
        if part.get("class") == "COLUMN_REF"
        for name in part["column_names"]
    }
    return [name for name in shape.names if name.lower() not in used] if shape else []


def _statement(sql: str, tree: Node, groups: list[str], binder: Binder) -> str:
    """Write the PIVOT over the groups; columns get the names that they have in the user's own."""
    pivot = tree["from_table"]
    aggregates = pivot["aggregates"]
    items = [f"g{place} AS {quoted(name)}" for place, name in enumerate(groups)]
    on = [f"p{place}" for place in range(len(pivot["pivots"]))]
    values = [f"a{place}" for place in range(len(aggregates))]
    using = []
    for place, aggregate in enumerate(aggregates):
        value = f"any_value({values[place]})"
        if str(aggregate.get("function_name", "")).lower() in _OF_NO_ROWS:
            value = f"coalesce({value}, 0)"
        name = aggregate.get("alias") or (binder.expression_sql(aggregate) if len(aggregates) > 1 else "")
        using.append(f"{value} AS {quoted(str(name))}" if name else value)
    grouped = f" GROUP BY {', '.join(map(quoted, groups))}" if groups else ""
    inner = f"SELECT {', '.join([*items, *on, *values])} FROM ({sql})"
    end = binder.sql({**select([star()], {"type": "EMPTY"}), "modifiers": tree.get("modifiers", [])})
    tail = end.removeprefix("SELECT *")
    return f"PIVOT ({inner}) ON {', '.join(on)} USING {', '.join(using)}{grouped}{tail}"


def rewrite_pivot(tree: Node, binder: Binder) -> None:
    """Write each PIVOT with a few given values as a grouping with FILTER, in place, as DuckDB does."""
    for node in list(walk(tree)):
        if node.get("type") != "PIVOT" or "pivots" not in node or node.get("column_name_alias"):
            continue
        query = _filtered(node, binder)
        if query is not None:
            alias = {"alias": node["alias"]} if "alias" in node else {}
            node.clear()
            node.update({"type": "SUBQUERY", "subquery": {"node": query}, **alias})


def _filtered(pivot: Node, binder: Binder) -> Node | None:
    """Write a PIVOT as a SELECT; None for one of another form."""
    if pivot.get("unpivot_names") or len(pivot["pivots"]) != 1 or not pivot.get("aggregates"):
        return None
    on = pivot["pivots"][0]
    values = [entry.get("star_expr") for entry in on.get("entries", [])]
    constant = all(value is not None and value.get("class") == "CONSTANT" for value in values)
    if len(on["pivot_expressions"]) != 1 or not values or not constant or "pivot_enum" in on:
        return None
    aggregates = pivot["aggregates"]
    if len(values) * len(aggregates) > _MOST_COLUMNS or any(
        aggregate.get("class") != "FUNCTION" or "filter" in aggregate for aggregate in aggregates
    ):
        return None
    whole = binder.shape_of(select([star()], pivot))
    if whole is None or len({name.lower() for name in whole.names}) < len(whole.names):
        return None
    groups = whole.names[: len(whole.names) - len(values) * len(aggregates)]
    if not groups:
        return None
    items = [column(name) for name in groups]
    names = iter(whole.names[len(groups) :])
    for value in values:
        is_value: Node = {
            "class": "COMPARISON",
            "type": "COMPARE_NOT_DISTINCT_FROM",
            "left": clone(on["pivot_expressions"][0]),
            "right": clone(value or {}),
        }
        items += [named({**aggregate, "filter": clone(is_value)}, next(names)) for aggregate in aggregates]
    return select(items, pivot["source"], groups=len(groups))
