"""Evaluators of a runner that wait for the next job: to open one takes longer than most jobs need it.

Each is lent to one job at a time. One whose job ended badly is closed: whatever is wrong with it ends there.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fusionflow_lab.states.evaluate import Evaluator
from fusionflow_lab.states.memory import RUNNER_BYTES

Settings = tuple[tuple[str, str], ...]

MOST_IDLE = 4


class Evaluators:
    """Evaluators by the settings of plans.

    Examples
    --------
    >>> evaluators = Evaluators()
    >>> async def answer() -> list[int]:
    ...     async with evaluators.lent((("TimeZone", "UTC"),)) as evaluator:
    ...         return evaluator.query("SELECT 42 AS answer").column("answer").to_pylist()
    >>> asyncio.run(answer())
    [42]
    >>> evaluators.close()
    """

    def __init__(self) -> None:
        self._idle: list[tuple[Settings, Evaluator]] = []
        self._lock = threading.Lock()
        self._closed = False

    @asynccontextmanager
    async def lent(self, settings: Settings) -> AsyncIterator[Evaluator]:
        """Lend an evaluator of these settings: one that waits, or a new one."""
        evaluator = self._taken(settings)
        if evaluator is None:
            evaluator = await asyncio.to_thread(Evaluator, settings, memory=RUNNER_BYTES)
        well = False
        try:
            yield evaluator
            well = True
        finally:
            self._back(settings, evaluator, well=well)

    def close(self) -> None:
        """Close those that wait; those that are lent are closed when they come back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for _, evaluator in idle:
            evaluator.close()

    def _taken(self, settings: Settings) -> Evaluator | None:
        with self._lock:
            for place, (known, evaluator) in enumerate(self._idle):
                if known == settings:
                    del self._idle[place]
                    return evaluator
        return None

    def _back(self, settings: Settings, evaluator: Evaluator, *, well: bool) -> None:
        gone = [evaluator]
        with self._lock:
            if well and not self._closed:
                self._idle.append((settings, evaluator))
                gone = [old for _, old in self._idle[:-MOST_IDLE]]
                del self._idle[:-MOST_IDLE]
        for old in gone:
            old.close()
