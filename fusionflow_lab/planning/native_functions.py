"""Functions that the native core has, each for the types with which it does what DuckDB does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from fusionflow_lab.native_map import Expression
from fusionflow_lab.planning.ast import Node
from fusionflow_lab.planning.native_types import (
    INTEGERS,
    OtherError,
    Translator,
    Typed,
    is_constant,
    is_null,
    of,
    typed,
)

_UNITS: Final = frozenset(
    {"millennium", "century", "decade", "year", "quarter", "month", "week", "day"}
    | {"hour", "minute", "second", "millisecond", "microsecond"}
)
_PARTS: Final = _UNITS | {"dow", "isodow", "doy", "isoyear", "yearweek", "epoch"}
_PART_NAMES: Final = MappingProxyType(
    {name: name for name in _PARTS - {"dow", "doy"}}
    | {"dayofweek": "dow", "dayofmonth": "day", "dayofyear": "doy", "weekofyear": "week"}
)
_MOMENTS: Final = frozenset({"DATE", "TIMESTAMP"})
_NUMBERS: Final = INTEGERS | {"DOUBLE"}
_ONE, _TWO, _THREE = 1, 2, 3
# A text without end, for it has fewer characters than this.
_ALL: Final = str(2**40)
Handler = Callable[[Translator, Node, Sequence[Node]], Typed]


def call(translator: Translator, node: Node) -> Typed:
    """Translate the call of a function.

    Raises
    ------
    OtherError
        It is none that the native core has, or not for these types.
    """
    name = str(node["function_name"]).lower()
    arguments = [entry["expression"] for entry in node.get("arguments", [])]
    handler = _HANDLERS.get((name, len(arguments)))
    if handler is None:
        raise OtherError
    return handler(translator, node, arguments)


def _arithmetic(translator: Translator, node: Node, arguments: Sequence[Node]) -> Typed:
    name, kind = str(node["function_name"]).lower(), translator.type_of(node)
    if kind == "DOUBLE" and name in {"+", "-", "*"}:
        return typed(name, kind, *(_double(translator, argument) for argument in arguments))
    values = [translator.value(argument) for argument in arguments]
    if kind not in INTEGERS or not all(value.type in INTEGERS for value in values):
        raise OtherError
    name = {"mod": "%", "divide": "//"}.get(name, name)
    return typed(name, kind, *(value.expression for value in values))


def _quotient(translator: Translator, node: Node, arguments: Sequence[Node]) -> Typed:
    if translator.type_of(node) != "DOUBLE" or not translator.is_set("ieee_floating_point_ops"):
        raise OtherError
    return typed("/", "DOUBLE", *(_double(translator, argument) for argument in arguments))


def _double(translator: Translator, node: Node) -> Expression:
    if is_constant(node):
        return translator.taking(node, "DOUBLE")
    value = translator.value(node)
    if value.type not in _NUMBERS:
        raise OtherError
    return value.expression


def _number(operator: str, kinds: frozenset[str] = _NUMBERS) -> Handler:
    """Make the handler of what changes one number and keeps its type."""

    def handle(translator: Translator, node: Node, arguments: Sequence[Node]) -> Typed:
        value, kind = translator.value(arguments[0]), translator.type_of(node)
        if value.is_constant or value.type not in kinds or kind != value.type:
            raise OtherError
        return typed(operator, kind, value.expression)

    return handle


def _text(operator: str, kind: str) -> Handler:
    """Make the handler of what is made of one text."""

    def handle(translator: Translator, _node: Node, arguments: Sequence[Node]) -> Typed:
        return typed(operator, kind, _varying_text(translator, arguments[0]))

    return handle


def _part_of_text(translator: Translator, node: Node, arguments: Sequence[Node]) -> Typed:
    text = _varying_text(translator, arguments[0])
    places = [translator.value(argument) for argument in arguments[1:]]
    if not all(place.is_constant and place.type in INTEGERS for place in places):
        raise OtherError
    name = str(node["function_name"]).lower()
    numbers = [int(place.expression.text) for place in places]
    if min(numbers) < 0 or (name.startswith("substr") and numbers[0] < 1):
        raise OtherError
    constants = [place.expression for place in places]
    whole = Expression(operator="constant", text=_ALL, type="BIGINT")
    first = Expression(operator="constant", text="1", type="BIGINT")
    if name == "left":
        constants.insert(0, first)
    elif name != "right" and len(constants) == _ONE:
        constants.append(whole)
    return typed("right" if name == "right" else "substring", "VARCHAR", text, *constants)


def _joined(translator: Translator, node: Node, arguments: Sequence[Node]) -> Typed:
    texts = [translator.value(argument) for argument in arguments]
    if translator.type_of(node) != "VARCHAR" or any(text.type != "VARCHAR" for text in texts):
        raise OtherError
    return typed("||", "VARCHAR", *(text.expression for text in texts))


def _found(operator: str) -> Handler:
    """Make the handler of a test of a text for a constant one."""

    def handle(translator: Translator, node: Node, arguments: Sequence[Node]) -> Typed:
        text, part = _varying_text(translator, arguments[0]), translator.value(arguments[1])
        if part.type != "VARCHAR" or not part.is_constant:
            raise OtherError
        name = str(node["function_name"])
        if "~~" in name and set("_\\") & set(part.expression.text):
            raise OtherError
        found = of(operator, text, part.expression)
        return Typed(of("not", found) if name.startswith("!") else found, "BOOLEAN")

    return handle


def _varying_text(translator: Translator, node: Node) -> Expression:
    text = translator.value(node)
    if text.type != "VARCHAR" or text.is_constant:
        raise OtherError
    return text.expression


def _part(translator: Translator, node: Node, arguments: Sequence[Node]) -> Typed:
    unit = _unit(translator, arguments[0], _PARTS)
    return _of_moment("date_part", unit, translator, node, arguments[1])


def _named_part(translator: Translator, node: Node, arguments: Sequence[Node]) -> Typed:
    unit = _PART_NAMES[str(node["function_name"]).lower()]
    return _of_moment("date_part", unit, translator, node, arguments[0])


def _truncated(translator: Translator, node: Node, arguments: Sequence[Node]) -> Typed:
    unit = _unit(translator, arguments[0], _UNITS)
    return _of_moment("date_trunc", unit, translator, node, arguments[1])


def _unit(translator: Translator, node: Node, known: frozenset[str]) -> str:
    unit = translator.value(node)
    name = unit.expression.text.lower()
    name = name if name in known else name.removesuffix("s")
    if not unit.is_constant or name not in known:
        raise OtherError
    return name


def _of_moment(name: str, unit: str, translator: Translator, node: Node, argument: Node) -> Typed:
    moment = translator.value(argument)
    kind = "TIMESTAMP" if name == "date_trunc" else "DOUBLE" if unit == "epoch" else "BIGINT"
    if moment.type not in _MOMENTS or moment.is_constant or translator.type_of(node) != kind:
        raise OtherError
    return typed(name, kind, moment.expression, text=unit)


def _null_if(translator: Translator, node: Node, arguments: Sequence[Node]) -> Typed:
    value, other = translator.value(arguments[0]), arguments[1]
    if translator.type_of(node) != value.type:
        raise OtherError
    equal = of("is_true", translator.compared(value, "=", other))
    return typed("case", value.type, of("not", equal), value.expression)


def _chosen(translator: Translator, node: Node, arguments: Sequence[Node]) -> Typed:
    kind = translator.type_of(node)
    chosen = [translator.condition(arguments[0]), translator.taking(arguments[1], kind)]
    other = [] if is_null(arguments[2]) else [translator.taking(arguments[2], kind)]
    return typed("case", kind, *chosen, *other)


_HANDLERS: Final[Mapping[tuple[str, int], Handler]] = MappingProxyType(
    dict.fromkeys([(name, _TWO) for name in ("+", "-", "*", "//", "%", "mod", "divide")], _arithmetic)
    | {("/", _TWO): _quotient, ("-", _ONE): _number("negative")}
    | dict.fromkeys([("abs", _ONE), ("@", _ONE)], _number("abs"))
    | dict.fromkeys([("ceil", _ONE), ("ceiling", _ONE)], _number("ceiling", frozenset({"DOUBLE"})))
    | {(name, _ONE): _number(name, frozenset({"DOUBLE"})) for name in ("floor", "round")}
    | dict.fromkeys([("lower", _ONE), ("lcase", _ONE)], _text("lower", "VARCHAR"))
    | dict.fromkeys([("upper", _ONE), ("ucase", _ONE)], _text("upper", "VARCHAR"))
    | {("length", _ONE): _text("length", "BIGINT"), ("strlen", _ONE): _text("strlen", "BIGINT")}
    | {(name, count): _part_of_text for name in ("substring", "substr") for count in (_TWO, _THREE)}
    | {("left", _TWO): _part_of_text, ("right", _TWO): _part_of_text, ("||", _TWO): _joined}
    | dict.fromkeys([("~~", _TWO), ("!~~", _TWO)], _found("like"))
    | dict.fromkeys([("~~*", _TWO), ("!~~*", _TWO)], _found("ilike"))
    | dict.fromkeys([(name, _TWO) for name in ("starts_with", "prefix", "^@")], _found("starts_with"))
    | dict.fromkeys([("suffix", _TWO), ("ends_with", _TWO)], _found("ends_with"))
    | {("contains", _TWO): _found("contains"), ("nullif", _TWO): _null_if, ("if", _THREE): _chosen}
    | dict.fromkeys([("date_part", _TWO), ("datepart", _TWO)], _part)
    | dict.fromkeys([("date_trunc", _TWO), ("datetrunc", _TWO)], _truncated)
    | {(name, _ONE): _named_part for name in _PART_NAMES}
)
"""By name and number of arguments."""
