"""One value as one line of text: what a table shows in a cell.

Numbers keep their digits, NULL is not the empty text, and nothing that a file contains can break a line,
turn the writing direction or hide itself.
"""

from __future__ import annotations

import datetime as dt
import decimal
import math
import re
from dataclasses import dataclass

import pyarrow as pa

_SHOWN = {"\n": "↵", "\r": "␍", "\t": "⇥", " ": " "}
_BYTES_SHOWN = 24
_FLOAT_SHOWN = 14
_POSITIONAL = (1e-4, 1e15)
_FRACTION = re.compile(r"\.\d+")


@dataclass(frozen=True, kw_only=True, slots=True)
class CellText:
    """How a value shows: ``text`` in one line, ``full`` where that is shortened or rounded.

    ``null`` marks NULL, so that the table can show it apart from the text ``NULL``.
    """

    text: str
    full: str = ""
    null: bool = False


def is_number(arrow_type: pa.DataType) -> bool:
    """Tell whether values of a type are numbers, to be set right-aligned.

    Examples
    --------
    >>> is_number(pa.int64()), is_number(pa.string())
    (True, False)
    """
    kinds = pa.types
    return bool(kinds.is_integer(arrow_type) or kinds.is_floating(arrow_type) or kinds.is_decimal(arrow_type))


def cell_text(value: object, *, width: int = 60) -> CellText:
    r"""Write a value of Arrow's Python form in one line of at most ``width`` characters.

    Examples
    --------
    >>> cell_text(None).text, cell_text("").text, cell_text(1 / 3).text, cell_text("a\nb").text
    ('NULL', '', '0.3333333333', 'a↵b')
    """
    if value is None:
        return CellText(text="NULL", null=True)
    if isinstance(value, float):
        return _float_text(value)
    text = visible(plain_text(value))
    if len(text) > width:
        return CellText(text=text[: width - 1] + "…", full=text)
    return CellText(text=text)


def plain_text(value: object) -> str:
    """Write a value in full, as DuckDB writes it where that is plain.

    Examples
    --------
    >>> plain_text(True), plain_text([1, None, "x"]), plain_text({"a": 1.5})
    ('true', '[1, NULL, x]', "{'a': 1.5}")
    """
    match value:
        case None:
            text = "NULL"
        case bool():
            text = "true" if value else "false"
        case float():
            text = repr(value)
        case decimal.Decimal():
            text = f"{value:f}"
        case dt.datetime() | dt.time():
            text = _FRACTION.sub(_without_zeros, str(value))
        case bytes():
            text = _bytes_text(value)
        case pa.MonthDayNano():
            text = _interval_text(value)
        case list():
            text = _list_text(value)
        case dict():
            text = "{" + ", ".join(f"{key!r}: {plain_text(item)}" for key, item in value.items()) + "}"
        case _:
            text = str(value)
    return text


def visible(text: str) -> str:
    r"""Replace what would not show, or would show as something else, by what does.

    Examples
    --------
    >>> visible("one\ntwo\x1b[31m\u202e")
    'one↵two\\x1b[31m\\u202e'
    """
    if text.isprintable():
        return text
    return "".join(
        character
        if character.isprintable()
        else _SHOWN.get(character) or character.encode("unicode_escape").decode("ascii")
        for character in text.replace("\r\n", "\n")
    )


def _float_text(value: float) -> CellText:
    full = repr(value)
    if len(full) <= _FLOAT_SHOWN or not math.isfinite(value):
        return CellText(text=full)
    size = abs(value)
    if _POSITIONAL[0] <= size < _POSITIONAL[1]:
        places = max(1, 11 - len(str(int(size))))
        text = f"{value:.{places}f}".rstrip("0")
        return CellText(text=f"{text}0" if text.endswith(".") else text, full=full)
    return CellText(text=f"{value:.8e}", full=full)


def _without_zeros(fraction: re.Match[str]) -> str:
    """Leave out the zeros that end a fraction of a second, as DuckDB does."""
    return fraction[0].rstrip("0").rstrip(".")


def _list_text(items: list[object]) -> str:
    """Write a list, or a map: Arrow gives it as pairs."""
    pairs = [item for item in items if type(item) is tuple]
    if pairs:
        return "{" + ", ".join(f"{plain_text(key)}={plain_text(value)}" for key, value in pairs) + "}"
    return "[" + ", ".join(plain_text(item) for item in items) + "]"


def _interval_text(value: pa.MonthDayNano) -> str:
    """Write an interval as DuckDB does: what is zero is left out, and the sign stands before each part."""
    years, months = (math.copysign(part, value.months) for part in divmod(abs(value.months), 12))
    counts = (("year", int(years)), ("month", int(months)), ("day", value.days))
    parts = [f"{count} {word}{'' if abs(count) == 1 else 's'}" for word, count in counts if count]
    if value.nanoseconds or not parts:
        seconds, nanos = divmod(abs(value.nanoseconds), 10**9)
        clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{nanos:09}"
        parts.append(f"{'-' if value.nanoseconds < 0 else ''}{_FRACTION.sub(_without_zeros, clock)}")
    return " ".join(parts)


def _bytes_text(value: bytes) -> str:
    head = "".join(f"\\x{byte:02X}" for byte in value[:_BYTES_SHOWN])
    return head if len(value) <= _BYTES_SHOWN else f"{head}… ({len(value)} bytes)"
