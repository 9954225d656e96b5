"""Which rows a map's filters cannot match, told from what a file says of its values.

A filter such as ``day >= '2024-01-01'`` cannot match where the greatest day is smaller. The question is put
to DuckDB in its own words, over the statistics as a table: the comparison means what it means in the map.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import duckdb

from fusionflow_lab.planning.ast import Node, conjuncts, select, walk
from fusionflow_lab.planning.bind import Binder
from fusionflow_lab.query import Passing
from fusionflow_lab.source import Column, Source

_COMPARISONS = {
    "COMPARE_EQUAL": "=",
    "COMPARE_LESSTHAN": "<",
    "COMPARE_GREATERTHAN": ">",
    "COMPARE_LESSTHANOREQUALTO": "<=",
    "COMPARE_GREATERTHANOREQUALTO": ">=",
}
_NULLS = {"OPERATOR_IS_NULL": "> 0", "OPERATOR_IS_NOT_NULL": "< rows"}
_MIRRORED = {"=": "=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}
_VARYING = frozenset(
    {"COLUMN_REF", "SUBQUERY", "PARAMETER", "WINDOW", "LAMBDA", "LAMBDA_REF", "POSITIONAL_REFERENCE", "STAR"}
)
_EMPTY: Node = {"type": "EMPTY"}


def passing(node: Node, source: Source, binder: Binder) -> Passing | None:
    """Say which rows of a source a map may match; None where its filters tell nothing.

    Examples
    --------
    >>> from fusionflow_lab.source import ParquetReader
    >>> day = Column(name="day", type="DATE", ordinal=0)
    >>> source = Source(name="s", pattern="a", dialect=ParquetReader(), columns=(day,), files=())
    >>> binder = Binder()
    >>> found = passing(binder.parse("SELECT 1 FROM s WHERE day >= '2024-01-01' AND x"), source, binder)
    >>> found.sql
    "(coalesce(nulls_0 < rows, true) AND coalesce(max_0 >= ('2024-01-01'), true))"
    >>> binder.close()
    """
    parts = []
    search = _Search(source=source, binder=binder)
    for alias, condition in _filters(node, source.name):
        search.alias = alias
        parts.append(search.may(condition))
    known = [part for part in parts if part]
    if not known or binder.collation:
        return None
    return Passing(columns=tuple(search.columns), sql=" AND ".join(known))


def _filters(node: Node, name: str) -> list[tuple[str, Node]]:
    """Collect the conditions that each row of the source must meet, with the source's name there."""
    if node.get("type") != "SELECT_NODE" or node.get("cte_map", {}).get("map"):
        return []
    origin = node["from_table"]
    if origin.get("type") == "SUBQUERY":
        return _filters(origin["subquery"]["node"], name)
    alias = _alias(origin, name)
    return [(alias, condition) for condition in conjuncts(node.get("where_clause"))] if alias else []


def _alias(origin: Node, name: str) -> str:
    """Return the name of the source in a FROM that makes no rows without it; empty for another FROM."""
    if origin.get("column_name_alias") or origin.get("sample"):
        return ""
    match origin.get("type"):
        case "BASE_TABLE" if origin.get("table_name") == name:
            return str(origin.get("alias") or name).lower()
        case "JOIN" if origin.get("ref_type") in {"REGULAR", "CROSS"}:
            kind = origin.get("join_type")
            left = _alias(origin["left"], name) if kind in {"INNER", "LEFT"} else ""
            return left or (_alias(origin["right"], name) if kind == "INNER" else "")
    return ""


@dataclass(kw_only=True, slots=True)
class _Search:
    source: Source
    binder: Binder
    alias: str = ""
    columns: list[Column] = field(default_factory=list)

    def may(self, condition: Node) -> str:
        """Write when a condition may hold for a row; empty where it always may."""
        kind = str(condition.get("type"))
        children: Sequence[Node] = condition.get("children", ())
        if kind == "CONJUNCTION_AND":
            return _joined([part for part in map(self.may, children) if part], " AND ")
        if kind == "CONJUNCTION_OR":
            parts = [self.may(child) for child in children]
            return _joined(parts, " OR ") if all(parts) else ""
        if condition.get("class") == "BETWEEN" and kind == "COMPARE_BETWEEN":
            bounds = ((">=", condition["lower"]), ("<=", condition["upper"]))
            parts = [self._compared(condition["input"], test, value) for test, value in bounds]
            return _joined([part for part in parts if part], " AND ")
        if kind == "COMPARE_IN":
            parts = [self._compared(children[0], "=", child) for child in children[1:]]
            return _joined(parts, " OR ") if all(parts) else ""
        if kind in _COMPARISONS:
            return self._compared(condition["left"], _COMPARISONS[kind], condition["right"])
        place = self._place(children[0]) if kind in _NULLS else None
        return "" if place is None else f"coalesce(nulls_{place} {_NULLS[kind]}, true)"

    def _compared(self, left: Node, operator: str, right: Node) -> str:
        if left.get("class") != "COLUMN_REF":
            left, operator, right = right, _MIRRORED[operator], left
        column = self._column(left)
        value = self._constant(right, column) if column else ""
        place = self._place(left) if value else None
        if place is None:
            return ""
        tests: Sequence[tuple[str, str]] = {
            "=": (("min", "<="), ("max", ">=")),
            "<": (("min", "<"),),
            "<=": (("min", "<="),),
            ">": (("max", ">"),),
            ">=": (("max", ">="),),
        }[operator]
        parts = [f"coalesce({bound}_{place} {test} ({value}), true)" for bound, test in tests]
        return _joined([f"coalesce(nulls_{place} < rows, true)", *parts], " AND ")

    def _column(self, node: Node) -> Column | None:
        if node.get("class") != "COLUMN_REF":
            return None
        *table, name = (str(part).lower() for part in node["column_names"])
        if table not in ([], [self.alias]):
            return None
        in_file = (column for column in self.source.columns if column.ordinal >= 0)
        return next((column for column in in_file if column.name.lower() == name), None)

    def _place(self, node: Node) -> int | None:
        column = self._column(node)
        if column is None:
            return None
        if column not in self.columns:
            self.columns.append(column)
        return self.columns.index(column)

    def _constant(self, node: Node, column: Column) -> str:
        """Write a value that is the same for all rows, and that is compared in the order of the column."""
        for part in walk(node):
            if part.get("class") in _VARYING:
                return ""
            if str(part.get("function_name", "")).lower() in self.binder.functions.volatile:
                return ""
        sql = self.binder.sql(select([node], _EMPTY)).removeprefix("SELECT ")
        try:
            kind = self.binder.shape(f"SELECT {sql}").types[0]
        except duckdb.Error:
            return ""
        is_text = kind == "VARCHAR"
        if (column.type == "VARCHAR") != is_text and not (is_text and node.get("class") == "CONSTANT"):
            return ""
        return sql


def _joined(parts: Sequence[str], how: str) -> str:
    return f"({how.join(parts)})" if len(parts) > 1 else "".join(parts)
