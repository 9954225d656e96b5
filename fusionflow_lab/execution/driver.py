"""Drive one plan on a cluster: a window of map tasks, states merged as they come, previews, the end.

The driver knows nothing of notebooks, databases or threads of the caller: it needs a Dask client, a
store of states and someone to tell. Dask futures carry reports only; the states are in the store,
so a worker's death costs the tasks it was running and nothing else.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TypeVar

import pyarrow as pa
from distributed import Client, Future, KilledWorker
from distributed.client import FutureCancelledError

from fusionflow_lab.errors import (
    ChunkError,
    ClusterError,
    FusionflowError,
    QueryError,
    SourceChangedError,
    SourceError,
    StateError,
)
from fusionflow_lab.execution.boundaries import Break, Starts, wrong_starts
from fusionflow_lab.execution.finish import Finisher
from fusionflow_lab.execution.plugin import RESOURCE
from fusionflow_lab.execution.progress import Listener, Progress, measure
from fusionflow_lab.execution.stage_run import Leaf, StageRun
from fusionflow_lab.execution.tasks import FinalTask, LocateTask, MapReport, MapTask, run_task
from fusionflow_lab.query import Plan
from fusionflow_lab.states.store import StateStore

T = TypeVar("T")

MAX_ATTEMPTS = 3
MAX_PROOFS = 4
TICK_SECONDS = 0.25


class WidenedError(Exception):
    """Values were met that a sniffed type does not hold: plan again with wider types.

    Parameters
    ----------
    stage
        Name of the stage whose source it is.
    types
        Wider DuckDB type by column ordinal.
    """

    def __init__(self, stage: str, types: Mapping[int, str]) -> None:
        super().__init__(stage, types)
        self.stage = stage
        self.types = dict(types)


class Driver:
    """One run of one plan.

    Parameters
    ----------
    job
        Names the Dask tasks.
    plan
        What to run.
    hashes
        Map hash of each stage, by stage name.
    client
        Gives an asynchronous Dask client whose workers have our plugin; asked only when there is something
        to run, so that a query whose states are all known needs no cluster, and given the one that was lost.
    store
        Where the states go.
    finisher
        Merges states and runs the final SQL.
    listener
        Is told of progress, previews and chunk errors.
    use_cache
        Whether states that the store holds are used.
    """

    def __init__(
        self,
        *,
        job: str,
        plan: Plan,
        hashes: Mapping[str, str],
        client: Callable[[Client | None], Awaitable[Client]],
        store: StateStore,
        finisher: Finisher,
        listener: Listener,
        use_cache: bool = True,
    ) -> None:
        self._job = job
        self._plan = plan
        self._open_client = client
        self._client: Client | None = None
        self._lost: Client | None = None
        self._store = store
        self._finisher = finisher
        self._listener = listener
        self.runs = [
            StageRun(stage, hashes[stage.name], store.headers(hashes[stage.name]) if use_cache else {})
            for stage in plan.stages
        ]
        self._threads = 1
        self._submitted = 0
        self._inflight: dict[asyncio.Task[MapReport], tuple[StageRun, int, Future]] = {}
        self._started = time.monotonic()
        self._evaluating = ThreadPoolExecutor(1, thread_name_prefix="fusionflow-evaluate")
        self._arrived: asyncio.Queue[tuple[StageRun, int]] = asyncio.Queue()
        self._merged = asyncio.Event()

    async def run(self) -> pa.Table:
        """Run to the end and return the exact result.

        Raises
        ------
        WidenedError
            Plan again with wider types.
        QueryError, SourceError, OSError
            The query or the files are at fault.
        ChunkError
            A chunk failed on every attempt.
        ClusterError
            The cluster went away.
        """
        merger = asyncio.create_task(self._merge_arrived())
        helpers = [
            merger,
            asyncio.create_task(self._tell_progress()),
            asyncio.create_task(self._tell_previews()),
        ]
        try:
            for run in self.runs:
                for place, leaf in enumerate(run.leaves):
                    if leaf.header is not None:
                        self._arrived.put_nowait((run, place))
            await self._scan_all(merger)
            await self._prove(merger)
            self._listener.progress(self._progress())
            return await self._finish()
        finally:
            for helper in helpers:
                helper.cancel()
            await self._cancel_inflight()
            await asyncio.gather(*helpers, return_exceptions=True)
            await asyncio.to_thread(self._evaluating.shutdown)

    async def _finish(self) -> pa.Table:
        """Run the final SQL: shipped rows on a worker, whose memory is limited; merged states here."""
        if not self._plan.gathered or not self.runs:
            return await self._evaluate(partial(self._finisher.result, self.runs))
        task = self._finisher.task(self.runs, self._job)
        try:
            name = await _result(await self._submit_task(task), str)
        except KilledWorker:
            raise QueryError(
                f"the shipped rows did not fit into one worker's memory ({self._plan.gathered})",
                hint="filter or select less, or give the workers more memory",
            ) from None
        return self._finisher.collect(name)

    async def _evaluate(self, work: partial[T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._evaluating, work)

    # -- scanning --------------------------------------------------------------------------------

    async def _scan_all(self, merger: asyncio.Task[None]) -> None:
        """Scan and merge until every stage has what it needs."""
        while not all(run.satisfied() for run in self.runs) or not self._arrived.empty():
            await self._scan_waiting(merger)
            await self._watch(merger, self._arrived.join())

    async def _scan_waiting(self, merger: asyncio.Task[None]) -> None:
        """Keep a window of tasks in flight until every stage has what it needs."""
        waiting = deque((run, place) for run in self.runs for place in run.waiting())
        while True:
            if all(run.satisfied() for run in self.runs):
                await self._cancel_inflight()
                return
            while waiting and len(self._inflight) < 2 * self._threads:
                run, place = waiting.popleft()
                if not run.satisfied():
                    await self._submit(run, place)
            done, _ = await asyncio.wait([*self._inflight, merger], return_when=asyncio.FIRST_COMPLETED)
            if merger in done:
                merger.result()
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
        )
        future = await self._submit_task(task)
        leaf.attempts += 1
        self._inflight[asyncio.create_task(_result(future, MapReport))] = (run, place, future)

    async def _submit_task(self, task: MapTask | LocateTask | FinalTask, *, priority: int = 0) -> Future:
        """Submit one task; tuple keys make one group per job on the scheduler, not one per task."""
        if self._client is None:
            self._client = await self._open_client(self._lost)
            self._threads = max(1, sum((await self._client.nthreads()).values()))
        key = (f"fusionflow-{self._job}", self._submitted)
        self._submitted += 1
        return self._client.submit(
            run_task, task, key=key, pure=False, retries=0, resources={RESOURCE: 1}, priority=priority
        )

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
            self._lost, self._client = self._client or self._lost, None
            return False
        except (SourceChangedError, FileNotFoundError, PermissionError):
            raise
        except (QueryError, SourceError):
            if not await self._start_over(leaf):
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
            self._arrived.put_nowait((run, place))
        return True

    async def _start_over(self, leaf: Leaf) -> bool:
        """Give a failed leaf proven record starts; False where it had them and failed all the same.

        A wrongly believed start shows the map rows that are not in the file, and such rows may fail.
        """
        if all(block.start is not None for chunk in leaf.chunks for block in chunk.blocks):
            return False
        starts: Starts = {}
        for chunk in leaf.chunks:
            offsets = tuple(block.offset for block in chunk.blocks if block.offset > chunk.file.data_start)
            order = tuple(sorted(offsets))
            found = await self._locate(
                Break(file=chunk.file, start=chunk.file.data_start, offsets=order, believed=(0,) * len(order))
            )
            starts.update(
                ((chunk.file.path, offset), start) for offset, start in zip(order, found, strict=True)
            )
        leaf.restart(starts)
        return True

    # -- proving ---------------------------------------------------------------------------------

    async def _prove(self, merger: asyncio.Task[None]) -> None:
        """Scan again what was read from a wrong start, until every chain of records is proven."""
        for _ in range(MAX_PROOFS):
            wrong = [await wrong_starts(run.needed(), self._locate) for run in self.runs]
            if not any(wrong):
                return
            for run, starts in zip(self.runs, wrong, strict=True):
                self._restart(run, starts)
            await self._scan_all(merger)
        raise ChunkError(
            "the record boundaries of a file could not be proven",
            where=self.runs[0].stage.source.pattern,
            hint="check the quotes of the file, or give read_csv the right quote character",
        )

    def _restart(self, run: StageRun, starts: Starts) -> None:
        again = [
            leaf
            for leaf in run.leaves
            if any(
                (chunk.file.path, block.offset) in starts for chunk in leaf.chunks for block in chunk.blocks
            )
        ]
        if not again:
            return
        self._store.delete([leaf.name for leaf in again])
        for leaf in again:
            leaf.restart(starts)
        self._finisher.forget(run)
        for place, leaf in enumerate(run.leaves):
            if leaf.header is not None:
                self._arrived.put_nowait((run, place))

    async def _locate(self, gap: Break) -> list[int]:
        task = LocateTask(
            path=gap.file.path,
            dialect=self.runs[0].stage.source.dialect,
            start=gap.start,
            offsets=gap.offsets,
            believed=gap.believed,
        )
        return await _result(await self._submit_task(task, priority=10), list)

    # -- merging, progress, previews ---------------------------------------------------------------

    async def _merge_arrived(self) -> None:
        """Merge states in the evaluating thread, while the scan goes on."""
        while True:
            run, place = await self._arrived.get()
            try:
                await self._evaluate(partial(self._finisher.add, run, place))
            except StateError:
                run.leaves[place].restart({})
            self._arrived.task_done()
            self._merged.set()

    async def _watch(self, merger: asyncio.Task[None], work: Awaitable[None]) -> None:
        """Wait for ``work``, or for the merger's failure."""
        waiting = asyncio.ensure_future(work)
        await asyncio.wait([waiting, merger], return_when=asyncio.FIRST_COMPLETED)
        if merger.done():
            waiting.cancel()
            merger.result()

    async def _tell_progress(self) -> None:
        while True:
            self._listener.progress(self._progress())
            await asyncio.sleep(TICK_SECONDS)

    async def _tell_previews(self) -> None:
        """Preview the first state at once, later ones at most at a twentieth of the threads' time."""
        while True:
            await self._merged.wait()
            self._merged.clear()
            progress = self._progress()
            if progress.chunks_done == progress.chunks_total:
                continue
            begin = time.monotonic()
            table = await self._evaluate(partial(self._finisher.preview, self.runs))
            if table is not None:
                self._listener.preview(progress.bytes_done / max(progress.bytes_total, 1), table)
            await asyncio.sleep(max(TICK_SECONDS, (time.monotonic() - begin) * 20 / self._threads))

    def _progress(self) -> Progress:
        return measure(self.runs, seconds=time.monotonic() - self._started, workers=self._threads)

    async def _cancel_inflight(self) -> None:
        inflight, self._inflight = self._inflight, {}
        for task in inflight:
            task.cancel()
        if inflight and self._client is not None:
            await asyncio.gather(*inflight, return_exceptions=True)
            with suppress(OSError, TimeoutError):
                await self._client.cancel([future for _, _, future in inflight.values()])


async def _result(future: Future, kind: type[T]) -> T:
    """Wait for a task's outcome; an error that it returned is raised."""
    outcome = await future
    if isinstance(outcome, kind):
        return outcome
    raise outcome


def _chunk_failed(leaf: Leaf, error: Exception) -> ChunkError:
    first, last = leaf.chunks[0], leaf.chunks[-1]
    what = str(error).split("\n", 1)[0]
    return ChunkError(
        f"a chunk failed {leaf.attempts} times: {what}",
        where=f"{first.file.path}, byte {first.blocks[0].offset} … {last.file.path}, {last.blocks[-1].end}",
        hint="run the query again: finished chunks are kept; if it fails again, look at these bytes",
    )
