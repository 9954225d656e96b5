"""Translate expressions of a map for the native core, as far as their types leave no doubt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from fusionflow_lab.native_map import Expression
from fusionflow_lab.planning.ast import Node
from fusionflow_lab.planning.bind import Binder
from fusionflow_lab.planning.native_functions import call
from fusionflow_lab.planning.native_types import (
    DECIMAL,
    INTEGERS,
    VALUES,
    OtherError,
    Typed,
    Types,
    is_constant,
    is_null,
    of,
    typed,
)
from fusionflow_lab.source import Column

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
_COMPARED: Final = VALUES - {"FLOAT", "HUGEINT", "UBIGINT"}
_WRITTEN: Final = INTEGERS | {"BOOLEAN", "DATE", "TIMESTAMP"}
_NUMBERS: Final = INTEGERS | {"DOUBLE"}


class Expressions:
    """Translates expressions over the columns of ``source``, whose empty table the binder has.

    ``columns`` are by lower-case name, ``roots`` what will be translated. Everything that is not surely
    understood raises ``OtherError``.
    """

    def __init__(
        self, source: str, columns: Mapping[str, Column], roots: Sequence[Node], binder: Binder
    ) -> None:
        self._columns = columns
        self._binder = binder
        self._types = Types(source, roots, binder)

    def value(self, node: Node) -> Typed:
        """Translate what gives a value."""
        kind, group = str(node.get("type")), node.get("class")
        if group == "COLUMN_REF":
            return self._column(node)
        if is_constant(node):
            constant = self._types.constant(node, self._types.of_constant(node))
            return Typed(constant, constant.type)
        if kind in _JOINING or kind in _NULLS or kind.startswith("COMPARE_"):
            return Typed(self.condition(node), "BOOLEAN")
        made = {"CASE": self._case, "CAST": self._cast}.get(str(group))
        made = self._coalesced if kind == "OPERATOR_COALESCE" else made
        if made is not None:
            return made(node)
        if group == "FUNCTION" and not {"filter", "distinct", "export_state"} & set(node):
            return call(self, node)
        raise OtherError

    def condition(self, node: Node) -> Expression:
        """Translate what is true or not."""
        kind, children = str(node.get("type")), node.get("children", [])
        if kind in _JOINING:
            return of(_JOINING[kind], *map(self.condition, children))
        if kind in _NULLS:
            value = self.value(children[0])
            if value.kind not in VALUES:
                raise OtherError
            return of(_NULLS[kind], value.expression)
        if kind in _COMPARISONS:
            left, operator, right = node["left"], _COMPARISONS[kind], node["right"]
            if is_constant(left):
                left, operator, right = right, _MIRRORED[operator], left
            return self.compared(self.value(left), operator, right)
        if kind in {"COMPARE_DISTINCT_FROM", "COMPARE_NOT_DISTINCT_FROM"}:
            same = self._same(node["left"], node["right"])
            return same if "_NOT_" in kind else of("not", same)
        if kind.startswith("COMPARE_"):
            return self._within(kind, node)
        value = self.value(node)
        if value.type != "BOOLEAN" or value.is_constant:
            raise OtherError
        return value.expression

    def compared(self, value: Typed, operator: str, other: Node) -> Expression:
        """Translate a comparison of a value with what a node gives."""
        if value.is_constant:
            raise OtherError
        if is_constant(other):
            return of(operator, value.expression, self._types.like(other, value.type))
        left, right = self._met(value, self.value(other))
        return of(operator, left, right)

    def taking(self, node: Node, kind: str) -> Expression:
        """Translate a value that has a type, or a constant that takes it."""
        if is_constant(node):
            return self._types.like(node, kind)
        value = self.value(node)
        if value.type != kind:
            raise OtherError
        return value.expression

    def type_of(self, node: Node) -> str:
        """Ask DuckDB for the type of an expression."""
        return self._types.of(node)

    def is_set(self, name: str) -> bool:
        """Tell whether a setting of the session is on."""
        return self._binder.row(f"SELECT current_setting('{name}')") == (True,)

    def _column(self, node: Node) -> Typed:
        names = node.get("column_names", [])
        if len(names) != 1 or names[0].lower() not in self._columns:
            raise OtherError
        column = self._columns[names[0].lower()]
        return Typed(Expression(operator="column", text=column.name), column.type)

    def _within(self, kind: str, node: Node) -> Expression:
        """Translate BETWEEN and IN."""
        if kind in {"COMPARE_BETWEEN", "COMPARE_NOT_BETWEEN"}:
            value = self.value(node["input"])
            both = [(">=", node["lower"]), ("<=", node["upper"])]
            # All three meet in one type.
            varying = [self.value(bound).type for _, bound in both if not is_constant(bound)]
            if any(kind != value.type for kind in varying):
                raise OtherError
            found = of("and", *(self.compared(value, test, bound) for test, bound in both))
        elif kind in {"COMPARE_IN", "COMPARE_NOT_IN"}:
            first, *listed = node["children"]
            value = self.value(first)
            if value.is_constant:
                raise OtherError
            constants = [self._types.like(constant, value.type) for constant in listed]
            found = of("in", value.expression, *constants)
        else:
            raise OtherError
        return of("not", found) if "_NOT_" in kind else found

    def _same(self, left: Node, right: Node) -> Expression:
        """Translate IS NOT DISTINCT FROM: NULL is the same as NULL."""
        if is_constant(left):
            left, right = right, left
        literal = right.get("literal", {}) if right.get("class") == "CONSTANT" else {}
        if literal.get("kind") == "BOOLEAN":
            found = self.condition(left)
            return of("is_true", found if literal["text"] == "true" else of("not", found))
        value = self.value(left)
        equal = of("is_true", self.compared(value, "=", right))
        if is_constant(right):
            return equal
        nulls = (of("is_null", one.expression) for one in (value, self.value(right)))
        return of("or", equal, of("and", *nulls))

    def _met(self, left: Typed, right: Typed) -> tuple[Expression, Expression]:
        """Bring two values together in one type, as DuckDB does."""
        if left.kind not in _COMPARED or right.kind not in _COMPARED:
            raise OtherError
        digits = [found[2] for one in (left, right) if (found := DECIMAL.fullmatch(one.type))]
        both = {left.type, right.type}
        scaled = len(digits) == len((left, right)) and len(set(digits)) == 1
        if left.type == right.type or both <= _NUMBERS or scaled:
            return left.expression, right.expression
        if both == {"DATE", "TIMESTAMP"}:
            first, second = (
                one.expression
                if one.type == "TIMESTAMP"
                else typed("convert", "TIMESTAMP", one.expression).expression
                for one in (left, right)
            )
            return first, second
        raise OtherError

    def _case(self, node: Node) -> Typed:
        kind = self._types.of(node)
        arguments: list[Expression] = []
        for check in node["case_checks"]:
            arguments += [self.condition(check["when_expr"]), self.taking(check["then_expr"], kind)]
        other = node.get("else_expr")
        if other is not None and not is_null(other):
            arguments.append(self.taking(other, kind))
        return typed("case", kind, *arguments)

    def _coalesced(self, node: Node) -> Typed:
        kind = self._types.of(node)
        *firsts, last = [self.taking(child, kind) for child in node["children"]]
        arguments = [part for first in firsts for part in (of("is_not_null", first), first)]
        return typed("case", kind, *arguments, last)

    def _cast(self, node: Node) -> Typed:
        value, kind = self.value(node["child"]), self._types.of(node)
        if node.get("try_cast") or value.is_constant:
            raise OtherError
        if value.type == kind:
            return value
        if value.type == "TIMESTAMP" and kind == "DATE":
            return typed("date_trunc", kind, value.expression, text="date")
        if value.type in INTEGERS and kind == "BOOLEAN":
            zero = Expression(operator="constant", text="0", type=value.type)
            return Typed(of("<>", value.expression, zero), kind)
        known = (
            (value.type in _NUMBERS | {"BOOLEAN"} and kind in INTEGERS)
            or (value.type in INTEGERS and kind == "DOUBLE")
            or (value.type == "DATE" and kind == "TIMESTAMP")
            or (value.type in _WRITTEN and kind == "VARCHAR")
        )
        if not known:
            raise OtherError
        return typed("convert", kind, value.expression)
