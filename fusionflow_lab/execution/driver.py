"""Drive one plan on a cluster: scan what is missing, merge and preview meanwhile, prove, finish.

The driver knows nothing of notebooks, databases or threads of the caller: it needs a Dask client, a
store of states and someone to tell. Dask futures carry reports only; the states are in the store,
so a worker's death costs the tasks it was running and nothing else::

    Scan ── tasks ──► Dispatcher ──► workers ──► state store
      └── leaves that arrived ──► Merger ──► previews, result
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from functools import partial

import pyarrow as pa

from fusionflow_lab.errors import ChunkError, StateError
from fusionflow_lab.execution.boundaries import Starts, wrong_starts
from fusionflow_lab.execution.chunk_map import ChunkMap
from fusionflow_lab.execution.dispatch import Dispatcher
from fusionflow_lab.execution.finale import Finale
from fusionflow_lab.execution.finish import Finisher
from fusionflow_lab.execution.merging import TICK_SECONDS, Merger
from fusionflow_lab.execution.progress import Listener, Progress, measure
from fusionflow_lab.execution.recognize import recognize
from fusionflow_lab.execution.scan import Scan
from fusionflow_lab.execution.stage_run import StageRun
from fusionflow_lab.execution.uncollected import uncollected
from fusionflow_lab.execution.written import task_parts, usable_states
from fusionflow_lab.query import Plan, Stage
from fusionflow_lab.states.kept_rows import Rows
from fusionflow_lab.states.store import BUCKETS, StateHeader, StateStore

MAX_PROOFS = 4
SAMPLE_NOTICE = f"there are too many groups to merge them for previews: one in {BUCKETS} is shown"
PROGRESS_SHARE = 1 / 20
MAP_SECONDS = 1.0


class Driver:
    """One run of one plan.

    Parameters
    ----------
    dispatcher
        Sends the job's tasks.
    plan
        What to run.
    identify
        Gives the map hash of a stage, from it and the digests of its broadcast tables.
    store
        Where the states go.
    finisher
        Merges states and runs the final SQL.
    listener
        Is told of progress, previews and chunk errors.
    use_cache
        Whether states that the store holds are used.
    allow_failed
        Whether to finish without chunks that cannot be read.
    """

    def __init__(
        self,
        *,
        dispatcher: Dispatcher,
        plan: Plan,
        identify: Callable[[Stage, Sequence[str]], str],
        store: StateStore,
        finisher: Finisher,
        listener: Listener,
        use_cache: bool = True,
        allow_failed: bool = False,
    ) -> None:
        self._allow_failed = allow_failed
        self._dispatcher = dispatcher
        self._plan = plan
        self._store = store
        self._finisher = finisher
        self._listener = listener
        self._identify = identify
        self._use_cache = use_cache
        self.runs = [
            StageRun(stage, "", {}) if stage.broadcast else StageRun(stage, *self._known(stage, ()))
            for stage in plan.stages
        ]
        self._map = ChunkMap(self.runs)
        self._finale = Finale(plan, dispatcher, store, finisher)
        self._started = time.monotonic()
        self._reading: Callable[[], int] = int
        self._sampled = False

    async def run(self) -> Rows:
        """Run to the end and return the exact result; of very many groups as a stream.

        Raises
        ------
        WidenedError
            Plan again with wider types.
        BroadcastError
            Plan again without the broadcast tables, one of which is too large.
        QueryError, SourceError, OSError
            The query or the files are at fault.
        ChunkError
            A chunk failed on every attempt.
        ClusterError
            The cluster went away.
        """
        async with Merger(self._finisher) as merger:
            scan = Scan(
                plan=self._plan,
                dispatcher=self._dispatcher,
                merger=merger,
                store=self._store,
                listener=self._listener,
                allow_failed=self._allow_failed,
            )
            self._reading = scan.reading
            tellers = [
                asyncio.create_task(self._tell_progress()),
                asyncio.create_task(self._tell_chunks()),
                asyncio.create_task(self._tell_previews(merger)),
            ]
            try:
                for wave in self._waves():
                    await self._start(wave, merger)
                    await scan.run(wave)
                    await self._prove(wave, scan, merger)
                self._listener.progress(self._progress())
                return await self._finished(scan, merger)
            finally:
                for teller in tellers:
                    teller.cancel()
                await scan.cancel()
                await asyncio.gather(*tellers, return_exceptions=True)
                # What is kept, also where the job is stopped between two ticks.
                self._listener.progress(self._progress(reading=0))
                self._tell_map(live=False)

    async def _finished(self, scan: Scan, merger: Merger) -> Rows:
        """Run the final SQL; a state that turns out to be gone or damaged is scanned again."""
        for _ in range(MAX_PROOFS):
            try:
                return await self._result(merger)
            except StateError as error:
                lost = [(run, leaf) for run in self.runs for leaf in run.stored() if leaf.name == error.where]
                if not lost:
                    raise
                for run, leaf in lost:
                    run.restart([leaf], {})
                    merger.forget(run)
                await scan.run(self.runs)
                await self._prove(self.runs, scan, merger)
        return await self._result(merger)

    async def _result(self, merger: Merger) -> Rows:
        """Return the rows of the answer, or the table of the files that hold them."""
        sink = self._plan.sink
        if sink is None:
            return await self._finale.result(self.runs, merger)
        area = self._dispatcher.job
        if any(run.stage.sink is not None for run in self.runs):
            parts = await merger.evaluate(partial(task_parts, sink, self._store, self.runs))
        else:
            rows = await self._finale.result(self.runs, merger)
            parts = await merger.evaluate(partial(self._finisher.written, rows, sink, area))
        if sink.single or not (parts.num_rows or sink.partition_by):
            head = await merger.evaluate(partial(self._finisher.head, sink, area))
            parts = pa.concat_tables([head, parts])
        return parts

    # -- stages one after the other --------------------------------------------------------------

    def _waves(self) -> list[list[StageRun]]:
        """Group the stages: those of a wave need broadcast tables of earlier waves only."""
        ranks: dict[str, int] = {}
        waves: list[list[StageRun]] = []
        for run in self.runs:
            before = [ranks[name] for broadcast in run.stage.broadcast for name in broadcast.stages]
            rank = 1 + max(before, default=-1)
            ranks[run.stage.name] = rank
            if rank == len(waves):
                waves.append([])
            waves[rank].append(run)
        return waves

    def _known(self, stage: Stage, broadcast: Sequence[str]) -> tuple[str, dict[str, StateHeader]]:
        """Return the map hash of a stage and the states of it that may be used."""
        map_hash = self._identify(stage, broadcast)
        with uncollected():
            known = self._store.headers(map_hash) if self._use_cache or stage.sink is not None else {}
        if stage.sink is not None:
            known = usable_states(stage.sink, self._store, known, use=self._use_cache)
        return map_hash, known

    async def _start(self, wave: Sequence[StageRun], merger: Merger) -> None:
        """Make the broadcast tables of a wave; what they are made of has been proven."""
        digests: dict[str, str] = {}
        for run in wave:
            for broadcast in run.stage.broadcast:
                if broadcast.name not in digests:
                    make = partial(self._finisher.broadcast, broadcast, self.runs)
                    digests[broadcast.name] = await merger.evaluate(make)
            if run.stage.broadcast:
                tables = [digests[broadcast.name] for broadcast in run.stage.broadcast]
                run.begin(*self._known(run.stage, tables), tables)
            await recognize(run, self._dispatcher, self._store, self._plan.settings)
            await asyncio.to_thread(self._store.used, [leaf.name for leaf in run.leaves if leaf.reused])
            merger.put_all(run)

    # -- proving ---------------------------------------------------------------------------------

    async def _prove(self, runs: Sequence[StageRun], scan: Scan, merger: Merger) -> None:
        """Scan again what was read from a wrong start, until every chain of records is proven."""
        for _ in range(MAX_PROOFS):
            with uncollected():
                wrong = [
                    await wrong_starts(run.needed(), self._dispatcher.locator(run.stage.source))
                    for run in runs
                ]
            if not any(wrong):
                return
            for run, starts in zip(runs, wrong, strict=True):
                if self._restart(run, starts):
                    merger.forget(run)
            await scan.run(runs)
        raise ChunkError(
            "the record boundaries of a file could not be proven",
            where=runs[0].stage.source.pattern,
            hint="check the quotes of the file, or give read_csv the right quote character",
        )

    def _restart(self, run: StageRun, starts: Starts) -> bool:
        """Scan again the leaves of these blocks; False where there are none."""
        again = [
            leaf
            for leaf in run.leaves
            if any(
                (chunk.file.path, block.offset) in starts for chunk in leaf.chunks for block in chunk.blocks
            )
        ]
        self._store.delete([leaf.name for leaf in again])
        run.restart(again, starts)
        return bool(again)

    # -- progress and previews -------------------------------------------------------------------

    async def _tell_progress(self) -> None:
        """Tell at every tick; of very many leaves less often, for measuring looks at each."""
        while True:
            begin = time.monotonic()
            self._listener.progress(self._progress())
            await asyncio.sleep(max(TICK_SECONDS, (time.monotonic() - begin) / PROGRESS_SHARE))

    async def _tell_chunks(self) -> None:
        """Tell what became of each chunk; of very many less often."""
        took = 0.0
        while True:
            await asyncio.sleep(max(MAP_SECONDS, took / PROGRESS_SHARE))
            begin = time.monotonic()
            self._tell_map(live=True)
            took = time.monotonic() - begin

    def _tell_map(self, *, live: bool) -> None:
        rows = self._map.rows(live=live)
        if rows:
            self._listener.chunks(rows)

    async def _tell_previews(self, merger: Merger) -> None:
        def tell(fraction: float, table: pa.Table) -> None:
            if self._finisher.sampled and not self._sampled:
                self._sampled = True
                self._listener.notice("sample", SAMPLE_NOTICE)
            self._listener.progress(self._progress())  # nobody sees rows of chunks that are not counted yet
            self._listener.preview(fraction, table)

        await merger.preview(
            self.runs,
            fraction=lambda: self._progress(reading=0).fraction,
            threads=lambda: self._dispatcher.threads,
            tell=tell,
        )

    def _progress(self, *, reading: int | None = None) -> Progress:
        """Measure the progress; ``reading`` is what running tasks have read, asked for where it is None."""
        return measure(
            self.runs,
            seconds=time.monotonic() - self._started,
            workers=self._dispatcher.threads,
            reading=self._reading() if reading is None else reading,
        )
