"""The syntax tree of a form: what DuckDB would parse from its SQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from fusionflow_lab.planning.ast import (
    Node,
    call,
    cast,
    column,
    conjunction,
    integer,
    named,
    select,
    star,
    table,
    text_literal,
)
from fusionflow_lab.planning.form import Form, FormColumn, FormFilter, FormOrder, FormSource, FormValue

COMPARISONS: Final = {
    "=": "COMPARE_EQUAL",
    "!=": "COMPARE_NOTEQUAL",
    "<": "COMPARE_LESSTHAN",
    "<=": "COMPARE_LESSTHANOREQUALTO",
    ">": "COMPARE_GREATERTHAN",
    ">=": "COMPARE_GREATERTHANOREQUALTO",
}
PATTERNS: Final = {"like": "~~", "not_like": "!~~", "ilike": "~~*", "not_ilike": "!~~*"}
FUNCTIONS: Final = frozenset({"contains", "starts_with", "ends_with"})
NULLS: Final = {"is_null": "OPERATOR_IS_NULL", "not_null": "OPERATOR_IS_NOT_NULL"}
DIRECTIONS: Final = {"": "ORDER_DEFAULT", "asc": "ASCENDING", "desc": "DESCENDING"}
NULL_ORDERS: Final = {"": "ORDER_DEFAULT", "first": "NULLS FIRST", "last": "NULLS LAST"}
TYPES: Final = {"date": "DATE", "time": "TIME", "timestamp": "TIMESTAMP"}
LITERALS: Final = {"text": "STRING", "boolean": "BOOLEAN"}


def form_tree(form: Form, expression: Callable[[str], Node]) -> Node:
    """Build the query node of a form; its sink is not in it.

    Parameters
    ----------
    form
        A form without faults.
    expression
        Parses the value of an option.

    Examples
    --------
    >>> form_tree(Form(source=FormSource(path="a.csv")), lambda text: {})["from_table"]["table_name"]
    'a.csv'
    """
    tree = select(
        [column_node(entry) for entry in form.columns] or [star()],
        source_node(form.source, expression),
        where=conjunction([filter_node(entry) for entry in form.filters]),
    )
    if form.group:
        tree["group_expressions"] = [by_node(by) for by in form.group]
        tree["group_sets"] = [list(range(len(form.group)))]
    if form.group_all:
        tree["aggregate_handling"] = "FORCE_AGGREGATES"
    modifiers = _modifiers(form)
    if modifiers:
        tree["modifiers"] = modifiers
    return tree


def _modifiers(form: Form) -> list[Node]:
    modifiers: list[Node] = [{"type": "DISTINCT_MODIFIER"}] if form.distinct else []
    if form.order:
        modifiers.append({"type": "ORDER_MODIFIER", "orders": [_order_node(entry) for entry in form.order]})
    if form.limit is not None:
        modifiers.append({"type": "LIMIT_MODIFIER", "limit": value_node(form.limit)})
    return modifiers


def source_node(source: FormSource, expression: Callable[[str], Node]) -> Node:
    """Build the FROM of a form."""
    if not source.function:
        return table(source.path)
    function = call(source.function, text_literal(source.path))
    function["arguments"] += [
        {
            "expression": {
                "class": "COMPARISON",
                "type": "COMPARE_EQUAL",
                "left": column(option.name),
                "right": expression(option.value),
            }
        }
        for option in source.options
    ]
    return {"type": "TABLE_FUNCTION", "function": function}


def column_node(entry: FormColumn) -> Node:
    """Build a column of the answer."""
    if not entry.function:
        return named(column(entry.column), entry.alias)
    if not entry.column:
        node = call("count_star")
        del node["arguments"]
    else:
        node = call(entry.function, column(entry.column))
    if entry.distinct:
        node["distinct"] = True
    return named(node, entry.alias)


def by_node(by: str | int) -> Node:
    """Build a column of GROUP BY or ORDER BY."""
    return integer(by) if isinstance(by, int) else column(by)


def _order_node(entry: FormOrder) -> Node:
    return {
        "type": DIRECTIONS[entry.direction],
        "null_order": NULL_ORDERS[entry.nulls],
        "expression": by_node(entry.by),
    }


def filter_node(entry: FormFilter) -> Node:  # noqa: PLR0911 - one line a kind
    """Build a condition."""
    left, values = column(entry.column), [value_node(value) for value in entry.values]
    if entry.op in COMPARISONS:
        return {"class": "COMPARISON", "type": COMPARISONS[entry.op], "left": left, "right": values[0]}
    if entry.op in PATTERNS:
        return {**call(PATTERNS[entry.op], left, values[0]), "is_operator": True}
    if entry.op in FUNCTIONS:
        return call(entry.op, left, values[0])
    if entry.op in NULLS:
        return {"class": "OPERATOR", "type": NULLS[entry.op], "children": [left]}
    if entry.op == "between":
        lower, upper = values
        return {"class": "BETWEEN", "type": "COMPARE_BETWEEN", "input": left, "lower": lower, "upper": upper}
    inside = {"class": "OPERATOR", "type": "COMPARE_IN", "children": [left, *values]}
    if entry.op == "in":
        return inside
    return {"class": "OPERATOR", "type": "OPERATOR_NOT", "children": [inside]}


def value_node(value: FormValue) -> Node:
    """Build a value."""
    if value.kind == "parameter":
        return {"class": "PARAMETER", "type": "VALUE_PARAMETER", "identifier": value.text}
    if value.kind in TYPES:
        return cast(text_literal(value.text), TYPES[value.kind])
    if value.kind == "number":
        kind = "INTEGER" if value.text.lstrip("-").isdecimal() else "NUMERIC"
    else:
        kind = LITERALS[value.kind]
    return {
        "class": "CONSTANT",
        "type": "VALUE_CONSTANT",
        "literal": {"kind": kind, "text": value.text},
    }
