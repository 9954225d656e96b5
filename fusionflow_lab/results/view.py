"""What is known of a job, folded from its events: one frozen record that every front end draws.

``JobView.after(event)`` is the whole logic; the cell and the terminal only differ in how they draw it.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace

import pyarrow as pa

from fusionflow_lab.jobs.events import (
    ChunkErrorEvent,
    Event,
    NoticeEvent,
    PreviewEvent,
    ProgressEvent,
    Status,
    StatusEvent,
)
from fusionflow_lab.query import Counters
from fusionflow_lab.results.words import bytes_text, count_text, rows_law, seconds_text

FINAL: frozenset[Status] = frozenset({"COMPLETED", "FAILED", "STOPPED"})


@dataclass(frozen=True, kw_only=True, slots=True)
class JobView:
    """A job as its reader sees it now.

    ``seq`` is the number to go on reading from. ``fraction`` never goes back, whatever the events say.
    ``errors`` are chunks that failed on some attempt; they may have gone well on a later one.

    Examples
    --------
    >>> view = JobView().after(StatusEvent(job="ab12", seq=1, time=0.0, status="IN_PROGRESS"))
    >>> view.job, view.status, view.final
    ('ab12', 'IN_PROGRESS', False)
    """

    job: str = ""
    name: str = ""
    status: Status = "CREATED"
    message: str = ""
    seq: int = 0
    fraction: float = 0.0
    progress: ProgressEvent | None = None
    preview: PreviewEvent | None = None
    notices: tuple[NoticeEvent, ...] = ()
    errors: tuple[ChunkErrorEvent, ...] = ()

    @property
    def final(self) -> bool:
        """Whether nothing more will happen."""
        return self.status in FINAL

    @property
    def counters(self) -> Counters:
        """Rows and bytes so far."""
        return self.progress.counters if self.progress else Counters()

    def after(self, event: Event) -> JobView:
        """Return the view with one more event taken in."""
        view = replace(self, job=event.job, seq=max(self.seq, event.seq))
        match event:
            case StatusEvent():
                done = 1.0 if event.status == "COMPLETED" else view.fraction
                return replace(view, status=event.status, message=event.message, fraction=done)
            case ProgressEvent() if not _older(event, self.progress):
                return replace(view, progress=event, fraction=max(view.fraction, _fraction(event)))
            case PreviewEvent() if not _older(event, self.preview):
                return replace(view, preview=event)
            case NoticeEvent():
                return replace(view, notices=(*view.notices, event))
            case ChunkErrorEvent():
                return replace(view, errors=(*view.errors, event))
            case _:
                return view

    def speed(self) -> str:
        """Say how far and how fast, in one line.

        Examples
        --------
        >>> progress = ProgressEvent(
        ...     job="ab12", seq=1, time=0.0, chunks_done=1, chunks_total=4, bytes_done=25_000_000,
        ...     bytes_total=100_000_000, bytes_per_second=5e7, eta=1.5, workers=2,
        ... )
        >>> JobView().after(progress).speed()
        '25.0 MB of 100.0 MB · 0 rows · 50.0 MB/s · 1.5 s left · 2 workers'
        """
        if self.progress is None:
            return {"IN_PROGRESS": "waiting for workers", "FAILED": ""}.get(self.status, self.message)
        now = self.progress
        parts = [
            f"{bytes_text(now.bytes_done)} of {bytes_text(now.bytes_total)}",
            count_text(now.counters.rows_read, "row"),
        ]
        if now.bytes_per_second and not self.final:
            parts.append(f"{bytes_text(now.bytes_per_second)}/s")
        if now.eta and not self.final:
            parts.append(f"{seconds_text(now.eta)} left")
        if now.workers:
            parts.append(count_text(now.workers, "worker"))
        return " · ".join(parts)

    def account(self) -> str:
        """Account for the rows and bytes so far, in one line."""
        counters = self.counters
        line = f"rows {rows_law(counters)}"
        return f"{line} · {bytes_text(counters.bytes_reused)} reused" if counters.bytes_reused else line

    def percent(self) -> int:
        """Return how much is done, in whole percent, 100 only when all is.

        Examples
        --------
        >>> JobView(fraction=0.999).percent(), JobView(fraction=1.0).percent()
        (99, 100)
        """
        return int(self.fraction * 100)

    def stopped(self) -> str:
        """Say what a stop kept and how to go on.

        Examples
        --------
        >>> JobView().stopped()
        'stopped before any chunk was done; run it again to start'
        """
        done = self.progress.chunks_done if self.progress else 0
        if not done or self.progress is None:
            return "stopped before any chunk was done; run it again to start"
        kept = f"{done:,} of {count_text(self.progress.chunks_total, 'chunk')}"
        return f"stopped; {kept} kept, run it again to go on"


def preview_table(preview: PreviewEvent) -> pa.Table:
    """Read the rows of a preview.

    Examples
    --------
    >>> table = pa.table({"n": [1, 2]})
    >>> sink = io.BytesIO()
    >>> with pa.ipc.new_stream(sink, table.schema) as writer:
    ...     writer.write_table(table)
    >>> event = PreviewEvent(job="ab12", seq=1, time=0.0, fraction=0.5, rows=2, ipc=sink.getvalue())
    >>> preview_table(event).num_rows
    2
    """
    with pa.ipc.open_stream(io.BytesIO(preview.ipc)) as reader:
        return reader.read_all()


def _older(event: Event, known: Event | None) -> bool:
    """Tell whether a live event comes late: by another way, whose copies are kept less often."""
    return known is not None and (event.seq, event.time) < (known.seq, known.time)


def _fraction(progress: ProgressEvent) -> float:
    if progress.bytes_total:
        return min(progress.bytes_done / progress.bytes_total, 1.0)
    if progress.chunks_total:
        return min(progress.chunks_done / progress.chunks_total, 1.0)
    return 0.0
