"""The life of a job as a pure function: ``(status, action) -> status``.

::

    CREATED ──queue──► QUEUED ──start──► IN_PROGRESS ──complete──► COMPLETED
       │                 │ ▲              │ │  │
       │                 │ └───release────┘ │  └──────fail───────► FAILED
       │                 │                stop
       │                 │                  ▼
       └──────stop───────┴──► STOPPED ◄─finish_stop── STOPPING

A runner that ends in good order releases its jobs: they are QUEUED for the next one. Any ended job may be
queued again: its states are kept, so that only what is missing is scanned.
Nothing here touches a database; ``jobs.store`` asks this module before it writes a status.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from fusionflow_lab.errors import JobError
from fusionflow_lab.jobs.events import Status

Action = Literal["queue", "start", "complete", "fail", "stop", "finish_stop", "release"]

ENDED: Final[frozenset[Status]] = frozenset({"COMPLETED", "FAILED", "STOPPED"})

_NEXT: Final[Mapping[tuple[Status, Action], Status]] = MappingProxyType(
    {
        ("CREATED", "queue"): "QUEUED",
        ("CREATED", "stop"): "STOPPED",
        ("CREATED", "fail"): "FAILED",
        ("QUEUED", "start"): "IN_PROGRESS",
        ("QUEUED", "stop"): "STOPPED",
        ("QUEUED", "fail"): "FAILED",
        ("IN_PROGRESS", "start"): "IN_PROGRESS",  # taken over from a holder that went silent
        ("IN_PROGRESS", "complete"): "COMPLETED",
        ("IN_PROGRESS", "fail"): "FAILED",
        ("IN_PROGRESS", "stop"): "STOPPING",
        ("IN_PROGRESS", "release"): "QUEUED",
        ("STOPPING", "stop"): "STOPPING",  # asked twice
        ("STOPPING", "finish_stop"): "STOPPED",
        ("STOPPING", "complete"): "COMPLETED",  # the last chunk was faster than the stop
        ("STOPPING", "fail"): "FAILED",
        ("COMPLETED", "queue"): "QUEUED",
        ("FAILED", "queue"): "QUEUED",
        ("STOPPED", "queue"): "QUEUED",
    }
)


def next_status(status: Status, action: Action) -> Status:
    """Return the status that ``action`` leads to from ``status``.

    Raises
    ------
    JobError
        When a job of that status cannot do that.

    Examples
    --------
    >>> next_status("QUEUED", "start")
    'IN_PROGRESS'
    >>> next_status("COMPLETED", "stop")
    Traceback (most recent call last):
    ...
    fusionflow_lab.errors.JobError: a job that is COMPLETED cannot stop
    try: what it can do now: queue
    """
    try:
        return _NEXT[status, action]
    except KeyError:
        possible = [act for known, act in _NEXT if known == status]
        raise JobError(
            f"a job that is {status} cannot {action.replace('_', ' ')}",
            hint=f"what it can do now: {', '.join(possible)}",
        ) from None


def has_ended(status: Status) -> bool:
    """Tell whether nothing more happens to a job of this status by itself.

    Examples
    --------
    >>> has_ended("STOPPED"), has_ended("STOPPING")
    (True, False)
    """
    return status in ENDED
