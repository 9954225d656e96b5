"""Scan what is missing: a window of map tasks in flight, each tried again as its failure asks.

A finished task has put its state into the store; what it returns is a report, and that makes its leaf
arrive. Which failures end the job, which are tried again and where, is decided here and nowhere else.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import replace

from distributed import Future, KilledWorker
from distributed.client import FutureCancelledError

from fusionflow_lab.errors import (
    ChunkError,
    ClusterError,
    FusionflowError,
    QueryError,
    SourceChangedError,
    SourceError,
)
from fusionflow_lab.execution.boundaries import known_starts
from fusionflow_lab.execution.dispatch import Dispatcher, outcome
from fusionflow_lab.execution.merging import Merger
from fusionflow_lab.execution.progress import Listener
from fusionflow_lab.execution.stage_run import Leaf, StageRun
from fusionflow_lab.execution.tasks import MapReport, MapTask
from fusionflow_lab.query import Plan
from fusionflow_lab.states.store import StateStore

MAX_ATTEMPTS = 3


class WidenedError(Exception):
    """Values were met that a sniffed type does not hold: plan again with wider types.

    Parameters
    ----------
    stage
        Name of the stage whose source it is.
    types
        Wider DuckDB type by column ordinal.
    """

    def __init__(self, stage: str, types: dict[int, str]) -> None:
        super().__init__(stage, types)
        self.stage = stage
        self.types = types


class Scan:
    """The map tasks of a plan.

    Parameters
    ----------
    plan
        Whose settings the tasks apply.
    dispatcher
        Sends the tasks.
    merger
        Takes the leaves whose states are there.
    store
        Where the tasks put the states.
    listener
        Is told of chunks that failed.
    """

    def __init__(
        self,
        *,
        plan: Plan,
        dispatcher: Dispatcher,
        merger: Merger,
        store: StateStore,
        listener: Listener,
    ) -> None:
        self._plan = plan
        self._dispatcher = dispatcher
        self._merger = merger
        self._store = store
        self._listener = listener
        self._inflight: dict[asyncio.Task[MapReport], tuple[StageRun, int, Future]] = {}

    async def run(self, runs: Sequence[StageRun]) -> None:
        """Scan and merge until every one of these stages has what it needs."""
        while not all(run.satisfied() for run in runs) or not self._merger.idle:
            with self._dispatcher.sharing():
                await self._scan_waiting(runs)
            await self._merger.drain()

    async def cancel(self) -> None:
        """Cancel what is in flight."""
        inflight, self._inflight = self._inflight, {}
        for task in inflight:
            task.cancel()
        if inflight:
            await asyncio.gather(*inflight, return_exceptions=True)
            await self._dispatcher.cancel([future for _, _, future in inflight.values()])

    async def _scan_waiting(self, runs: Sequence[StageRun]) -> None:
        """Keep a window of tasks in flight until every stage has what it needs."""
        waiting = deque((run, place) for run in runs for place in run.waiting())
        while True:
            if all(run.satisfied() for run in runs):
                await self.cancel()
                return
            while waiting and len(self._inflight) < self._dispatcher.window:
                run, place = waiting.popleft()
                if not run.satisfied():
                    await self._submit(run, place)
            done, _ = await asyncio.wait(
                [*self._inflight, self._merger.task], return_when=asyncio.FIRST_COMPLETED
            )
            if self._merger.task in done:
                self._merger.task.result()
            for task in [task for task in self._inflight if task in done]:
                run, place, future = self._inflight.pop(task)
                future.release()
                if not await self._accept(run, place, task):
                    waiting.appendleft((run, place))

    async def _submit(self, run: StageRun, place: int) -> None:
        leaf = run.leaves[place]
        stage = replace(run.stage, source=replace(run.stage.source, files=()))
        task = MapTask(
            stage=stage,
            map_hash=run.map_hash,
            settings=self._plan.settings,
            chunks=leaf.chunks,
            store=self._store.folder.root,
            broadcast=run.broadcast,
        )
        future = await self._dispatcher.submit(task)
        leaf.attempts += 1
        self._inflight[asyncio.create_task(outcome(future, MapReport))] = (run, place, future)

    async def _accept(self, run: StageRun, place: int, task: asyncio.Task[MapReport]) -> bool:
        """Take a finished task; False where its leaf must be scanned again."""
        leaf = run.leaves[place]
        try:
            report = task.result()
        except FutureCancelledError as error:
            # The scheduler forgot the task: the cluster is lost, and asked for anew.
            self._listener.chunk_error(leaf, leaf.attempts, str(error))
            if leaf.attempts >= MAX_ATTEMPTS:
                raise ClusterError(
                    f"the connection to the cluster was lost: {error}",
                    hint="run the query again: finished work is kept",
                ) from None
            self._dispatcher.lose()
            return False
        except (SourceChangedError, FileNotFoundError, PermissionError):
            raise
        except (QueryError, SourceError):
            if not await self._start_over(run, leaf):
                raise
            return False
        except (KilledWorker, OSError, FusionflowError) as error:
            self._listener.chunk_error(leaf, leaf.attempts, str(error))
            if leaf.attempts >= MAX_ATTEMPTS:
                raise _chunk_failed(leaf, error) from error
            return False
        if report.widened:
            raise WidenedError(run.stage.name, dict(report.widened))
        if report.header is not None:
            leaf.arrived(report.name, report.header)
            self._merger.put(run, place)
        return True

    async def _start_over(self, run: StageRun, leaf: Leaf) -> bool:
        """Give a failed leaf proven record starts; False where it had them and failed all the same.

        A wrongly believed start shows the map rows that are not in the file, and such rows may fail.
        """
        if all(block.start is not None for chunk in leaf.chunks for block in chunk.blocks):
            return False
        locate = self._dispatcher.locator(run.stage.source.dialect)
        leaf.restart(await known_starts(leaf.chunks, locate))
        return True


def _chunk_failed(leaf: Leaf, error: Exception) -> ChunkError:
    first, last = leaf.chunks[0], leaf.chunks[-1]
    what = str(error).split("\n", 1)[0]
    return ChunkError(
        f"a chunk failed {leaf.attempts} times: {what}",
        where=f"{first.file.path}, byte {first.blocks[0].offset} … {last.file.path}, {last.blocks[-1].end}",
        hint="run the query again: finished chunks are kept; if it fails again, look at these bytes",
    )
