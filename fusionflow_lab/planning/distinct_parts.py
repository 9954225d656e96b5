"""Take the groups of aggregates over DISTINCT values apart by these values, for few keys with many of them.

::

    SELECT city, count(DISTINCT user) AS n, avg(age) AS a FROM t GROUP BY city
      map    SELECT city AS k0, user AS d0, avg(age) EXPORT_STATE AS s0, … GROUP BY 1, 2
      part   SELECT k0, count(d0) AS p0, combine_aggr(s0) AS s0, … FROM (a bucket, merged) GROUP BY 1
      merge  SELECT k0, sum(p0) AS p0, combine_aggr(s0) AS s0, … FROM state GROUP BY 1
      final  SELECT k0 AS city, sum(p0) AS n, finalize(combine_aggr(s0)) AS a FROM parts GROUP BY k0

A bucket holds the pairs of a key and a value that have one hash. None is in another bucket, and in the merged
one each has one row: there the aggregate is an ordinary one, whose states merge.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from fusionflow_lab.planning.aggregates import keeps_values, state_column
from fusionflow_lab.planning.ast import Node, clone, column, fingerprint, named, select
from fusionflow_lab.planning.grouping import USED, Grouping, counted
from fusionflow_lab.planning.messages import Gather
from fusionflow_lab.planning.own_states import StateColumn

States = Mapping[str, StateColumn]


def distinct_states(group: Grouping) -> States | None:
    """Make the states of aggregates that are given each value once, by their marks in ``group.finals``.

    None where some do not merge, where rows must stay as they are for another aggregate, and where there are
    no such aggregates, or several groups of a row.
    """
    if not group.extras or not group.plain or any(state.unfolded for state in group.states):
        return None
    found: dict[str, StateColumn] = {}
    for mark, original in _over_distinct(group).items():
        arguments = [entry["expression"] for entry in original["arguments"]]
        types = partial(_types_of, group, arguments)
        try:
            found[mark] = state_column(_given_once(group.finals[mark]), f"{group.prefix}p{len(found)}", types)
        except Gather:
            return None
    if any(state.unfolded or state.ordered for state in found.values()):
        return None
    return found


def part_items(group: Grouping, states: States) -> tuple[list[Node], list[Node]]:
    """Build the select lists of a part and of the merge of parts."""
    part = [column(name) for name in _keys(group)]
    merge = [column(name) for name in _keys(group)]
    for place, state in enumerate(states.values()):
        part.append(named(clone(state.mapped), f"{group.prefix}p{place}"))
        merge.append(named(clone(state.merged), f"{group.prefix}p{place}"))
    rest = [
        *(named(state.merged, f"{group.prefix}s{place}") for place, state in enumerate(group.states)),
        named(counted(), USED),
    ]
    return [*part, *map(clone, rest)], [*merge, *rest]


def merges_of(group: Grouping, states: States) -> tuple[str, ...]:
    """Name what the native core does to merge each column of a part; nothing where one is DuckDB's."""
    merges = (
        *["key"] * len(group.keys),
        *(state.merge for state in states.values()),
        *(state.merge for state in group.states),
        "sum",
    )
    return merges if all(merges) else ()


def keeping(group: Grouping, states: States) -> list[Node]:
    """Return the aggregates whose parts grow with their values."""
    plain = [aggregate for aggregate in group.keeping if not aggregate.get("distinct")]
    found = _over_distinct(group)
    return plain + [found[mark] for mark in states if keeps_values(_given_once(found[mark]))]


def pairs(group: Grouping, stage: Node) -> Node:
    """Select from the table of a stage one row for each group and value of DISTINCT."""
    names = [*_keys(group), *(f"{group.prefix}d{place}" for place in range(len(group.extras)))]
    items = [column(name) for name in names]
    items += [
        named(clone(state.merged), f"{group.prefix}s{place}") for place, state in enumerate(group.states)
    ]
    node = select([*items, named(counted(), USED)], stage, groups=len(names))
    return {"type": "SUBQUERY", "alias": "pairs", "subquery": {"node": node}}


def _over_distinct(group: Grouping) -> dict[str, Node]:
    """Return the aggregates whose values of DISTINCT are keys of the map."""
    return {fingerprint(aggregate): aggregate for aggregate in group.keeping if aggregate.get("distinct")}


def _given_once(aggregate: Node) -> Node:
    return {name: value for name, value in aggregate.items() if name != "distinct"}


def _types_of(group: Grouping, arguments: Sequence[Node], _read: Sequence[Node]) -> Sequence[str]:
    """Return the types of columns that hold these arguments."""
    return group.types(arguments)


def _keys(group: Grouping) -> list[str]:
    return [f"{group.prefix}k{place}" for place in range(len(group.keys))]
