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
from collections.abc import Mapping
from functools import partial

import pyarrow as pa
from distributed import KilledWorker

from fusionflow_lab.errors import ChunkError, QueryError
from fusionflow_lab.execution.boundaries import Starts, wrong_starts
from fusionflow_lab.execution.dispatch import Dispatcher
from fusionflow_lab.execution.finish import Finisher
from fusionflow_lab.execution.merging import TICK_SECONDS, Merger
from fusionflow_lab.execution.progress import Listener, Progress, measure
from fusionflow_lab.execution.scan import Scan
from fusionflow_lab.execution.stage_run import StageRun
from fusionflow_lab.query import Plan
from fusionflow_lab.states.store import StateStore

MAX_PROOFS = 4


class Driver:
    """One run of one plan.

    Parameters
    ----------
    dispatcher
        Sends the job's tasks.
    plan
        What to run.
    hashes
        Map hash of each stage, by stage name.
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
        dispatcher: Dispatcher,
        plan: Plan,
        hashes: Mapping[str, str],
        store: StateStore,
        finisher: Finisher,
        listener: Listener,
        use_cache: bool = True,
    ) -> None:
        self._dispatcher = dispatcher
        self._plan = plan
        self._store = store
        self._finisher = finisher
        self._listener = listener
        self.runs = [
            StageRun(stage, hashes[stage.name], store.headers(hashes[stage.name]) if use_cache else {})
            for stage in plan.stages
        ]
        self._started = time.monotonic()

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
        async with Merger(self._finisher) as merger:
            scan = Scan(
                plan=self._plan,
                runs=self.runs,
                dispatcher=self._dispatcher,
                merger=merger,
                store=self._store,
                listener=self._listener,
            )
            tellers = [
                asyncio.create_task(self._tell_progress()),
                asyncio.create_task(self._tell_previews(merger)),
            ]
            try:
                for run in self.runs:
                    merger.put_all(run)
                await scan.run()
                await self._prove(scan, merger)
                self._listener.progress(self._progress())
                return await self._finish(merger)
            finally:
                for teller in tellers:
                    teller.cancel()
                await scan.cancel()
                await asyncio.gather(*tellers, return_exceptions=True)

    async def _finish(self, merger: Merger) -> pa.Table:
        """Run the final SQL: shipped rows on a worker, whose memory is limited; merged states here."""
        if not self._plan.gathered or not self.runs:
            return await merger.evaluate(partial(self._finisher.result, self.runs))
        try:
            name = await self._dispatcher.run(self._finisher.task(self.runs, self._dispatcher.job), str)
        except KilledWorker:
            raise QueryError(
                f"the shipped rows did not fit into one worker's memory ({self._plan.gathered})",
                hint="filter or select less, or give the workers more memory",
            ) from None
        return self._finisher.collect(name)

    # -- proving ---------------------------------------------------------------------------------

    async def _prove(self, scan: Scan, merger: Merger) -> None:
        """Scan again what was read from a wrong start, until every chain of records is proven."""
        for _ in range(MAX_PROOFS):
            wrong = [
                await wrong_starts(run.needed(), self._dispatcher.locator(run.stage.source.dialect))
                for run in self.runs
            ]
            if not any(wrong):
                return
            for run, starts in zip(self.runs, wrong, strict=True):
                if self._restart(run, starts):
                    merger.forget(run)
            await scan.run()
        raise ChunkError(
            "the record boundaries of a file could not be proven",
            where=self.runs[0].stage.source.pattern,
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
        for leaf in again:
            leaf.restart(starts)
        return bool(again)

    # -- progress and previews -------------------------------------------------------------------

    async def _tell_progress(self) -> None:
        while True:
            self._listener.progress(self._progress())
            await asyncio.sleep(TICK_SECONDS)

    async def _tell_previews(self, merger: Merger) -> None:
        await merger.preview(
            self.runs,
            fraction=lambda: self._progress().fraction,
            threads=lambda: self._dispatcher.threads,
            tell=self._listener.preview,
        )

    def _progress(self) -> Progress:
        seconds = time.monotonic() - self._started
        return measure(self.runs, seconds=seconds, workers=self._dispatcher.threads)
