"""Translate a map for the native core, where all of it is surely understood; else DuckDB runs it.

Types decide what SQL means, and DuckDB casts without being asked. So only expressions whose types leave no
doubt are translated: columns by themselves, and comparisons of a column with constants that DuckDB converts
to the column's type without loss. ``tests/differential/test_native_states.py`` holds what comes out of it
against DuckDB's own states.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import duckdb

from fusionflow_lab.native_map import Expression, NativeAggregate, NativeMap
from fusionflow_lab.planning.ast import Node, cast, walk
from fusionflow_lab.planning.bind import Binder
from fusionflow_lab.source import Column

_INTEGERS: Final = frozenset(
    {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"}
)
_PLAIN: Final = _INTEGERS | {
    "BOOLEAN",
    "DATE",
    "DOUBLE",
    "TIME",
    "TIMESTAMP",
    "TIMESTAMP WITH TIME ZONE",
    "VARCHAR",
}
_DECIMAL: Final = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_NUMBERS: Final = _INTEGERS | {"DOUBLE", "FLOAT", "DECIMAL"}
_VALUES: Final = _PLAIN | {"DECIMAL", "FLOAT", "HUGEINT"}
_ARGUMENTS: Final = MappingProxyType(
    {
        "avg": _NUMBERS,
        "bool_and": frozenset({"BOOLEAN"}),
        "bool_or": frozenset({"BOOLEAN"}),
        "count": _VALUES,
        "count_if": frozenset({"BOOLEAN"}),
        "max": _VALUES,
        "min": _VALUES,
        "sum": _NUMBERS | {"BOOLEAN"},
    }
)
"""Types of the arguments that aggregates take, without the digits of decimals."""
_OTHER_NAMES: Final = MappingProxyType({"mean": "avg", "countif": "count_if"})
_EXPORTED: Final = frozenset({"avg"})
_DISTINCT: Final = frozenset({"min", "max", "bool_and", "bool_or"})
_JOINING: Final = MappingProxyType({"CONJUNCTION_AND": "and", "CONJUNCTION_OR": "or", "OPERATOR_NOT": "not"})
_NULLS: Final = MappingProxyType({"OPERATOR_IS_NULL": "is_null", "OPERATOR_IS_NOT_NULL": "is_not_null"})
_COMPARISONS: Final = MappingProxyType(
    {
        "COMPARE_EQUAL": "=",
        "COMPARE_NOTEQUAL": "<>",
        "COMPARE_LESSTHAN": "<",
        "COMPARE_LESSTHANOREQUALTO": "<=",
        "COMPARE_GREATERTHAN": ">",
        "COMPARE_GREATERTHANOREQUALTO": ">=",
    }
)
_MIRRORED: Final = MappingProxyType({"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="})
_VARYING: Final = frozenset(
    {"COLUMN_REF", "SUBQUERY", "PARAMETER", "WINDOW", "LAMBDA", "LAMBDA_REF", "POSITIONAL_REFERENCE", "STAR"}
)
_EPOCH: Final = dt.date(1970, 1, 1)
_BOUNDS: Final = frozenset({dt.date.min, dt.date.max})


class _OtherError(Exception):
    """A part of the map is left to DuckDB."""


def native_map(node: Node, columns: Sequence[Column], binder: Binder) -> NativeMap | None:
    """Translate a map; None where DuckDB is to run it.

    Parameters
    ----------
    node
        The map, of an aggregate.
    columns
        What its source holds.
    binder
        Answers what constants are.

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
    known = {column.name.lower(): column for column in columns}
    try:
        return _Translator(columns=known, binder=binder).map(node)
    except (_OtherError, duckdb.Error):
        return None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Translator:
    columns: Mapping[str, Column]
    binder: Binder

    def map(self, node: Node) -> NativeMap:
        origin = node.get("from_table", {})
        plain = origin.get("type") == "BASE_TABLE" and not {"column_name_alias", "sample"} & set(origin)
        beside = ("having", "qualify", "modifiers", "sample")
        if not plain or node.get("cte_map", {}).get("map") or any(node.get(name) for name in beside):
            raise _OtherError
        groups = len(node.get("group_expressions", []))
        if node.get("group_sets", []) not in ([], [[]], [list(range(groups))]):
            raise _OtherError
        keys, calls = node["select_list"][:groups], node["select_list"][groups:]
        where = node.get("where_clause")
        return NativeMap(
            keys=tuple((key["alias"], self._key(key, alone=groups == 1)) for key in keys),
            aggregates=tuple(map(self._aggregate, calls)),
            filter=None if where is None else self._condition(where),
        )

    def _key(self, node: Node, *, alone: bool) -> Expression:
        column = self._column(node)
        # Of 0 and -0, which are one group, the first one is shown: it is kept by key, not by group.
        if column.type not in _PLAIN or (column.type == "DOUBLE" and not alone):
            raise _OtherError
        return _reading(column)

    def _column(self, node: Node) -> Column:
        """Return the column that a reference names."""
        names = node.get("column_names", [])
        if node.get("class") != "COLUMN_REF" or len(names) != 1 or names[0].lower() not in self.columns:
            raise _OtherError
        return self.columns[names[0].lower()]

    def _aggregate(self, node: Node) -> NativeAggregate:
        if node.get("class") != "FUNCTION" or node.get("order_bys", {}).get("orders"):
            raise _OtherError
        name = str(node["function_name"]).lower()
        name = _OTHER_NAMES.get(name, name)
        if (name in _EXPORTED) != bool(node.get("export_state")):
            raise _OtherError
        if node.get("distinct") and name not in _DISTINCT:
            raise _OtherError
        condition = node.get("filter")
        return NativeAggregate(
            name=node["alias"],
            function=name,
            arguments=self._arguments(name, [entry["expression"] for entry in node.get("arguments", [])]),
            filter=None if condition is None else self._condition(condition),
        )

    def _arguments(self, name: str, arguments: Sequence[Node]) -> tuple[Expression, ...]:
        if name == "count_star" and not arguments:
            return ()
        if name not in _ARGUMENTS or len(arguments) != 1:
            raise _OtherError
        node, taken = arguments[0], _ARGUMENTS[name]
        if node.get("class") != "COLUMN_REF":
            if "BOOLEAN" not in taken:
                raise _OtherError
            return (self._condition(node),)
        column = self._column(node)
        if _DECIMAL.sub("DECIMAL", column.type) not in taken:
            raise _OtherError
        return (_reading(column),)

    def _condition(self, node: Node) -> Expression:
        kind, children = str(node.get("type")), node.get("children", [])
        if kind in _JOINING:
            return _of(_JOINING[kind], *map(self._condition, children))
        if kind in _NULLS:
            column = self._column(children[0])
            if _DECIMAL.sub("DECIMAL", column.type) not in _VALUES:
                raise _OtherError
            return _of(_NULLS[kind], _reading(column))
        if kind in _COMPARISONS:
            left, operator, right = node["left"], _COMPARISONS[kind], node["right"]
            if left.get("class") != "COLUMN_REF":
                left, operator, right = right, _MIRRORED[operator], left
            return self._compared(left, operator, right)
        if kind.startswith("COMPARE_"):
            return self._within(kind, node)
        column = self._column(node)
        if column.type != "BOOLEAN":
            raise _OtherError
        return _reading(column)

    def _within(self, kind: str, node: Node) -> Expression:
        """Translate BETWEEN and IN."""
        if kind in {"COMPARE_BETWEEN", "COMPARE_NOT_BETWEEN"}:
            both = [(">=", node["lower"]), ("<=", node["upper"])]
            found = _of("and", *(self._compared(node["input"], test, value) for test, value in both))
        elif kind in {"COMPARE_IN", "COMPARE_NOT_IN"}:
            column, *constants = node["children"]
            of = self._column(column)
            found = _of("in", _reading(of), *(self._constant(constant, of) for constant in constants))
        else:
            raise _OtherError
        return _of("not", found) if "_NOT_" in kind else found

    def _compared(self, left: Node, operator: str, right: Node) -> Expression:
        column = self._column(left)
        return _of(operator, _reading(column), self._constant(right, column))

    def _constant(self, node: Node, column: Column) -> Expression:
        """Write a constant as the column's type holds it, where DuckDB compares the two in that type."""
        for part in walk(node):
            volatile = str(part.get("function_name", "")).lower() in self.binder.functions.volatile
            if part.get("class") in _VARYING or volatile:
                raise _OtherError
        text = self.binder.expression_sql(node)
        kind = self.binder.shape(f"SELECT {text}").types[0]
        if kind == "VARCHAR" and node.get("class") != "CONSTANT" and column.type != "VARCHAR":
            raise _OtherError  # only a text written there takes the column's type
        to = _compared_as(column.type, kind)
        value = self.binder.value(cast(node, to)) if to else None
        return Expression(operator="constant", text=_in_memory(value, column.type))


def _reading(column: Column) -> Expression:
    return Expression(operator="column", text=column.name)


def _of(operator: str, *arguments: Expression) -> Expression:
    return Expression(operator=operator, arguments=arguments)


def _compared_as(column: str, constant: str) -> str:
    """Return the type that a constant is converted to, without loss; empty where that is not sure.

    Examples
    --------
    >>> _compared_as("TINYINT", "INTEGER"), _compared_as("DATE", "VARCHAR"), _compared_as("BIGINT", "DOUBLE")
    ('HUGEINT', 'DATE', '')
    """
    decimals = _DECIMAL.fullmatch(constant)
    if column in _INTEGERS and constant in _INTEGERS | {"HUGEINT"}:
        return "HUGEINT"
    if column == "DOUBLE" and (decimals or constant in _INTEGERS | {"DOUBLE"}):
        return "DOUBLE"
    if column == "VARCHAR" and constant == "VARCHAR":
        return "VARCHAR"
    if column == "DATE" and constant in {"DATE", "VARCHAR"}:
        return "DATE"
    if column == "TIMESTAMP" and constant in {"TIMESTAMP", "DATE", "VARCHAR"}:
        return "TIMESTAMP"
    return ""


def _in_memory(value: object, column: str) -> str:
    """Write a value as it lies in memory."""
    match value:
        case str() if column == "VARCHAR":
            return value
        case int() if column in _INTEGERS:
            return str(value)
        case float() if column == "DOUBLE":
            return repr(value)
        # Python's bounds stand for infinity.
        case dt.datetime() if column == "TIMESTAMP" and value.date() not in _BOUNDS:
            since = value - dt.datetime.combine(_EPOCH, dt.time())
            return str(since // dt.timedelta(microseconds=1))
        case dt.date() if column == "DATE" and value not in _BOUNDS:
            return str((value - _EPOCH).days)
    raise _OtherError
