"""What the native core can map by itself: a map as plain records, bound and typed by planning."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Expression:
    """An expression of a map.

    Parameters
    ----------
    operator
        ``column``, ``constant``, or what is done with the arguments: ``and``, ``<``, ``in``, ``is_null`` …
    text
        The name of a column; of a constant its value as it lies in memory: days for a DATE, microseconds for
        a TIMESTAMP, the digits without the point for a DECIMAL.
    type
        DuckDB's name of the type of a constant or of what is calculated; empty elsewhere.
    arguments
        What it works on.
    """

    operator: str
    text: str = ""
    type: str = ""
    arguments: tuple[Expression, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class NativeAggregate:
    """An aggregate under the name of its column, over the rows where ``filter`` is true."""

    name: str
    function: str
    arguments: tuple[Expression, ...] = ()
    filter: Expression | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NativeMap:
    """A map whose state the native core makes as DuckDB would: keys, then aggregates."""

    keys: tuple[tuple[str, Expression], ...]
    aggregates: tuple[NativeAggregate, ...]
    filter: Expression | None = None
