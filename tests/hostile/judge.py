"""Compare what a reader made of a file with what is true about it."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Literal

from tests.hostile.case import Case, Row, Truth

Outcome = Literal["exact", "refused, rightly", "policy difference", "wrong refusal", "silently wrong"]

_LOST = re.compile(r"[+_]|-?0[0-9]|.*[xX]")
_WORDS = {True: {"true", "t", "yes", "1", "y"}, False: {"false", "f", "no", "0", "n"}}
_STYLES = ("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y")


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What a reader says: names, rows of Python values, and how many records it told to be flawed."""

    names: Sequence[str]
    rows: Sequence[Sequence[object]]
    rejected: int = 0


def judge(case: Case, reading: Reading | None) -> Outcome:
    """Name what came of a file; ``reading`` is None where it was refused."""
    truth = case.truth() if case.truth is not None else None
    if reading is None:
        right = truth is None or truth.flawed > 0 or case.refusable
        return "refused, rightly" if right else "wrong refusal"
    if truth is None:
        return "silently wrong"
    named = truth.any_names or tuple(reading.names) == truth.names
    if named and _same(reading.rows, truth.rows):
        # A flawed record that is gone without a word is a row lost.
        return "exact" if reading.rejected == truth.flawed else "silently wrong"
    if any(_same(reading.rows, rows) for rows in truth.policies):
        return "policy difference"
    if named and reading.rejected and _is_part(reading, truth):
        return "refused, rightly" if case.refusable else "wrong refusal"
    return "silently wrong"


def _is_part(reading: Reading, truth: Truth) -> bool:
    """Tell whether the rows are some of the true ones, and the rest was told to be flawed."""
    rest = iter(truth.rows)
    found = all(any(_row(row, true) for true in rest) for row in reading.rows)
    return found and len(reading.rows) + reading.rejected == len(truth.rows) + truth.flawed


def _same(rows: Sequence[Sequence[object]], truth: Sequence[Row]) -> bool:
    return len(rows) == len(truth) and all(_row(row, true) for row, true in zip(rows, truth, strict=True))


def _row(row: Sequence[object], truth: Row) -> bool:
    return len(row) == len(truth) and all(holds(value, text) for value, text in zip(row, truth, strict=True))


def holds(value: object, text: str | None) -> bool:
    """Tell whether a value is what a text says, nothing lost.

    Examples
    --------
    >>> holds(7, "7"), holds(7.0, "7"), holds(7, "007"), holds(None, "x"), holds("x", "x")
    (True, True, False, False, True)
    """
    if value is None or text is None:
        return value is None and text is None
    if isinstance(value, str):
        return value == text
    if isinstance(value, bool):
        return text.strip().lower() in _WORDS[value]
    if isinstance(value, (int, float, Decimal)):
        return _number(value, text.strip())
    if isinstance(value, (date, time)):
        return _moment(value, text.strip())
    return str(value) == text


def _number(value: float | Decimal, text: str) -> bool:
    if isinstance(value, float) and not math.isfinite(value):
        return text.lower().lstrip("-") in {"nan", "inf", "infinity"}
    if _LOST.match(text):
        return False
    try:
        return Decimal(str(value)) == Decimal(text)
    except ArithmeticError:
        return False


def _moment(value: date | time, text: str) -> bool:
    """Dates in styles other than ISO 8601 hold where the style can be told by this very value."""
    try:
        if isinstance(value, datetime):
            found = datetime.fromisoformat(text)
            if value.tzinfo is None or found.tzinfo is None:
                return value.tzinfo is found.tzinfo and value == found
            return value.astimezone(UTC) == found.astimezone(UTC)
        if isinstance(value, time):
            return value == time.fromisoformat(text)
        return value == date.fromisoformat(text)
    except ValueError:
        return any(_styled(value, text, style) for style in _STYLES)


def _styled(value: date | time, text: str, style: str) -> bool:
    try:
        return isinstance(value, date) and value == datetime.strptime(text, style).date()  # noqa: DTZ007 - no time
    except ValueError:
        return False
