"""The one ordered stream of events of a job, as frozen records.

``status``, ``notice`` and ``chunk_error`` are durable: numbered in the database, replayed by
``since=seq``. ``progress``, ``preview`` and ``chunks`` keep only the latest and carry the number of the last
durable event before them. Runner, notebook, command line and server all read these same records.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Final, Literal, TypeAlias

from fusionflow_lab.query import Counters

Status = Literal["CREATED", "QUEUED", "IN_PROGRESS", "COMPLETED", "FAILED", "STOPPING", "STOPPED"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """What all events share.

    Parameters
    ----------
    job
        The job's id.
    seq
        Number of this event (durable) or of the last durable one before it (live); from 1.
    time
        Seconds since the epoch.
    """

    type: ClassVar[str] = "event"
    durable: ClassVar[bool] = True

    job: str
    seq: int
    time: float


@dataclass(frozen=True, kw_only=True, slots=True)
class StatusEvent(Event):
    """The job's status changed; ``message`` says why where that is not obvious."""

    type: ClassVar[str] = "status"

    status: Status
    message: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class NoticeEvent(Event):
    """Something the user should know: ``code`` is stable, ``text`` is for reading."""

    type: ClassVar[str] = "notice"

    code: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ChunkErrorEvent(Event):
    """A chunk failed: which bytes of which file, on which attempt, and why."""

    type: ClassVar[str] = "chunk_error"

    file: str
    start: int
    end: int
    attempt: int
    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ProgressEvent(Event):
    """How far the job is. Bytes count scanned and reused ones; ``eta`` is None while unknown."""

    type: ClassVar[str] = "progress"
    durable: ClassVar[bool] = False

    chunks_done: int
    chunks_total: int
    bytes_done: int
    bytes_total: int
    counters: Counters = field(default_factory=Counters)
    bytes_per_second: float = 0.0
    eta: float | None = None
    workers: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class PreviewEvent(Event):
    """The final stage over the states so far: first rows as an Arrow IPC stream, at most 32 KiB."""

    type: ClassVar[str] = "preview"
    durable: ClassVar[bool] = False

    fraction: float
    rows: int
    ipc: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class ChunkRow:
    """A stretch of a job's chunks: of a large file, or of several small ones.

    Parameters
    ----------
    stage
        Whose chunks.
    files, names
        How many files, and their paths: of all of them, or of the first and the last.
    start, end
        The bytes of the one file that it covers; of several files, 0 and the bytes of all.
    chunks
        How many.
    each
        Bytes of a chunk, the last one perhaps less, where they follow each other in one file. 0 where they
        differ, or where their blocks lie all over the bytes of the row.
    per_cell, cells
        How many chunks a cell stands for, and a letter for each cell: ``.`` not read, ``r`` being read,
        ``d`` read, ``c`` known before, ``f`` failed, ``p`` some of them read.
    """

    stage: str
    files: int
    names: tuple[str, ...]
    start: int
    end: int
    chunks: int
    each: int
    per_cell: int
    cells: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ChunksEvent(Event):
    """What became of each chunk of the job's newest run, at most 2,000 cells in all."""

    type: ClassVar[str] = "chunks"
    durable: ClassVar[bool] = False

    rows: tuple[ChunkRow, ...]


LiveEvent: TypeAlias = ProgressEvent | PreviewEvent | ChunksEvent
LIVE_TYPES: Final = frozenset({ProgressEvent.type, PreviewEvent.type, ChunksEvent.type})
