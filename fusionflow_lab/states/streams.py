"""What a map takes and gives: Arrow streams, and the state with its account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa


class ArrowStream(Protocol):
    """Anything that exports one Arrow stream."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Export the stream."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """Streams that make a source together: ``sql`` reads them under their ``names``."""

    streams: tuple[ArrowStream, ...]
    sql: str

    @staticmethod
    def names(count: int) -> list[str]:
        """Name some streams.

        Examples
        --------
        >>> Parts.names(2)
        ['__scan', '__scan_1']
        """
        return ["__scan", *(f"__scan_{place}" for place in range(1, count))][:count]


@dataclass(frozen=True, kw_only=True, slots=True)
class Mapped:
    """The state of one map and the rows that passed its filters (None: all that were read).

    ``buckets`` are those of its rows; None where it has no keys.
    """

    state: pa.Table
    rows_used: int | None
    buckets: pa.ChunkedArray | None = None
