"""When states are too large to be merged in one place, and in how many buckets they are merged then.

Functions of what the states hold and of nothing else: neither of who works nor of what arrives first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fusionflow_lab.states.store import BUCKETS, LARGE_BYTES, LARGE_ROWS, StateHeader

# What a bucket should hold at most.
BUCKET_ROWS = 512 << 10
BUCKET_BYTES = 32 << 20


def is_large(headers: Sequence[StateHeader]) -> bool:
    """Tell whether states are too large together."""
    return exceeds(_rows(headers), _size(headers))


def exceeds(rows: int, size: int) -> bool:
    """Tell whether so many rows and bytes of states are too much to be merged in one place."""
    return rows > LARGE_ROWS or size > LARGE_BYTES


def bucket_count(headers: Sequence[StateHeader]) -> int:
    """Return in how many buckets states are merged: a power of two.

    Examples
    --------
    >>> from fusionflow_lab.query import Counters
    >>> header = StateHeader(map_hash="m", chunks=(), counters=Counters(), rows=10 << 20, rejects=0)
    >>> bucket_count([header]), bucket_count([header] * 10)
    (64, 256)
    """
    count = BUCKETS
    while count * BUCKET_ROWS < _rows(headers) or count * BUCKET_BYTES < _size(headers):
        count *= 2
    return count


def _rows(headers: Iterable[StateHeader]) -> int:
    return sum(header.rows for header in headers)


def _size(headers: Iterable[StateHeader]) -> int:
    return sum(header.size for header in headers)
