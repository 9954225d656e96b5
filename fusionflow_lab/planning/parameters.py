"""Values of the user's program as typed constants of a query: bound by type, never as text.

A value becomes a ``Parameter`` (a type's name and plain text), so that the job can be stored and run
elsewhere; the parameter becomes a constant in DuckDB's tree. What the constant holds is never parsed as
SQL. Types are those that DuckDB itself gives to values of Python.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Protocol, runtime_checkable

from fusionflow_lab.errors import QueryError
from fusionflow_lab.planning.ast import Node, call, cast, walk
from fusionflow_lab.planning.messages import place
from fusionflow_lab.query import Parameter, ParameterValue

_NULL = '"NULL"'
_INTEGERS = (("INTEGER", 31), ("BIGINT", 63), ("HUGEINT", 127))
_NUMBERS = ("INTEGER", "BIGINT", "HUGEINT", "DOUBLE")
_MOST_DIGITS = 38
_LITERALS = {"VARCHAR": "STRING", "BOOLEAN": "BOOLEAN"} | {kind: "INTEGER" for kind, _ in _INTEGERS}
_KEPT = ("alias", "query_location", "query_location_length")
_MOST_UNWRAPPED = 4


def parameter(name: str, value: object) -> Parameter:
    """Take a value of Python as the parameter ``$name``.

    Taken are None, bool, int, float, Decimal, str, bytes, date, datetime, time, timedelta, UUID, lists
    and tuples of them, scalars and arrays of numpy, timestamps of pandas, and whatever has one of them as its
    ``value``, as the controls of ipywidgets do.

    Raises
    ------
    QueryError
        The value is of another type, or too large.

    Examples
    --------
    >>> parameter("x", 7)
    Parameter(name='x', type='INTEGER', value='7')
    >>> parameter("days", [dt.date(2024, 1, 1), None])
    Parameter(name='days', type='DATE[]', value=('2024-01-01', None))
    """
    kind, text = _typed(name, value)
    return Parameter(name=name, type=kind, value=text)


def is_value(value: object) -> bool:
    """Tell whether a variable looks like the value of a parameter.

    Examples
    --------
    >>> is_value(5), is_value(print), is_value(dt)
    (True, False, False)
    """
    if callable(value) or value is None:
        return value is None
    return isinstance(value, _PLAIN) or type(value).__module__ == "numpy" or hasattr(value, "value")


def _typed(name: str, value: object) -> tuple[str, ParameterValue]:
    value = _plain(value)
    if value is None:
        return _NULL, None
    if isinstance(value, (list, tuple)):
        return _list(name, value)
    found = _scalar(value)
    if found is None:
        raise QueryError(
            f"${name} is a {type(value).__name__}, which cannot be a parameter",
            hint="take a number, text, date or time, None, or a list of them",
        )
    kind, text = found
    if not kind:
        raise QueryError(f"${name} is too large for a number of DuckDB", hint="pass it as text")
    return kind, text


def _plain(value: object) -> object:
    """Take scalars and arrays of numpy and pandas, and controls, for the values that they hold."""
    for _ in range(_MOST_UNWRAPPED):
        kind = type(value)
        module = kind.__module__.partition(".")[0]
        if kind.__name__ in {"NAType", "NaTType"}:
            return None
        if kind.__name__ in {"datetime64", "timedelta64"} and isinstance(value, _NumpyTime):
            return _numpy_time(value)
        if module in {"numpy", "pandas"} and isinstance(value, Iterable) and not isinstance(value, _PLAIN):
            value = list(value)
        elif module == "numpy" and hasattr(value, "item") and not isinstance(value, _PLAIN):
            value = value.item()
        elif isinstance(value, _PLAIN) or not hasattr(value, "value"):
            return value
        else:
            value = value.value
    return value


_PLAIN = (
    bool, int, float, Decimal, str, bytes, bytearray, memoryview, dt.date, dt.time, dt.timedelta, uuid.UUID,
    list, tuple,
)  # fmt: skip


class _Nanoseconds(str):
    """A moment with more digits than datetime holds, as text."""

    __slots__ = ()


@runtime_checkable
class _NumpyTime(Protocol):
    """A ``datetime64`` or ``timedelta64``; numpy itself has no part here."""

    def astype(self, dtype: str) -> _NumpyTime:
        """Return it in another unit."""

    def item(self) -> object:
        """Return it as Python's."""


def _numpy_time(value: _NumpyTime) -> object:
    """Take a date, moment or span of numpy; microseconds are enough where nothing is lost."""
    text = str(value)
    if text == "NaT":
        return None
    short = value.astype(f"{type(value).__name__}[us]")
    if short != value:
        return _Nanoseconds(text)
    if type(value).__name__ == "datetime64" and "T" not in text:
        return dt.date.fromisoformat(text)
    return short.item()


def _scalar(value: object) -> tuple[str, str] | None:  # noqa: C901, PLR0911 - one line a type
    """Return DuckDB's type and its text; no type where the number is too large, None for what is unknown."""
    match value:
        case bool():
            return "BOOLEAN", str(value).lower()
        case int():
            return _integer(value)
        case float():
            return "DOUBLE", repr(float(value))
        case Decimal():
            return _decimal(value)
        case _Nanoseconds():
            return "TIMESTAMP_NS", str(value).replace("T", " ")
        case str():
            return "VARCHAR", str(value)
        case bytes() | bytearray() | memoryview():
            return "BLOB", "".join(f"\\x{byte:02X}" for byte in bytes(value))
        case dt.datetime():
            return _moment(value)
        case dt.date():
            return "DATE", value.isoformat()
        case dt.time() if value.tzinfo is None:
            return "TIME", value.isoformat()
        case dt.timedelta():
            micros = value.seconds * 1_000_000 + value.microseconds
            return "INTERVAL", f"{value.days} days {micros} microseconds"
        case uuid.UUID():
            return "UUID", str(value)
    return None


def _integer(value: int) -> tuple[str, str]:
    for kind, bits in _INTEGERS:
        if -(1 << bits) <= value < 1 << bits:
            return kind, str(int(value))
    return "", ""


def _decimal(value: Decimal) -> tuple[str, str]:
    text = format(value, "f")
    whole, _, fraction = text.lstrip("-").partition(".")
    digits = len(whole.lstrip("0")) + len(fraction)
    if not value.is_finite():
        return "DOUBLE", str(value)
    if digits > _MOST_DIGITS:
        return "", ""
    return f"DECIMAL({max(digits, 1)},{len(fraction)})", text


def _moment(value: dt.datetime) -> tuple[str, str]:
    nanoseconds = int(getattr(value, "nanosecond", 0))  # pandas has three digits more
    if value.tzinfo is None:
        if nanoseconds:
            micros = value.isoformat(sep=" ", timespec="nanoseconds")
            return "TIMESTAMP_NS", micros
        return "TIMESTAMP", value.isoformat(sep=" ", timespec="microseconds")
    utc = value.astimezone(dt.UTC).isoformat(sep=" ", timespec="microseconds")
    return "TIMESTAMP WITH TIME ZONE", utc


def _list(name: str, values: Sequence[object]) -> tuple[str, ParameterValue]:
    typed = [_typed(name, value) for value in values]
    kinds = {kind for kind, _ in typed if kind != _NULL}
    texts = tuple(text for _, text in typed)
    if not kinds:
        return f"{_NULL}[]", texts
    if len(kinds) > 1 and kinds <= set(_NUMBERS):
        kinds = {max(kinds, key=_NUMBERS.index)}
    if len(kinds) > 1 and all(kind.startswith("DECIMAL") for kind in kinds):
        kinds = {_widest(kinds)}
    if len(kinds) > 1:
        raise QueryError(
            f"${name} is a list of {' and '.join(sorted(kinds))}", hint="a list holds values of one type"
        )
    return f"{kinds.pop()}[]", texts


def _widest(kinds: set[str]) -> str:
    pairs = [kind[8:-1].split(",") for kind in kinds]
    scale = max(int(scale) for _, scale in pairs)
    whole = max(int(width) - int(scale) for width, scale in pairs)
    return f"DECIMAL({min(whole + scale, _MOST_DIGITS)},{scale})"


def spelled(pairs: Iterable[str]) -> dict[str, object]:
    """Read ``name=value`` pairs: a value that is JSON is that, any other a text.

    Raises
    ------
    QueryError
        A pair has no ``=``.

    Examples
    --------
    >>> spelled(["n=5", "city=Oslo", 'ids=[1, 2]', 'code="007"'])
    {'n': 5, 'city': 'Oslo', 'ids': [1, 2], 'code': '007'}
    """
    values: dict[str, object] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise QueryError(f"{pair} gives no parameter a value", hint="write -p name=value")
        try:
            values[name.strip()] = json.loads(value)
        except ValueError:
            values[name.strip()] = value
    return values


def constant(bound: Parameter) -> Node:
    """Return a parameter's value as a node of DuckDB's tree.

    Examples
    --------
    >>> constant(parameter("x", "'; DROP TABLE t"))["literal"]["text"]
    "'; DROP TABLE t"
    """
    return _node(bound.type, bound.value)


def _node(kind: str, value: ParameterValue) -> Node:
    if value is None:
        return _literal("NULL_LITERAL")
    if isinstance(value, tuple):
        inner = kind.removesuffix("[]")
        return call("list_value", *(_node(inner, item) for item in value))
    if kind in _LITERALS:
        return _literal(_LITERALS[kind], value)
    if kind.startswith("DECIMAL"):
        width, scale = kind[8:-1].split(",")
        node = cast(_literal("STRING", value), "DECIMAL")
        node["type_expr"]["children"] = [_literal("INTEGER", width), _literal("INTEGER", scale)]
        return node
    return cast(_literal("STRING", value), kind)


def _literal(kind: str, text: str = "") -> Node:
    literal = {"kind": kind, "text": text} if text or kind == "STRING" else {"kind": kind}
    return {"class": "CONSTANT", "type": "VALUE_CONSTANT", "literal": literal}


def names(tree: Node) -> dict[str, int]:
    """Return the names of the parameters that a query mentions, each with its first place.

    Examples
    --------
    >>> names({"type": "VALUE_PARAMETER", "identifier": "x", "query_location": 7})
    {'x': 7}
    """
    found: dict[str, int] = {}
    for node in walk(tree):
        if node.get("type") == "VALUE_PARAMETER":
            found.setdefault(str(node["identifier"]), int(node.get("query_location", 0)))
    return found


def bind(text: str, tree: Node, values: Mapping[str, Parameter]) -> None:
    """Put the constants in the place of the parameters.

    Raises
    ------
    QueryError
        A parameter has no value, or stands where only a column can.
    """
    for node in list(walk(tree)):
        for key in ("select_list", "group_expressions", "orders"):
            for entry in node.get(key, []):
                _check_place(text, key, entry)
        if node.get("type") in {"COMPARE_IN", "COMPARE_NOT_IN"}:
            _check_list(text, node["children"][1:], values)
        if node.get("type") == "VALUE_PARAMETER":
            name = str(node["identifier"])
            if name not in values:
                where = place(text, int(node.get("query_location", 0)))
                raise QueryError(f"${name} has no value", where=where)
            kept = {key: node[key] for key in _KEPT if key in node}
            node.clear()
            node.update({**constant(values[name]), **kept})


def _check_list(text: str, members: Sequence[Node], values: Mapping[str, Parameter]) -> None:
    """Refuse ``x IN ($list)``: DuckDB would compare x with the text of the whole list."""
    for node in members:
        bound = values.get(str(node.get("identifier")))
        if node.get("type") == "VALUE_PARAMETER" and bound is not None and isinstance(bound.value, tuple):
            raise QueryError(
                f"${bound.name} is a list: parentheses around it make it one value",
                where=place(text, int(node.get("query_location", 0))),
                hint=f"write IN ${bound.name}",
            )


def _check_place(text: str, key: str, entry: Node) -> None:
    """Name a column after its parameter; refuse a value where a number would mean the place of a column."""
    node = entry.get("expression", {}) if key == "orders" else entry
    if node.get("type") != "VALUE_PARAMETER":
        return
    if key == "select_list":
        node.setdefault("alias", f"${node['identifier']}")
        return
    raise QueryError(
        f"${node['identifier']} is a value, and no column to {'order' if key == 'orders' else 'group'} by",
        where=place(text, int(node.get("query_location", 0))),
        hint="write the column's name",
    )
