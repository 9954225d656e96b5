"""Errors a user can act on: what is wrong, where, and what to do.

::

    FusionflowError
    ├── QueryError            the SQL is wrong or asks for what cannot be done
    ├── SourceError           the files cannot be read as asked
    │   ├── SourceChangedError    a file changed while it was read
    │   └── RejectsError          more records were rejected than ``max_errors`` allows
    ├── ChunkError            a chunk failed on every attempt
    ├── ClusterError          no cluster, no workers, or workers that cannot run the job
    │   └── NoWorkersError        the scheduler answers, but has no workers
    ├── StateError            a stored state cannot be read
    ├── JobError              a job id is unknown, or the job cannot do that now
    │   ├── DatabaseError         the job database does not answer, or cannot be written now
    │   ├── JobStoppedError       the job was stopped; its work is kept
    │   └── JobLeftError          watching the job was interrupted; the job goes on
    ├── ConfigError           a setting is unknown or out of range
    ├── AccountError          a bug of ours: rows that were read are not accounted for
    ├── ScanCancelledError    the scan of a chunk was cancelled
    └── NativePanicError      a bug of ours in the native core; the worker lives on

Where Python has the word, that is used: ``FileNotFoundError``, ``PermissionError``, ``ValueError``.
"""

from __future__ import annotations

_MOST_LINES = 12


class FusionflowError(Exception):
    """Base of all errors of this package.

    Parameters
    ----------
    what
        What is wrong, in one or two sentences.
    where
        The place: file, byte and line of data, or line and column of SQL.
    hint
        What to do about it.

    Examples
    --------
    >>> print(QueryError("unknown column city", where="line 1, column 8", hint="did you mean City?"))
    unknown column city
    where: line 1, column 8
    try: did you mean City?
    """

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(what, where, hint)
        self.what = what
        self.where = where
        self.hint = hint
        self.job_id = ""
        self.sql = ""  # the text that a place in ``where`` is a place of

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the pickling between worker and client."""
        return _rebuild, (type(self), self.what, self.where, self.hint, self.job_id)

    def __str__(self) -> str:
        """Render what, where, what to do and the job, at most twelve lines."""
        places = (("where", self.where), ("try", self.hint), ("job", self.job_id))
        tail = [line for label, text in places if text for line in f"{label}: {text}".splitlines()]
        head = self.what.strip().splitlines()[: max(1, _MOST_LINES - len(tail))]
        return "\n".join([*head, *tail][:_MOST_LINES])


def _rebuild(kind: type[FusionflowError], what: str, where: str, hint: str, job_id: str) -> FusionflowError:
    error = kind(what, where=where, hint=hint)
    error.job_id = job_id
    return error


class QueryError(FusionflowError):
    """The SQL is wrong, or asks for what cannot be done."""


class SourceError(FusionflowError):
    """The files cannot be read as asked."""


class SourceChangedError(SourceError):
    """A file changed while it was read."""


class RejectsError(SourceError):
    """More records were rejected than ``max_errors`` allows."""


class ChunkError(FusionflowError):
    """A chunk failed on every attempt."""


class ClusterError(FusionflowError):
    """No cluster, no workers, or workers that cannot run the job."""


class NoWorkersError(ClusterError):
    """The scheduler answers, but has no workers."""


class StateError(FusionflowError):
    """A stored state cannot be read."""


class JobError(FusionflowError):
    """A job id is unknown, or the job cannot do that now."""


class DatabaseError(JobError):
    """The job database does not answer, or cannot be written now."""


class JobStoppedError(JobError):
    """The job was stopped; its work is kept."""


class JobLeftError(JobError):
    """Watching the job was interrupted; the job goes on."""


class ConfigError(FusionflowError):
    """A setting is unknown or out of range."""


class AccountError(FusionflowError):
    """A bug of ours: rows that were read are not accounted for, so that no answer is given."""


class ScanCancelledError(FusionflowError):
    """The scan of a chunk was cancelled by its token."""


class NativePanicError(FusionflowError):
    """A bug of ours in the native core; the worker lives on."""
