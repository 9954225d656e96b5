"""Compare rows with DuckDB's: floats to 1e-9 of the size of the inputs, unspecified order as multisets."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tests.differential.generate import RandomQuery

Row = tuple[object, ...]
# The largest finite input of floating-point aggregates in the random tables; cancellation counts against it.
_MAGNITUDE = 1000.0


def same_value(one: object, other: object) -> bool:
    """Tell whether two values are the same answer."""
    if isinstance(one, float) and isinstance(other, float):
        if math.isnan(one) or math.isnan(other):
            return math.isnan(one) and math.isnan(other)
        return one == other or abs(one - other) <= 1e-9 * max(abs(one), abs(other), _MAGNITUDE)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(same_value, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(map(same_value, one.values(), other.values()))
    return type(one) is type(other) and one == other


def _sort_key(row: Row) -> list[str]:
    return [f"{value + 0.0:.6g}" if isinstance(value, float) else repr(value) for value in row]


def difference(query: RandomQuery, expected: Sequence[Row], actual: Sequence[Row]) -> str:
    """Say how two answers differ; empty for not at all."""
    if len(expected) != len(actual):
        return f"{len(actual)} rows instead of {len(expected)}"
    if query.in_order:
        pairs = list(zip(expected, actual, strict=True))
    else:
        if query.order:
            keys = [
                [tuple(row[place] for place in query.order) for row in rows] for rows in (expected, actual)
            ]
            for one, other in zip(*keys, strict=True):
                if not same_value(one, other):
                    return f"order: {other} instead of {one}"
        if not query.exact_rows:
            return ""
        pairs = list(zip(sorted(expected, key=_sort_key), sorted(actual, key=_sort_key), strict=True))
    for one, other in pairs:
        if not same_value(one, other):
            return f"{other} instead of {one}"
    return ""
