"""Whether anybody waits for the job that is being submitted: an interrupt may come while it is planned."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from fusionflow_lab.errors import JobStoppedError

_abandoned: ContextVar[threading.Event | None] = ContextVar("fusionflow_abandoned", default=None)


@contextmanager
def submitting(abandoned: threading.Event) -> Iterator[None]:
    """Submit in this context only as long as ``abandoned`` is not set.

    Examples
    --------
    >>> gone = threading.Event()
    >>> with submitting(gone):
    ...     refuse_abandoned()
    ...     gone.set()
    ...     refuse_abandoned()
    Traceback (most recent call last):
    ...
    fusionflow_lab.errors.JobStoppedError: stopped before the job began
    """
    before = _abandoned.set(abandoned)
    try:
        yield
    finally:
        _abandoned.reset(before)


def refuse_abandoned() -> None:
    """Make no job that nobody waits for.

    Raises
    ------
    JobStoppedError
        Who asked for it has left.
    """
    abandoned = _abandoned.get()
    if abandoned is not None and abandoned.is_set():
        raise stopped_early()


def stopped_early() -> JobStoppedError:
    """Return the error of a job that was stopped before there was one."""
    return JobStoppedError("stopped before the job began")
