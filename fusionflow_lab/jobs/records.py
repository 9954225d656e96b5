"""What the job store hands out: a job as it was when it was read, frozen."""

from __future__ import annotations

import builtins
import json
from dataclasses import dataclass, field
from typing import Literal

from fusionflow_lab import errors
from fusionflow_lab.errors import FusionflowError
from fusionflow_lab.jobs.events import Status, StatusEvent
from fusionflow_lab.query import Counters, Query

Desired = Literal["run", "stop"]


@dataclass(frozen=True, kw_only=True, slots=True)
class JobFailure:
    """Why a job failed, in words that survive the process: the error's class, what, where, hint.

    Examples
    --------
    >>> failure = JobFailure.of(errors.QueryError("unknown column city", hint="did you mean City?"))
    >>> failure.kind, failure.what
    ('QueryError', 'unknown column city')
    >>> print(repr(failure.exception("j1")).partition("(")[0])
    QueryError
    """

    kind: str
    what: str
    where: str = ""
    hint: str = ""

    @classmethod
    def of(cls, error: BaseException) -> JobFailure:
        """Keep what can be said of ``error``."""
        kind = type(error).__name__
        if isinstance(error, FusionflowError):
            return cls(kind=kind, what=error.what, where=error.where, hint=error.hint)
        return cls(kind=kind, what=str(error) or kind)

    def exception(self, job_id: str) -> Exception:
        """Return the error again, to be raised; a class that is not known here becomes ``JobError``."""
        ours = getattr(errors, self.kind, None)
        if isinstance(ours, type) and issubclass(ours, FusionflowError):
            error = ours(self.what, where=self.where, hint=self.hint)
            error.job_id = job_id
            return error
        python = getattr(builtins, self.kind, None)
        if isinstance(python, type) and issubclass(python, OSError | ValueError | MemoryError):
            return python(self.what)
        error = errors.JobError(f"{self.kind}: {self.what}", where=self.where, hint=self.hint)
        error.job_id = job_id
        return error

    def to_json(self) -> str:
        """Write it as it is stored."""
        return json.dumps({"kind": self.kind, "what": self.what, "where": self.where, "hint": self.hint})

    @classmethod
    def from_json(cls, text: str) -> JobFailure:
        """Read what ``to_json`` wrote."""
        return cls(**json.loads(text))


@dataclass(frozen=True, kw_only=True, slots=True)
class ChunkFailure:
    """A chunk that failed: which bytes of which file, how often, and the last reason."""

    file: str
    start: int
    end: int
    attempts: int
    message: str
    time: float


@dataclass(frozen=True, kw_only=True, slots=True)
class JobRecord:
    """A job as it was when it was read.

    ``desired`` is what the user wants, ``status`` what is. ``lease_holder`` drives the job until
    ``lease_until``; ``epoch`` counts the holders. Times are seconds since the epoch.
    """

    id: str
    query: Query
    status: Status
    desired: Desired = "run"
    owner: str = ""
    cluster: str = ""
    priority: int = 0
    plan_hash: str = ""
    lease_holder: str = ""
    lease_until: float = 0.0
    epoch: int = 0
    attempts: int = 0
    chunks_total: int = 0
    chunks_done: int = 0
    bytes_total: int = 0
    bytes_done: int = 0
    counters: Counters = field(default_factory=Counters)
    result_ref: str = ""
    reuse_key: str = ""
    error: JobFailure | None = None
    created: float = 0.0
    started: float | None = None
    finished: float | None = None


class KnownKeyError(Exception):
    """An owner has a job of this key already."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """A job that its finder may drive now: what was asked, under which epoch, and what is desired.

    ``begun`` says that it was started when it was claimed, by these events.
    """

    job: str
    epoch: int
    query: Query
    status: Status
    desired: Desired = "run"
    priority: int = 0
    owner: str = ""
    begun: tuple[StatusEvent, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class RunnerRecord:
    """A runner as it was when it was read.

    ``id`` is what jobs name as their ``lease_holder``, ``address`` the socket that tells of its jobs,
    empty for a process that drives its own jobs only, ``cluster`` what it serves: ``"local"`` or a
    scheduler's address. ``scheduler`` and ``workers`` are empty until its cluster is there. Times are
    seconds since the epoch.
    """

    id: str
    host: str
    pid: int
    cluster: str
    version: str
    address: str
    scheduler: str = ""
    workers: int = 0
    started: float = 0.0
    heartbeat: float = 0.0
