"""Merge states while the scan goes on, and preview what has been merged.

All work of the finisher happens in one thread: a merge never waits for a preview longer than that takes,
and the driver's loop waits for neither.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import TracebackType
from typing import Self, TypeVar

import pyarrow as pa

from fusionflow_lab.errors import StateError
from fusionflow_lab.execution.finish import Finisher
from fusionflow_lab.execution.merge_tree import FAN
from fusionflow_lab.execution.stage_run import Leaf, StageRun

T = TypeVar("T")

TICK_SECONDS = 0.25
PREVIEW_SHARE = 1 / 20


class Merger:
    """Takes leaves that have arrived and gives their states to the finisher, in the order of arrival.

    Parameters
    ----------
    finisher
        Merges states and runs the final SQL.
    """

    def __init__(self, finisher: Finisher) -> None:
        self._finisher = finisher
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="fusionflow-evaluate")
        self._arrived: asyncio.Queue[tuple[StageRun, Leaf]] = asyncio.Queue()
        self._merged = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Begin to merge."""
        self.task = asyncio.create_task(self._merge_arrived())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop merging."""
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        await asyncio.to_thread(self._thread.shutdown)

    @property
    def idle(self) -> bool:
        """Whether every leaf that arrived was taken up."""
        return self._arrived.empty()

    def put(self, run: StageRun, leaf: Leaf) -> None:
        """Take a leaf whose state is in the store."""
        self._arrived.put_nowait((run, leaf))

    def put_all(self, run: StageRun) -> None:
        """Take every leaf of a stage whose state is in the store."""
        for leaf in run.leaves:
            if leaf.header is not None:
                self.put(run, leaf)

    def forget(self, run: StageRun) -> None:
        """Drop what was merged of a stage, and merge what it has now."""
        self._finisher.forget(run)
        self.put_all(run)

    async def drain(self) -> None:
        """Wait until all that arrived is merged; raise what merging failed of."""
        await self._or_failure(self._arrived.join())

    async def evaluate(self, work: Callable[[], T]) -> T:
        """Do some work of the finisher in its thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def preview(
        self,
        runs: Sequence[StageRun],
        fraction: Callable[[], float],
        threads: Callable[[], int],
        tell: Callable[[float, pa.Table], None],
    ) -> None:
        """Preview what is there after a moment, later at most at a twentieth of the threads' time.

        A job that is over by then needs none.
        """
        await asyncio.sleep(TICK_SECONDS)
        while True:
            await self._merged.wait()
            self._merged.clear()
            begin = time.monotonic()
            done = fraction()
            if done < 1:
                table = await self.evaluate(partial(self._finisher.preview, runs))
                if table is not None:
                    tell(done, table)
            cost = (time.monotonic() - begin) / PREVIEW_SHARE / threads()
            await asyncio.sleep(max(TICK_SECONDS, cost))

    async def _merge_arrived(self) -> None:
        while True:
            arrived = [await self._arrived.get()]
            while len(arrived) < FAN and not self._arrived.empty():
                arrived.append(self._arrived.get_nowait())
            for run, leaf in await self.evaluate(partial(self._add, arrived)):
                run.restart([leaf], {})
            for _ in arrived:
                self._arrived.task_done()
            self._merged.set()

    def _add(self, arrived: Sequence[tuple[StageRun, Leaf]]) -> list[tuple[StageRun, Leaf]]:
        """Merge leaves, and return those whose states are gone or damaged."""
        lost = []
        for run, leaf in arrived:
            try:
                self._finisher.add(run, leaf)
            except StateError:
                lost.append((run, leaf))
        return lost

    async def _or_failure(self, work: Awaitable[None]) -> None:
        """Wait for ``work``, or for the failure of merging."""
        waiting = asyncio.ensure_future(work)
        await asyncio.wait([waiting, self.task], return_when=asyncio.FIRST_COMPLETED)
        if self.task.done():
            waiting.cancel()
            self.task.result()
