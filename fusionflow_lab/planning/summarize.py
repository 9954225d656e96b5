"""Write ``SUMMARIZE`` as the aggregates that it stands for, so that it is cut like any grouping.

::

    SUMMARIZE FROM 'a.csv'
      SELECT unnest(['city', 'n']) AS column_name, unnest(min) AS min, …
      FROM (SELECT [CAST(min(city) AS VARCHAR), CAST(min(n) AS VARCHAR)] AS min, … FROM 'a.csv')
"""

from __future__ import annotations

from fusionflow_lab.planning.ast import (
    Node,
    call,
    cast,
    column,
    integer,
    named,
    select,
    text_literal,
    walk,
)
from fusionflow_lab.planning.bind import Binder

_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER")
_NUMERIC = frozenset((*_NUMBERS, "UBIGINT", "UHUGEINT", "FLOAT", "DOUBLE", "BIGNUM"))
_TEMPORAL = ("DATE", "TIME", "TIMESTAMP")
_FORMS = ("min", "max", "approx_unique", "avg", "std", "q25", "q50", "q75", "count", "null_percentage")


def rewrite_summarize(tree: Node, binder: Binder) -> None:
    """Replace each SUMMARIZE in a tree, in place; one whose query does not bind by itself stays."""
    for node in list(walk(tree)):
        if node.get("type") != "SHOW_REF" or node.get("show_type") != "SUMMARY" or "query" not in node:
            continue
        shape = binder.shape_of(node["query"])
        if shape is None or len({name.lower() for name in shape.names}) < len(shape.names):
            continue
        query = _summary(node["query"], shape.names, shape.types)
        alias = {"alias": node["alias"]} if "alias" in node else {}
        node.clear()
        node.update({"type": "SUBQUERY", "subquery": {"node": query}, **alias})


def _summary(query: Node, names: tuple[str, ...], types: tuple[str, ...]) -> Node:
    lists: dict[str, list[Node]] = {form: [] for form in _FORMS}
    for name, kind in zip(names, types, strict=True):
        for form, expression in _column(name, kind).items():
            lists[form].append(expression)
    origin: Node = {"type": "SUBQUERY", "alias": "summarized", "subquery": {"node": query}}
    inner = select([named(_list(items), form) for form, items in lists.items()], origin)
    heads = {"column_name": list(names), "column_type": list(types)}
    items = [
        named(call("unnest", _list(list(map(text_literal, texts)))), head) for head, texts in heads.items()
    ]
    items += [named(call("unnest", column(form)), form) for form in _FORMS]
    return select(items, {"type": "SUBQUERY", "alias": "summary", "subquery": {"node": inner}})


def _column(name: str, kind: str) -> dict[str, Node]:
    """Write what is told of one column, in DuckDB's order."""
    value = column(name)
    number = kind in _NUMERIC or kind.startswith("DECIMAL")
    measured = number or (kind.startswith(_TEMPORAL) and not kind.endswith("]"))

    def told(asked: Node, *, given: bool = True) -> Node:
        return cast(asked if given else _null(), "VARCHAR")

    def quantile(fraction: str) -> Node:
        return told(call("approx_quantile", value, _decimal(fraction)), given=measured)

    rows = call("nullif", cast(call("count_star"), "DOUBLE"), integer(0))
    share = call("/", cast(call("count", value), "DOUBLE"), rows)
    return {
        "min": told(call("min", value)),
        "max": told(call("max", value)),
        "approx_unique": call("approx_count_distinct", value),
        "avg": told(call("avg", value), given=measured),
        "std": told(call("stddev", value), given=number),
        "q25": quantile("0.25"),
        "q50": quantile("0.5"),
        "q75": quantile("0.75"),
        "count": call("count_star"),
        "null_percentage": _percentage(call("*", call("-", integer(1), share), integer(100))),
    }


def _percentage(expression: Node) -> Node:
    """Cast to DECIMAL(9,2)."""
    made = cast(expression, "DECIMAL")
    made["type_expr"]["children"] = [integer(9), integer(2)]
    return made


def _list(items: list[Node]) -> Node:
    return call("list_value", *items)


def _null() -> Node:
    return {"class": "CONSTANT", "type": "VALUE_CONSTANT", "literal": {"kind": "NULL_LITERAL"}}


def _decimal(text: str) -> Node:
    return {"class": "CONSTANT", "type": "VALUE_CONSTANT", "literal": {"kind": "NUMERIC", "text": text}}
