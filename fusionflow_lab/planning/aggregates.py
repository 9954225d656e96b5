"""The aggregates whose states merge exactly: what map emits, how it merges, how it ends.

Each aggregate call becomes one column of the state. Where the value itself merges (``sum``, ``min``,
counts) that is the column; else it is DuckDB's exported state, merged by ``combine_aggr``. An aggregate
over DISTINCT values adds those values to the keys of the map, so that the final sees each once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from fusionflow_lab.planning.ast import Node, call, cast, clone, column, integer, named
from fusionflow_lab.planning.messages import Gather
from fusionflow_lab.planning.own_states import StateColumn, Types, own_state

Method = Literal["count", "value", "state"]

# value: the aggregate of the chunks' values is the aggregate of all rows.
_COUNTS = frozenset({"count", "count_star"})
_SELF_MERGING = ("sum", "min", "max", "bool_and", "bool_or", "bit_and", "bit_or", "bit_xor", "any_value")
_VALUES: Mapping[str, str] = {name: name for name in _SELF_MERGING} | {"count_if": "sum", "countif": "sum"}
# state: DuckDB exports it as typed columns and combine_aggr merges those without loss.
_STATE_NAMES = """
    avg mean sum_no_overflow fsum kahan_sum sumkahan favg product
    var_pop var_samp variance stddev stddev_pop stddev_samp sem skewness kurtosis kurtosis_pop
    covar_pop covar_samp corr regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope
    regr_sxx regr_sxy regr_syy
    first arbitrary arg_min arg_max argmin argmax min_by max_by arg_min_null arg_max_null
    list array_agg string_agg listagg group_concat
    median quantile quantile_cont quantile_disc mad approx_count_distinct approx_quantile
"""
_STATES = frozenset(_STATE_NAMES.split())
# What the native core does to merge them: those that it merges to the same bits.
_MOMENTS_NAMES = """
    avg mean var_pop var_samp variance stddev stddev_pop stddev_samp sem covar_pop covar_samp corr
    regr_avgx regr_avgy regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy
"""
_MERGES: Mapping[str, str] = {
    **_VALUES,
    **dict.fromkeys(_MOMENTS_NAMES.split(), "moments"),
    **dict.fromkeys(("first", "arbitrary"), "any_value"),
    **dict.fromkeys(("arg_min", "argmin", "min_by", "arg_min_null"), "arg_min"),
    **dict.fromkeys(("arg_max", "argmax", "max_by", "arg_max_null"), "arg_max"),
    "approx_count_distinct": "registers",
    "regr_count": "sum",
}
# Their answer depends on the order of rows, or which of equals comes first.
_ORDERED_NAMES = """
    first arbitrary any_value arg_min arg_max argmin argmax min_by max_by arg_min_null arg_max_null
    list array_agg string_agg listagg group_concat
"""
_ORDERED = frozenset(_ORDERED_NAMES.split())
_KEEPING_NAMES = """
    list array_agg string_agg listagg group_concat median quantile quantile_cont quantile_disc mad
"""
_KEEPING = frozenset(_KEEPING_NAMES.split())
# Sorting its rows first does not change the answer.
_ANY_ORDER = (
    (frozenset(_VALUES) | _COUNTS | _STATES) - _ORDERED - {"quantile", "quantile_cont", "quantile_disc"}
) - {"approx_quantile"}
# With more arguments they answer with several values, which the exported state does not hold.
_MOST_ARGUMENTS = {"min": 1, "max": 1} | dict.fromkeys(
    ("arg_min", "arg_max", "argmin", "argmax", "min_by", "max_by"), 2
)
_ZERO = frozenset({"regr_count", "approx_count_distinct"})
_SAME_IF_DISTINCT = frozenset({"min", "max", "bool_and", "bool_or", "bit_and", "bit_or", "any_value"})
# Numbers whose sums may need more than the 38 digits that Arrow carries.
_WIDE = frozenset({"HUGEINT", "UHUGEINT"})
_SUMS = frozenset({"sum", "sum_no_overflow"})
_FOREIGN = re.compile(
    r"\bBIT\b|(?<!STAMP )\bTIME WITH TIME ZONE|VARIANT|BIGNUM|UNION|GEOMETRY|ENUM\([^)]*\)\["
)


def method_of(name: str) -> Method | None:
    """Tell how an aggregate merges; None where it does not.

    Examples
    --------
    >>> method_of("sum"), method_of("avg"), method_of("mode")
    ('value', 'state', None)
    """
    if name in _COUNTS:
        return "count"
    if name in _VALUES:
        return "value"
    return "state" if name in _STATES else None


def refuse_type(aggregate: Node, type_name: str) -> None:
    """Raise ``Gather`` where a state over arguments of a type does not travel or may not fit.

    Examples
    --------
    >>> refuse_type({"function_name": "sum"}, "BIGINT")
    """
    name = str(aggregate["function_name"]).lower()
    if name in _SUMS and type_name in _WIDE:
        raise Gather(f"{name} of HUGEINT may need more than 38 digits on the way")
    if aggregate.get("export_state") and (travels_changed(type_name) or "ENUM(" in type_name):
        raise Gather(f"values of type {type_name.split('(', maxsplit=1)[0]} do not travel between processes")


def travels_changed(type_name: str) -> bool:
    """Tell whether values of a type come back from Arrow as something else.

    Examples
    --------
    >>> travels_changed("BIT"), travels_changed("TIMESTAMP WITH TIME ZONE")
    (True, False)
    """
    return _FOREIGN.search(type_name) is not None


def is_ordered(aggregate: Node) -> bool:
    """Tell whether the answer depends on the order of rows."""
    return str(aggregate["function_name"]).lower() in _ORDERED


def needs_distinct(aggregate: Node) -> bool:
    """Tell whether the aggregate must see each value once."""
    name = str(aggregate["function_name"]).lower()
    return bool(aggregate.get("distinct")) and name not in _SAME_IF_DISTINCT


def keeps_values(aggregate: Node) -> bool:
    """Tell whether the state of an aggregate grows with the rows that it is given."""
    function = str(aggregate["function_name"]).lower()
    return needs_distinct(aggregate) or function in _KEEPING or method_of(function) is None


def state_column(aggregate: Node, name: str, types: Types) -> StateColumn:
    """Split an aggregate call into the three parts of the state column ``name``.

    Parameters
    ----------
    aggregate
        The call.
    name
        Of the column.
    types
        Asks DuckDB for the types of expressions.

    Raises
    ------
    Gather
        It has no state that merges exactly.
    """
    function = str(aggregate["function_name"]).lower()
    if aggregate.get("export_state"):
        raise Gather(f"{function} has no partial result that merges exactly")
    method = method_of(function)
    if method is None or needs_distinct(aggregate) or _needs_rows(aggregate):
        return own_state(aggregate, name, types)
    plain = {**named(aggregate, ""), "order_bys": {"type": "ORDER_MODIFIER"}}
    plain.pop("distinct", None)
    if method == "count":
        total = cast(_zero(call("sum", column(name))), "BIGINT")
        return StateColumn(mapped=plain, merged=total, final=clone(total), merge="sum")
    if function == "sum" and types([plain["arguments"][0]["expression"]])[0] == "HUGEINT":
        return _wide_sum(plain, name)
    if method == "value":
        again = call(_VALUES[function], column(name))
        return StateColumn(
            mapped=plain,
            merged=again,
            final=clone(again),
            ordered=is_ordered(aggregate),
            merge=_VALUES[function],
        )
    combined = call("combine_aggr", column(name))
    ended = call("finalize", clone(combined))
    return StateColumn(
        mapped={**plain, "export_state": True},
        merged=combined,
        final=_zero(ended) if function in _ZERO else ended,
        ordered=is_ordered(aggregate),
        merge=_MERGES.get(function, ""),
    )


def _wide_sum(plain: Node, name: str) -> StateColumn:
    """Let sums of up to 39 digits travel as text: Arrow carries 38."""
    final = call("sum", cast(column(name), "HUGEINT"))
    mapped, merged = cast(plain, "VARCHAR"), cast(final, "VARCHAR")
    return StateColumn(mapped=mapped, merged=merged, final=clone(final))


def _needs_rows(aggregate: Node) -> bool:
    """Tell whether an aggregate with an exported state takes more than that state holds."""
    function = str(aggregate["function_name"]).lower()
    arguments = aggregate.get("arguments", [])
    if len(arguments) > _MOST_ARGUMENTS.get(function, len(arguments)):
        return True
    return bool(aggregate.get("order_bys", {}).get("orders")) and function not in _ANY_ORDER


def _zero(expression: Node) -> Node:
    """Write ``coalesce(expression, 0)``."""
    return {
        "class": "OPERATOR",
        "type": "OPERATOR_COALESCE",
        "children": [expression, integer(0)],
    }
