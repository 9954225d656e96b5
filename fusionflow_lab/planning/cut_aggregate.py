"""Cut a SELECT that groups: states per chunk below, the user's clauses above.

::

    SELECT city, avg(price) AS p FROM source_0 WHERE price > 0 GROUP BY ALL HAVING p > 5 ORDER BY p
      map    SELECT city AS k0, avg(price) EXPORT_STATE AS s0, count_star() AS __used
             FROM source_0 WHERE price > 0 GROUP BY 1
      merge  SELECT k0, combine_aggr(s0) AS s0, CAST(sum(__used) AS BIGINT) AS __used FROM state GROUP BY 1
      final  SELECT k0 AS city, finalize(combine_aggr(s0)) AS p FROM stage_0 GROUP BY k0
             HAVING p > 5 ORDER BY p

Every state counts its rows in ``__used``, so that ``count(*)`` may join a query later without a scan.
"""

from __future__ import annotations

import re

from fusionflow_lab.planning.aggregates import refuse_type
from fusionflow_lab.planning.ast import (
    Node,
    call,
    clone,
    column,
    named,
    select,
    table,
)
from fusionflow_lab.planning.classify import Block
from fusionflow_lab.planning.distinct_parts import (
    distinct_states,
    keeping,
    merges_of,
    pairs,
    part_items,
)
from fusionflow_lab.planning.grouping import USED, Grouping, counted
from fusionflow_lab.planning.messages import Gather
from fusionflow_lab.planning.own_states import unfolded
from fusionflow_lab.planning.scope import with_ctes
from fusionflow_lab.planning.stages import Ending, Grouped, Parted, StageMaker
from fusionflow_lab.states.counting import SET

_TAKEN = re.compile(r"^[kdsf]\d+$")


def cut_aggregate(block: Block, maker: StageMaker, visible: list[Node]) -> Node:
    """Add the stage of a grouped block and return the SELECT that ends it.

    Raises
    ------
    Gather
        It cannot be cut; the message says why.
    """
    words = [*block.names, *block.aliases]
    prefix = "__" if any(_TAKEN.match(word.lower()) for word in words) else ""
    group = Grouping(block=block, binder=maker.binder, visible=visible, prefix=prefix)
    group.read_keys()
    group.read_aggregates()
    final = _final(group)
    _refuse_order(group)
    _refuse_types(group)
    mapped, merged, used = _map_items(group)
    groups = len(group.keys) + len(group.extras) + group.by_set
    node = select(mapped, block.origin(), where=_where(block), groups=groups)
    if group.by_set:
        del node["group_expressions"][-1]
        node["group_sets"] = group.sets
    merge = select(merged, table("state"), groups=groups)
    ordered = any(state.ordered for state in group.states)
    bucket_by = _bucket_by(group)
    ending = Ending(
        merge_sql=maker.binder.sql(merge),
        used_column=used,
        ordered=ordered,
        bucket_by=bucket_by,
        spread=len(bucket_by) > len(group.keys),
        keeps=tuple(map(maker.binder.expression_sql, group.keeping)),
        merges=_merges(group),
    )
    stage = maker.add("aggregate", with_ctes(node, visible), ending)
    origin = _end(group, stage)
    final = {**final, "from_table": origin}
    maker.grouped = _grouped(group, final, stage, origin)
    return final


def _grouped(group: Grouping, final: Node, stage: Node, origin: Node) -> Grouped | None:
    """Write the end once more, for groups that are too many for one place, or their values of DISTINCT."""
    states = distinct_states(group)
    if states is None:
        return _in_two_steps(group, final, origin) if group.keys and group.plain else None
    part, merge = part_items(group, states)
    keeps, keys = keeping(group, states), len(group.keys)
    for mark, state in states.items():
        group.finals[mark] = state.final
    parts = table("parts")
    ends = _in_two_steps(group, {**_final(group), "from_table": parts}, parts)
    parted = Parted(
        part=select(part, pairs(group, stage), groups=keys),
        merge=select(merge, table("state"), groups=keys),
        grouped=ends,
        bucket_by=tuple(f"{group.prefix}k{place}" for place in range(keys)),
        keeps=tuple(map(group.binder.expression_sql, keeps)),
        merges=merges_of(group, states),
    )
    return Grouped(final=final, inner=ends.inner, outer=ends.outer, parted=parted)


def _in_two_steps(group: Grouping, final: Node, origin: Node) -> Grouped:
    """Write the end once more, as groups that are finished one by one and what stands above them."""
    keys = [column(f"{group.prefix}k{place}") for place in range(len(group.keys))]
    items = [named(key, key["column_names"][0]) for key in keys]
    items += [named(clone(end), f"{group.prefix}f{place}") for place, end in enumerate(group.finals.values())]
    inner = select(items, origin, groups=len(keys))
    group.outer = True
    outer = _final(group)
    for clause in ("group_expressions", "group_sets"):
        outer.pop(clause, None)
    if "having" in outer:
        outer["where_clause"] = outer.pop("having")
    return Grouped(final=final, inner=inner, outer={**outer, "from_table": table("groups")})


def _bucket_by(group: Grouping) -> tuple[str, ...]:
    """Name the columns that tell rows of a state apart: the keys, and the values of DISTINCT.

    Not these where a group must have all its values for its end, which is then run bucket by bucket.
    """
    names = [f"{group.prefix}k{place}" for place in range(len(group.keys))]
    if not names or not group.plain or distinct_states(group) is not None:
        names += [f"{group.prefix}d{place}" for place in range(len(group.extras))]
    return tuple(names)


def _end(group: Grouping, origin: Node) -> Node:
    """Write the FROM of the final: the stage's table, its lists unfolded where they must be."""
    if not any(state.unfolded for state in group.states):
        return origin
    plain = [f"{group.prefix}k{place}" for place in range(len(group.keys))]
    plain += [SET] if group.by_set else []
    plain += [f"{group.prefix}d{place}" for place in range(len(group.extras))]
    states = [(f"{group.prefix}s{place}", state.unfolded) for place, state in enumerate(group.states)]
    return unfolded(origin, plain, [*states, (USED, False)])


def _where(block: Block) -> Node | None:
    where = block.node.get("where_clause")
    return None if where is None else block.inlined(where)


def _map_items(group: Grouping) -> tuple[list[Node], list[Node], str]:
    """Build the select lists of map and merge, and name the hidden count."""
    mapped = [named(key, f"{group.prefix}k{place}") for place, key in enumerate(group.keys)]
    if group.by_set:
        keys: Node = {"class": "OPERATOR", "type": "GROUPING_FUNCTION", "children": group.keys}
        mapped.append(named(keys, SET))
    mapped += [named(extra, f"{group.prefix}d{place}") for place, extra in enumerate(group.extras)]
    merged = [column(item["alias"]) for item in mapped]
    for place, state in enumerate(group.states):
        name = f"{group.prefix}s{place}"
        mapped.append(named(state.mapped, name))
        merged.append(named(state.merged, name))
    mapped.append(named(call("count_star"), USED))
    merged.append(named(counted(), USED))
    filters = "where_clause" in group.block.node or group.block.node["from_table"]["type"] == "SUBQUERY"
    return mapped, merged, USED if filters else ""


def _merges(group: Grouping) -> tuple[str, ...]:
    """Name what the native core does to merge each column of the state; nothing where one is DuckDB's."""
    keys = len(group.keys) + len(group.extras) + group.by_set
    merges = (*["key"] * keys, *(state.merge for state in group.states), "sum")
    return merges if all(merges) else ()


def _final(group: Grouping) -> Node:
    """Build the SELECT above the cut, but for its FROM."""
    node = group.block.node
    items = [
        named(group.above(item), name)
        for item, name in zip(group.block.items, group.block.names, strict=True)
    ]
    final: Node = {
        "type": "SELECT_NODE",
        "cte_map": node.get("cte_map", {}),
        "select_list": items,
        "aggregate_handling": "STANDARD_HANDLING",
    }
    keys = [column(f"{group.prefix}k{place}") for place in range(len(group.keys))]
    keys += [column(SET)] if group.by_set else []
    if keys:
        final["group_expressions"] = keys
    if group.sets is not None:
        final["group_sets"] = [list(range(len(keys)))] if group.by_set else group.sets
    for clause in ("having", "qualify"):
        if clause in node:
            final[clause] = group.above(node[clause])
    modifiers = [_modifier(group, entry) for entry in node.get("modifiers", [])]
    if modifiers:
        final["modifiers"] = modifiers
    return final


def _modifier(group: Grouping, entry: Node) -> Node:
    if entry["type"] == "ORDER_MODIFIER":
        return {**entry, "orders": [group.term(term) for term in entry["orders"]]}
    if entry["type"] == "DISTINCT_MODIFIER" and entry.get("distinct_on_targets"):
        targets = [group.above(target, in_order=True) for target in entry["distinct_on_targets"]]
        return {**entry, "distinct_on_targets": targets}
    return entry


def _refuse_order(group: Grouping) -> None:
    if len(group.places) < len(group.keys) and not group.whole:
        raise Gather("one key is in several grouping sets by different places")


def _refuse_types(group: Grouping) -> None:
    """Refuse states whose types Arrow does not carry: the types of arguments tell."""
    arguments = [
        (state.mapped, argument["expression"])
        for state in group.states
        for argument in state.mapped.get("arguments", [])
    ]
    if not arguments:
        return
    kinds = group.types([expression for _, expression in arguments])
    for (aggregate, _), kind in zip(arguments, kinds, strict=True):
        refuse_type(aggregate, kind)
