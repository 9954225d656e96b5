"""What expressions of a native map have in common: their types, and constants as they lie in memory."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple, Protocol

from fusionflow_lab.native_map import Expression
from fusionflow_lab.planning.ast import Node, cast, named, select, table, walk
from fusionflow_lab.planning.bind import Binder

INTEGERS: Final = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"})
"""Types whose values fit into a BIGINT."""
ALL_INTEGERS: Final = INTEGERS | {"UBIGINT"}
DECIMAL: Final = re.compile(r"DECIMAL\((\d+),(\d+)\)")
VALUES: Final = ALL_INTEGERS | {
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
RESULTS: Final = INTEGERS | {"DATE", "DOUBLE", "TIMESTAMP", "VARCHAR"}
"""Types of what it calculates, and of constants among values."""
_VARYING: Final = frozenset(
    {"COLUMN_REF", "SUBQUERY", "PARAMETER", "WINDOW", "LAMBDA", "LAMBDA_REF", "POSITIONAL_REFERENCE", "STAR"}
)
_TYPED: Final = frozenset({"CASE", "CAST", "CONSTANT", "FUNCTION", "OPERATOR"})
_EPOCH: Final = dt.date(1970, 1, 1)
# Python's bounds stand for infinity.
_BOUNDS: Final = frozenset({dt.date.min, dt.date.max})
_WIDEST_DECIMAL: Final = 18
_LITERALS: Final = ((2**31, "INTEGER"), (2**63, "BIGINT"))


class OtherError(Exception):
    """A part of the map is left to DuckDB."""


class Typed(NamedTuple):
    """An expression and DuckDB's name of its type."""

    expression: Expression
    type: str

    @property
    def kind(self) -> str:
        """The type without the digits of a decimal."""
        return DECIMAL.sub("DECIMAL", self.type)

    @property
    def is_constant(self) -> bool:
        """Whether it is the same in every row."""
        return self.expression.operator == "constant"


class Translator(Protocol):
    """Translates the expressions of one map; ``native_expressions`` has it."""

    def value(self, node: Node) -> Typed:
        """Translate what gives a value."""

    def condition(self, node: Node) -> Expression:
        """Translate what is true or not."""

    def compared(self, value: Typed, operator: str, other: Node) -> Expression:
        """Translate a comparison of a value with what a node gives."""

    def taking(self, node: Node, kind: str) -> Expression:
        """Translate a value that has a type, or a constant that takes it."""

    def type_of(self, node: Node) -> str:
        """Ask DuckDB for the type of an expression."""

    def is_set(self, name: str) -> bool:
        """Tell whether a setting of the session is on."""


class Types:
    """DuckDB's answers about the expressions of a map, asked for together as far as they can be.

    Parameters
    ----------
    source
        The table that they are over; the binder has it, empty.
    roots
        Expressions in which what is asked for will lie.
    binder
        Answers.
    """

    def __init__(self, source: str, roots: Sequence[Node], binder: Binder) -> None:
        self._source = source
        self._binder = binder
        wanted = [
            part
            for part in walk(list(roots))
            if part.get("class") in _TYPED and not self._aggregates(part) and not _written(part)
        ]
        # The nodes are kept, so no other one has their identity.
        self._wanted = wanted
        shape = self._binder.shape_of(self._query(wanted)) if wanted else None
        self._known = {} if shape is None else dict(zip(map(id, wanted), shape.types, strict=True))

    def of(self, node: Node) -> str:
        """Return the type of an expression over the source.

        Raises
        ------
        duckdb.Error
            It does not bind.
        """
        known = _written(node) or self._known.get(id(node))
        return known or self._binder.shape(self._binder.sql(self._query([node]))).types[0]

    def of_constant(self, node: Node) -> str:
        """Return the type of a constant.

        Raises
        ------
        OtherError
            It may be another one whenever it is asked for.
        """
        volatile = self._binder.functions.volatile
        if any(str(part.get("function_name", "")).lower() in volatile for part in walk(node)):
            raise OtherError
        return self.of(node)

    def constant(self, node: Node, kind: str) -> Expression:
        """Write a constant as a type holds it in memory."""
        literal = node.get("literal", {}) if node.get("class") == "CONSTANT" else {}
        if literal.get("kind") == "INTEGER" and kind in ALL_INTEGERS:
            text = str(int(literal["text"]))
        elif literal.get("kind") == "STRING" and kind == "VARCHAR":
            text = str(literal.get("text", ""))
        else:
            wide = "HUGEINT" if kind in ALL_INTEGERS else kind
            text = _in_memory(self._binder.value(cast(node, wide)), kind)
        return Expression(operator="constant", text=text, type=kind)

    def like(self, node: Node, kind: str) -> Expression:
        """Write a constant as a type holds it, where DuckDB brings the two together in that type."""
        if not is_constant(node):
            raise OtherError
        its, digits = self.of_constant(node), DECIMAL.fullmatch(kind)
        if its == "VARCHAR" and node.get("class") != "CONSTANT" and kind != "VARCHAR":
            raise OtherError  # only a text written there takes the type of the other side
        if digits is not None:
            return self._decimal(node, its, kind, int(digits[1]), int(digits[2]))
        if not brought_together(kind, its):
            raise OtherError
        return self.constant(node, kind)

    def _decimal(self, node: Node, its: str, kind: str, width: int, scale: int) -> Expression:
        """Write a number by its digits, where the column's scale has all of them."""
        own = DECIMAL.fullmatch(its)
        fits = its in INTEGERS or (own is not None and int(own[1]) <= _WIDEST_DECIMAL)
        if not fits or width > _WIDEST_DECIMAL:
            raise OtherError
        value = self._binder.value(node)
        whole = Decimal(str(value)).scaleb(scale)
        if whole != whole.to_integral_value():
            raise OtherError
        return Expression(operator="constant", text=str(int(whole)), type=kind)

    def _aggregates(self, node: Node) -> bool:
        return str(node.get("function_name", "")).lower() in self._binder.functions.aggregates

    def _query(self, nodes: Sequence[Node]) -> Node:
        return select([named(node, "") for node in nodes], table(self._source))


def is_constant(node: Node) -> bool:
    """Tell whether an expression is the same for all rows."""
    return not any(part.get("class") in _VARYING for part in walk(node))


def is_null(node: Node) -> bool:
    """Tell whether an expression is NULL as it is written."""
    return node.get("class") == "CONSTANT" and node.get("literal", {}).get("kind") in {
        None,
        "NULL",
        "NULL_LITERAL",
    }


def of(operator: str, *arguments: Expression) -> Expression:
    """Write an expression that is true or not."""
    return Expression(operator=operator, arguments=arguments)


def typed(operator: str, kind: str, *arguments: Expression, text: str = "") -> Typed:
    """Write an expression that gives values of a type."""
    if kind not in RESULTS:
        raise OtherError
    return Typed(Expression(operator=operator, text=text, type=kind, arguments=arguments), kind)


def brought_together(kind: str, constant: str) -> bool:
    """Tell whether a value of a type and a constant of another meet in the type of the value, without loss.

    Examples
    --------
    >>> brought_together("TINYINT", "INTEGER"), brought_together("BIGINT", "DOUBLE")
    (True, False)
    """
    if kind in ALL_INTEGERS:
        return constant in ALL_INTEGERS | {"HUGEINT"}
    known = {
        "DOUBLE": ALL_INTEGERS | {"DOUBLE"},
        "VARCHAR": {"VARCHAR"},
        "DATE": {"DATE", "VARCHAR"},
        "TIMESTAMP": {"TIMESTAMP", "DATE", "VARCHAR"},
    }
    return constant in known.get(kind, ()) or (kind == "DOUBLE" and bool(DECIMAL.fullmatch(constant)))


def _written(node: Node) -> str:
    """Tell the type of a literal that needs no asking; empty for others."""
    literal = node.get("literal", {}) if node.get("class") == "CONSTANT" else {}
    if literal.get("kind") == "STRING":
        return "VARCHAR"
    if literal.get("kind") != "INTEGER":
        return ""
    value = int(literal["text"])
    return next((kind for bound, kind in _LITERALS if -bound <= value < bound), "")


def _in_memory(value: object, kind: str) -> str:
    """Write a value as it lies in memory."""
    match value:
        case bool():
            raise OtherError
        case str() if kind == "VARCHAR":
            return value
        case int() if kind in ALL_INTEGERS:
            return str(value)
        case float() if kind == "DOUBLE":
            return repr(value)
        case dt.datetime() if kind == "TIMESTAMP" and value.date() not in _BOUNDS:
            since = value - dt.datetime.combine(_EPOCH, dt.time())
            return str(since // dt.timedelta(microseconds=1))
        case dt.date() if kind == "DATE" and value not in _BOUNDS:
            return str((value - _EPOCH).days)
    raise OtherError
