"""Translate expressions of a map for the native core, as far as their types leave no doubt."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, NamedTuple

from fusionflow_lab.native_map import Expression
from fusionflow_lab.planning.ast import Node, cast, named, select, table, walk
from fusionflow_lab.planning.bind import Binder
from fusionflow_lab.source import Column

INTEGERS: Final = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"})
"""Types whose values fit into a BIGINT."""
_ALL_INTEGERS: Final = INTEGERS | {"UBIGINT"}
_DECIMAL: Final = re.compile(r"DECIMAL\((\d+),(\d+)\)")
VALUES: Final = _ALL_INTEGERS | {
    "BOOLEAN",
    "DATE",
    "DECIMAL",
    "DOUBLE",
    "FLOAT",
    "HUGEINT",
    "TIME",
    "TIMESTAMP",
    "TIMESTAMP WITH TIME ZONE",
    "VARCHAR",
}
"""Types that the native core takes; those of decimals without their digits."""
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
_UNITS: Final = frozenset({"year", "quarter", "month", "day", "hour", "minute", "second"})
_PARTS: Final = _UNITS | {"dow"}
_PART_NAMES: Final = MappingProxyType(
    {name: name for name in _UNITS} | {"dayofweek": "dow", "dayofmonth": "day"}
)
_MOMENTS: Final = frozenset({"DATE", "TIMESTAMP"})
_RESULTS: Final = INTEGERS | {"DATE", "DOUBLE", "TIMESTAMP", "VARCHAR"}
_EPOCH: Final = dt.date(1970, 1, 1)
_BOUNDS: Final = frozenset({dt.date.min, dt.date.max})


class OtherError(Exception):
    """A part of the map is left to DuckDB."""


class Typed(NamedTuple):
    """An expression and DuckDB's name of its type."""

    expression: Expression
    type: str

    @property
    def kind(self) -> str:
        """The type without the digits of a decimal."""
        return _DECIMAL.sub("DECIMAL", self.type)


@dataclass(frozen=True, kw_only=True, slots=True)
class Expressions:
    """Translates expressions over the columns of ``source``, whose empty table the binder has.

    ``columns`` are by lower-case name. Everything that is not surely understood raises ``OtherError``.
    """

    source: str
    columns: Mapping[str, Column]
    binder: Binder

    def value(self, node: Node) -> Typed:
        """Translate what gives a value."""
        kind, group = str(node.get("type")), node.get("class")
        if group == "COLUMN_REF":
            return self._column(node)
        if not any(part.get("class") in _VARYING for part in walk(node)):
            constant = self._constant(node, self._constant_type(node))
            return Typed(constant, constant.type)
        if kind in _JOINING or kind in _NULLS or kind.startswith("COMPARE_"):
            return Typed(self.condition(node), "BOOLEAN")
        if group == "CASE":
            return self._case(node)
        if group == "CAST":
            return self._cast(node)
        if group == "FUNCTION" and not {"filter", "distinct", "export_state"} & set(node):
            return self._function(node)
        raise OtherError

    def condition(self, node: Node) -> Expression:
        """Translate what is true or not."""
        kind, children = str(node.get("type")), node.get("children", [])
        if kind in _JOINING:
            return _of(_JOINING[kind], *map(self.condition, children))
        if kind in _NULLS:
            value = self.value(children[0])
            if value.kind not in VALUES:
                raise OtherError
            return _of(_NULLS[kind], value.expression)
        if kind in _COMPARISONS:
            left, operator, right = node["left"], _COMPARISONS[kind], node["right"]
            if not any(part.get("class") in _VARYING for part in walk(left)):
                left, operator, right = right, _MIRRORED[operator], left
            return self._compared(self.value(left), operator, right)
        if kind.startswith("COMPARE_"):
            return self._within(kind, node)
        if node.get("function_name") in {"~~", "!~~"}:
            return self._like(node)
        value = self.value(node)
        if value.type != "BOOLEAN" or value.expression.operator == "constant":
            raise OtherError
        return value.expression

    def _column(self, node: Node) -> Typed:
        names = node.get("column_names", [])
        if len(names) != 1 or names[0].lower() not in self.columns:
            raise OtherError
        column = self.columns[names[0].lower()]
        return Typed(Expression(operator="column", text=column.name), column.type)

    def _within(self, kind: str, node: Node) -> Expression:
        """Translate BETWEEN and IN."""
        if kind in {"COMPARE_BETWEEN", "COMPARE_NOT_BETWEEN"}:
            value = self.value(node["input"])
            both = [(">=", node["lower"]), ("<=", node["upper"])]
            found = _of("and", *(self._compared(value, test, bound) for test, bound in both))
        elif kind in {"COMPARE_IN", "COMPARE_NOT_IN"}:
            first, *listed = node["children"]
            value = self.value(first)
            constants = [self._like_type(constant, value.type) for constant in listed]
            found = _of("in", value.expression, *constants)
        else:
            raise OtherError
        return _of("not", found) if "_NOT_" in kind else found

    def _compared(self, value: Typed, operator: str, constant: Node) -> Expression:
        if value.expression.operator == "constant":
            raise OtherError
        return _of(operator, value.expression, self._like_type(constant, value.type))

    def _like(self, node: Node) -> Expression:
        text, pattern = (self.value(entry["expression"]) for entry in node["arguments"])
        plain = pattern.expression.operator == "constant" and not set("_\\") & set(pattern.expression.text)
        if text.type != "VARCHAR" or pattern.type != "VARCHAR" or not plain:
            raise OtherError
        found = _of("like", text.expression, pattern.expression)
        return _of("not", found) if node["function_name"] == "!~~" else found

    def _case(self, node: Node) -> Typed:
        kind = self._type(node)
        arguments: list[Expression] = []
        for check in node["case_checks"]:
            arguments += [self.condition(check["when_expr"]), self._as(check["then_expr"], kind)]
        other = node.get("else_expr")
        if other is not None and not _is_null(other):
            arguments.append(self._as(other, kind))
        return _typed("case", kind, *arguments)

    def _as(self, node: Node, kind: str) -> Expression:
        """Translate a value that has a type, or a constant that takes it."""
        if not any(part.get("class") in _VARYING for part in walk(node)):
            return self._like_type(node, kind)
        value = self.value(node)
        if value.type != kind:
            raise OtherError
        return value.expression

    def _cast(self, node: Node) -> Typed:
        value, kind = self.value(node["child"]), self._type(node)
        if node.get("try_cast"):
            raise OtherError
        if value.type == "TIMESTAMP" and kind == "DATE":
            return _typed("date_trunc", kind, value.expression, text="date")
        if value.type == kind:
            return value
        if value.type in INTEGERS and kind in INTEGERS | {"DOUBLE"}:
            return _typed("convert", kind, value.expression)
        raise OtherError

    def _function(self, node: Node) -> Typed:
        name = str(node["function_name"]).lower()
        arguments = [entry["expression"] for entry in node.get("arguments", [])]
        if name in {"~~", "!~~"}:
            return Typed(self.condition(node), "BOOLEAN")
        if name in {"+", "-", "*"} and len(arguments) == _TWO:
            return self._arithmetic(name, node, arguments)
        if name in {"date_part", "date_trunc", "datetrunc", "datepart"} and len(arguments) == _TWO:
            unit, moment = self.value(arguments[0]), self.value(arguments[1])
            return self._of_moment(name.replace("e_", "e").replace("date", "date_"), unit, moment, node)
        if name in _PART_NAMES and len(arguments) == 1:
            part = Expression(operator="constant", text=_PART_NAMES[name], type="VARCHAR")
            return self._of_moment("date_part", Typed(part, "VARCHAR"), self.value(arguments[0]), node)
        if name == "length" and len(arguments) == 1:
            text = self.value(arguments[0])
            if text.type == "VARCHAR" and text.expression.operator != "constant":
                return _typed("length", "BIGINT", text.expression)
        raise OtherError

    def _of_moment(self, name: str, unit: Typed, moment: Typed, node: Node) -> Typed:
        known, kind = (_PARTS, "BIGINT") if name == "date_part" else (_UNITS, "TIMESTAMP")
        text = unit.expression.text.lower()
        is_known = unit.expression.operator == "constant" and text in known
        if moment.type not in _MOMENTS or not is_known or self._type(node) != kind:
            raise OtherError
        return _typed(name, kind, moment.expression, text=text)

    def _arithmetic(self, name: str, node: Node, arguments: Sequence[Node]) -> Typed:
        kind = self._type(node)
        if kind not in INTEGERS | {"DOUBLE"}:
            raise OtherError
        if kind == "DOUBLE":
            return _typed(name, kind, *(self._as_double(argument) for argument in arguments))
        values = [self.value(argument) for argument in arguments]
        if not all(value.type in INTEGERS for value in values):
            raise OtherError
        return _typed(name, kind, *(value.expression for value in values))

    def _as_double(self, node: Node) -> Expression:
        if not any(part.get("class") in _VARYING for part in walk(node)):
            return self._like_type(node, "DOUBLE")
        value = self.value(node)
        if value.type not in INTEGERS | {"DOUBLE"}:
            raise OtherError
        return value.expression

    def _type(self, node: Node) -> str:
        """Ask DuckDB for the type of an expression over the source."""
        query = select([named(node, "")], table(self.source))
        return self.binder.shape(self.binder.sql(query)).types[0]

    def _constant_type(self, node: Node) -> str:
        """Ask DuckDB for the type of a constant, which must be the same whenever it is asked for."""
        volatile = self.binder.functions.volatile
        if any(str(part.get("function_name", "")).lower() in volatile for part in walk(node)):
            raise OtherError
        return self.binder.shape(f"SELECT {self.binder.expression_sql(node)}").types[0]

    def _like_type(self, node: Node, kind: str) -> Expression:
        """Write a constant as a type holds it, where DuckDB brings the two together in that type."""
        if any(part.get("class") in _VARYING for part in walk(node)):
            raise OtherError
        its = self._constant_type(node)
        if its == "VARCHAR" and node.get("class") != "CONSTANT" and kind != "VARCHAR":
            raise OtherError  # only a text written there takes the type of the other side
        if not _brought_together(kind, its):
            raise OtherError
        return self._constant(node, kind)

    def _constant(self, node: Node, kind: str) -> Expression:
        """Write a constant as it lies in memory."""
        wide = "HUGEINT" if kind in _ALL_INTEGERS else kind
        text = _in_memory(self.binder.value(cast(node, wide)), kind)
        return Expression(operator="constant", text=text, type=kind)


_TWO: Final = 2


def _of(operator: str, *arguments: Expression) -> Expression:
    return Expression(operator=operator, arguments=arguments)


def _typed(operator: str, kind: str, *arguments: Expression, text: str = "") -> Typed:
    if kind not in _RESULTS:
        raise OtherError
    return Typed(Expression(operator=operator, text=text, type=kind, arguments=arguments), kind)


def _is_null(node: Node) -> bool:
    return node.get("class") == "CONSTANT" and node.get("literal", {}).get("kind") in {None, "NULL"}


def _brought_together(kind: str, constant: str) -> bool:
    """Tell whether a value of a type and a constant of another meet in the type of the value, without loss.

    Examples
    --------
    >>> _brought_together("TINYINT", "INTEGER"), _brought_together("BIGINT", "DOUBLE")
    (True, False)
    """
    if kind in _ALL_INTEGERS:
        return constant in _ALL_INTEGERS | {"HUGEINT"}
    known = {
        "DOUBLE": _ALL_INTEGERS | {"DOUBLE"},
        "VARCHAR": {"VARCHAR"},
        "DATE": {"DATE", "VARCHAR"},
        "TIMESTAMP": {"TIMESTAMP", "DATE", "VARCHAR"},
    }
    return constant in known.get(kind, ()) or (kind == "DOUBLE" and bool(_DECIMAL.fullmatch(constant)))


def _in_memory(value: object, kind: str) -> str:
    """Write a value as it lies in memory."""
    match value:
        case bool():
            raise OtherError
        case str() if kind == "VARCHAR":
            return value
        case int() if kind in _ALL_INTEGERS:
            return str(value)
        case float() if kind == "DOUBLE":
            return repr(value)
        # Python's bounds stand for infinity.
        case dt.datetime() if kind == "TIMESTAMP" and value.date() not in _BOUNDS:
            since = value - dt.datetime.combine(_EPOCH, dt.time())
            return str(since // dt.timedelta(microseconds=1))
        case dt.date() if kind == "DATE" and value not in _BOUNDS:
            return str((value - _EPOCH).days)
    raise OtherError
