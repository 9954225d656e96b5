"""Translate a map for the native core, where all of it is surely understood; else DuckDB runs it.

Types decide what SQL means, and DuckDB casts without being asked. So only what leaves no doubt is translated:
DuckDB tells the type of every calculation and the value of every constant, and what is compared must meet in
the type of the column without loss. ``tests/differential/test_native_states.py`` holds what comes out of it
against DuckDB's own states.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

import duckdb

from fusionflow_lab.native_map import Expression, NativeAggregate, NativeMap
from fusionflow_lab.planning.ast import Node
from fusionflow_lab.planning.bind import Binder
from fusionflow_lab.planning.native_expressions import Expressions
from fusionflow_lab.planning.native_types import INTEGERS, RESULTS, VALUES, OtherError
from fusionflow_lab.source import Column

_KEYS: Final = VALUES - {"DECIMAL", "FLOAT", "HUGEINT"}
_DOUBLES: Final = INTEGERS | {"DOUBLE", "FLOAT", "UBIGINT"}
_NUMBERS: Final = _DOUBLES | {"DECIMAL"}
_BITS: Final = INTEGERS | {"UBIGINT"}
# Of FLOAT DuckDB keeps what sorts like it, and -0 sorts like 0.
_CHOSEN: Final = VALUES - {"FLOAT"}
_PAIRS: Final = (
    "correlation",
    "covariance",
    *("regr_avgx", "regr_avgy", "regr_count", "regr_intercept", "regr_r2", "regr_slope"),
    *("regr_sxx", "regr_sxy", "regr_syy"),
)
_ARGUMENTS: Final = MappingProxyType(
    {
        "any_value": (VALUES,),
        "approx_count_distinct": (VALUES,),
        "arg_max": (_CHOSEN, _CHOSEN),
        "arg_min": (_CHOSEN, _CHOSEN),
        "avg": (_NUMBERS,),
        "bit_and": (_BITS,),
        "bit_or": (_BITS,),
        "bit_xor": (_BITS,),
        "bool_and": (frozenset({"BOOLEAN"}),),
        "bool_or": (frozenset({"BOOLEAN"}),),
        "count": (VALUES,),
        "count_if": (frozenset({"BOOLEAN"}),),
        "count_star": (),
        "first": (VALUES,),
        "max": (VALUES,),
        "min": (VALUES,),
        "sum": (_NUMBERS | {"BOOLEAN"},),
        "variance": (_DOUBLES,),
    }
    | dict.fromkeys(_PAIRS, (_DOUBLES, _DOUBLES))
)
"""Types of the arguments of each aggregate."""
_OTHER_NAMES: Final = MappingProxyType(
    {"mean": "avg", "countif": "count_if", "corr": "correlation", "arbitrary": "first"}
    | dict.fromkeys(("argmin", "min_by"), "arg_min")
    | dict.fromkeys(("argmax", "max_by"), "arg_max")
    | dict.fromkeys(("covar_pop", "covar_samp"), "covariance")
    | dict.fromkeys(
        ("var_pop", "var_samp", "variance", "stddev", "stddev_pop", "stddev_samp", "sem"), "variance"
    )
)
_EXPORTED: Final = frozenset(
    {"approx_count_distinct", "arg_max", "arg_min", "avg", "first", "variance", *_PAIRS}
)
_DISTINCT: Final = frozenset({"any_value", "bit_and", "bit_or", "bool_and", "bool_or", "max", "min"})


def native_map(node: Node, columns: Sequence[Column], binder: Binder) -> NativeMap | None:
    """Translate a map; None where DuckDB is to run it.

    Parameters
    ----------
    node
        The map, of an aggregate.
    columns
        What its source holds; the binder has an empty table of it.
    binder
        Answers what types and constants are.

    Examples
    --------
    >>> binder = Binder()
    >>> city = Column(name="City", type="VARCHAR", ordinal=0)
    >>> node = binder.parse("SELECT city AS k0, count_star() AS __used FROM s WHERE city <> 'x' GROUP BY 1")
    >>> native_map(node, [city], binder).filter.operator
    '<>'
    >>> binder.close()
    """
    if binder.collation or any(column.ordinal < 0 for column in columns):
        return None
    try:
        return _translated(node, columns, binder)
    except (OtherError, duckdb.Error):
        return None


def _translated(node: Node, columns: Sequence[Column], binder: Binder) -> NativeMap:
    origin = node.get("from_table", {})
    plain = origin.get("type") == "BASE_TABLE" and not {"column_name_alias", "sample"} & set(origin)
    beside = ("having", "qualify", "modifiers", "sample")
    if not plain or node.get("cte_map", {}).get("map") or any(node.get(name) for name in beside):
        raise OtherError
    groups = len(node.get("group_expressions", []))
    if node.get("group_sets", []) not in ([], [[]], [list(range(groups))]):
        raise OtherError
    known = {column.name.lower(): column for column in columns}
    keys, calls = node["select_list"][:groups], node["select_list"][groups:]
    where = node.get("where_clause")
    expressions = Expressions(origin["table_name"], known, [*node["select_list"], where or {}], binder)
    return NativeMap(
        keys=tuple((key["alias"], _key(key, expressions, alone=groups == 1)) for key in keys),
        aggregates=tuple(_aggregate(call, expressions) for call in calls),
        filter=None if where is None else expressions.condition(where),
    )


def _key(node: Node, expressions: Expressions, *, alone: bool) -> Expression:
    key = expressions.value(node)
    # Of 0 and -0, which are one group, the first one is shown: it is kept by key, not by group.
    if key.kind not in _KEYS or (key.is_constant and key.type not in RESULTS):
        raise OtherError
    if key.type == "DOUBLE" and not alone:
        raise OtherError
    return key.expression


def _aggregate(node: Node, expressions: Expressions) -> NativeAggregate:
    if node.get("class") != "FUNCTION" or node.get("order_bys", {}).get("orders"):
        raise OtherError
    name = str(node["function_name"]).lower()
    name = _OTHER_NAMES.get(name, name)
    if (name in _EXPORTED) != bool(node.get("export_state")):
        raise OtherError
    if name not in _ARGUMENTS or (node.get("distinct") and name not in _DISTINCT):
        raise OtherError
    arguments = [expressions.value(entry["expression"]) for entry in node.get("arguments", [])]
    taken, condition = _ARGUMENTS[name], node.get("filter")
    if len(arguments) != len(taken):
        raise OtherError
    for argument, kinds in zip(arguments, taken, strict=True):
        if argument.kind not in kinds or argument.is_constant:
            raise OtherError
    return NativeAggregate(
        name=node["alias"],
        function=name,
        arguments=tuple(argument.expression for argument in arguments),
        filter=None if condition is None else expressions.condition(condition),
    )
