"""The one ordered stream of events of a job, as frozen records.

``status``, ``notice`` and ``chunk_error`` are durable: numbered in the database, replayed by
``since=seq``. ``progress`` and ``preview`` keep only the latest and carry the number of the last
durable event before them. Runner, notebook, command line and server all read these same records.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

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
