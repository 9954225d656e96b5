"""What is in flight: one Dask task for a leaf, and what failed flights say about it.

A dead worker takes every task with it that it held, so none of them is guilty yet: they become suspects,
and a suspect is run again alone. What dies alone is split, until the chunk is found that does it.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from distributed import Future

from fusionflow_lab.execution.stage_run import Leaf, StageRun

# A single chunk is guilty when the workers died that often while nothing else of the job was in flight.
SOLO_DEATHS = 2
FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 8.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """A leaf to scan, after ``pause`` seconds; ``deaths`` counts the workers that died of it alone."""

    run: StageRun
    leaf: Leaf
    pause: float = 0.0
    solo: bool = False
    deaths: int = 0


@dataclass(eq=False, kw_only=True, slots=True)
class Flight:
    """A task of some work; ``copied`` says that another one runs beside it."""

    work: Work
    future: Future | None = None
    begun: float = field(default_factory=time.monotonic)
    workers: tuple[str, ...] = ()
    copied: bool = False


def backoff(attempts: int) -> float:
    """Return the pause before a further attempt.

    Examples
    --------
    >>> [backoff(attempts) for attempts in (1, 2, 3, 20)]
    [0.25, 0.5, 1.0, 8.0]
    """
    return float(min(FIRST_PAUSE_SECONDS * 2 ** (attempts - 1), LONGEST_PAUSE_SECONDS))


class Waiting:
    """Work that waits to be submitted: first come first served, suspects alone at the end.

    Parameters
    ----------
    work
        In the order to scan it.
    """

    def __init__(self, work: Iterator[Work]) -> None:
        self._open = deque(work)
        self._suspects: deque[Work] = deque()

    def again(self, work: Work) -> None:
        """Take work that has to be tried again, ahead of what was never tried."""
        (self._suspects.append if work.solo else self._open.appendleft)(work)

    def take(self, *, inflight: int, window: int) -> Work | None:
        """Return what may be submitted now, or None."""
        if self._open and inflight < window:
            return self._open.popleft()
        if self._suspects and not self._open and not inflight:
            return self._suspects.popleft()
        return None
