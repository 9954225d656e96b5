"""How far a plan is, and who is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from fusionflow_lab.execution.stage_run import Leaf, StageRun, Tally
from fusionflow_lab.jobs.events import ChunkRow
from fusionflow_lab.query import Counters


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far the plan is."""

    chunks_done: int
    chunks_total: int
    bytes_done: int
    bytes_total: int
    counters: Counters
    bytes_per_second: float
    eta: float | None
    workers: int

    @property
    def fraction(self) -> float:
        """Share of the bytes that is done; below 1 as long as a chunk is missing."""
        if self.chunks_done == self.chunks_total:
            return 1.0
        return min(self.bytes_done / max(self.bytes_total, 1), 0.999)


class Listener(Protocol):
    """Who is told how the job goes."""

    def progress(self, progress: Progress) -> None:
        """Take the newest progress."""

    def preview(self, fraction: float, table: pa.Table) -> None:
        """Take the newest preview: the final stage over ``fraction`` of the bytes."""

    def chunks(self, rows: tuple[ChunkRow, ...]) -> None:
        """Take what became of each chunk so far."""

    def chunk_error(self, leaf: Leaf, attempt: int, message: str) -> None:
        """Take note of a chunk that failed, to be tried again or not."""

    def notice(self, code: str, text: str) -> None:
        """Take note of something that the user should know."""

    def unread(self, leaf: Leaf, message: str) -> None:
        """Take note of a chunk that the job goes on without."""


def measure(runs: Sequence[StageRun], *, seconds: float, workers: int, reading: int = 0) -> Progress:
    """Measure the progress of all stages together, ``seconds`` after the start.

    ``reading`` are the bytes that running tasks have read so far.
    """
    tallies = [run.tallies() for run in runs]
    needed = sum((tally for tally, _ in tallies), Tally())
    done = sum((tally for _, tally in tallies), Tally())
    bytes_done = min(done.size + reading, needed.size)
    rate = (done.counters.bytes_scanned + reading) / max(seconds, 1e-3)
    return Progress(
        chunks_done=done.chunks,
        chunks_total=needed.chunks,
        bytes_done=bytes_done,
        bytes_total=needed.size,
        counters=done.counters,
        bytes_per_second=rate,
        eta=(needed.size - bytes_done) / rate if rate else None,
        workers=workers,
    )
