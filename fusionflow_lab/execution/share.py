"""Share one cluster among the jobs of a runner: fair is who keeps how many tasks in flight.

Dask runs what it is given in the order it is given, so a job that submits everything makes all others
wait. Here every job that has something to scan holds its part of one window, and takes the rest over
as soon as it is alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fusionflow_lab.execution.readings import Readings

TASKS_PER_THREAD = 2
_MOST_DOUBLINGS = 6
_LEAST_TASK_BYTES = 1 << 20


class Share:
    """The window of tasks of one cluster, divided among jobs by their priorities.

    A job of priority *p + 1* gets twice the window of one of priority *p*, and its tasks go first.

    Examples
    --------
    >>> share = Share()
    >>> with share.joined("a"):
    ...     alone = share.window("a", threads=8)
    ...     with share.joined("b", priority=1):
    ...         alone, share.window("a", threads=8), share.window("b", threads=8)
    (16, 5, 11)
    """

    def __init__(self) -> None:
        self._weights: dict[str, float] = {}
        self.readings = Readings()
        """What the running tasks of all jobs have read."""

    @contextmanager
    def joined(self, job: str, *, priority: int = 0, task_bytes: int = 0) -> Iterator[None]:
        """Hold a part of the window while a job has something to scan.

        What is fair is time, not tasks: a job with small tasks (``task_bytes``) has more of them in flight.
        """
        weight = 2.0 ** min(max(priority, -_MOST_DOUBLINGS), _MOST_DOUBLINGS)
        self._weights[job] = weight / max(task_bytes, _LEAST_TASK_BYTES)
        try:
            yield
        finally:
            self._weights.pop(job, None)

    def window(self, job: str, *, threads: int) -> int:
        """Return how many tasks the job may have in flight now: at least one."""
        part = self._weights[job] / sum(self._weights.values())
        return max(1, round(TASKS_PER_THREAD * threads * part))
