"""Which tasks take so long that a copy elsewhere is worth its work.

A copy is always safe: states are stored under the names of their contents, and the first one wins. It
is only useful where a worker is slow or hangs while another one is well; when workers are gone, what is
late waits for them, and copies would only keep the others busy.
"""

from __future__ import annotations

import time
from bisect import insort
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

LEAST_SECONDS = 1.0
MEDIANS = 3.0
FRESH_SECONDS = 3.0
MISSING_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerSight:
    """A worker as the scheduler sees it: when it was heard of last, and the keys of its tasks."""

    last_seen: float
    keys: frozenset[object]


class Stragglers:
    """How long tasks of a job take, and how many workers there were of late.

    Examples
    --------
    >>> stragglers = Stragglers()
    >>> stragglers.limit()
    inf
    >>> for seconds in (0.5, 0.6, 0.7):
    ...     stragglers.finished(seconds)
    >>> round(stragglers.limit(), 1)
    1.8
    """

    def __init__(self) -> None:
        self._seconds: list[float] = []
        self._counts: deque[tuple[float, int]] = deque()

    def finished(self, seconds: float) -> None:
        """Note how long a task took, from its submission on."""
        insort(self._seconds, seconds)

    def limit(self) -> float:
        """Return the seconds after which a task is late; infinite as long as none has finished."""
        if not self._seconds:
            return float("inf")
        return max(LEAST_SECONDS, MEDIANS * self._seconds[len(self._seconds) // 2])

    def candidates(
        self, key: object, workers: Mapping[str, WorkerSight], now: float | None = None
    ) -> list[str]:
        """Return the workers that may run a copy of the task ``key``.

        They are well (heard of just now) and do not have the task themselves; none where workers were lost
        a short while ago.
        """
        now = time.monotonic() if now is None else now
        self._counts.append((now, len(workers)))
        while self._counts[0][0] < now - MISSING_SECONDS:
            self._counts.popleft()
        if len(workers) < max(count for _, count in self._counts):
            return []
        newest = max((worker.last_seen for worker in workers.values()), default=0.0)
        return sorted(
            address
            for address, worker in workers.items()
            if worker.last_seen > newest - FRESH_SECONDS and key not in worker.keys
        )
