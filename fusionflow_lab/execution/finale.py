"""The end of a plan: its final SQL here, on a worker, or bucket by bucket on all of them.

Merged states are few: they end here. Shipped rows end on a worker, whose memory is limited. States that are
large together are merged in buckets; what each group gives by itself (its columns, HAVING, the first rows of
an ORDER BY with LIMIT) is done in its bucket, the rest over what is left of all of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

import pyarrow as pa
from distributed import KilledWorker

from fusionflow_lab.execution.bucketing import Bucketing
from fusionflow_lab.execution.dispatch import Dispatcher
from fusionflow_lab.execution.finish import Finisher
from fusionflow_lab.execution.large import is_large, is_much
from fusionflow_lab.execution.merging import Merger
from fusionflow_lab.execution.stage_run import StageRun
from fusionflow_lab.execution.tasks import FinalTask
from fusionflow_lab.query import BucketFinal, Plan
from fusionflow_lab.states.kept_rows import Rows
from fusionflow_lab.states.memory import memory_error
from fusionflow_lab.states.store import StateStore


class Finale:
    """Ends one plan.

    Parameters
    ----------
    plan
        The plan.
    dispatcher
        Sends tasks.
    store
        Where the states are.
    finisher
        Has merged the states, and runs the final SQL here.
    """

    def __init__(self, plan: Plan, dispatcher: Dispatcher, store: StateStore, finisher: Finisher) -> None:
        self._plan = plan
        self._dispatcher = dispatcher
        self._store = store
        self._finisher = finisher
        self._bucketing = Bucketing(plan, dispatcher, store)

    async def result(self, runs: Sequence[StageRun], merger: Merger) -> Rows:
        """Run the final SQL over all states.

        Raises
        ------
        QueryError
            The SQL fails on the rows, or they do not fit into memory.
        StateError
            A state is gone or damaged.
        """
        final = [run for run in runs if run.stage in self._plan.final_stages]
        large = [run for run in final if run.stage.kind == "aggregate" and is_large(run.stored())]
        if not large:
            if not self._plan.shipped or not runs:
                return await merger.evaluate(partial(self._finisher.result, runs))
            task = self._finisher.task(runs, self._dispatcher.job, {})
            return await self._on_worker(task)
        if self._plan.bucket_final is not None and len(final) == 1:
            return await self._by_buckets(large[0], self._plan.bucket_final, merger)
        parts = {run.stage.name: await self._bucketing.rows(run) for run in large}
        task = self._finisher.task(runs, self._dispatcher.job, parts)
        return await self._on_worker(task)

    async def _by_buckets(self, run: StageRun, final: BucketFinal, merger: Merger) -> Rows:
        parts = await self._bucketing.rows(run, final.bucket_sql)
        if not final.final_sql:
            return await asyncio.to_thread(self._finisher.joined, parts)
        task = self._finisher.last_task(run.stage, final, self._dispatcher.job, parts)
        headers = self._store.headers(parts[0].partition("/")[0])
        kept = [headers[part] for part in parts if part in headers]
        if not is_much(kept):
            return await merger.evaluate(partial(self._finisher.finished, task))
        return await self._on_worker(task)

    async def _on_worker(self, task: FinalTask) -> pa.Table:
        try:
            name = await self._dispatcher.run(task, str)
        except KilledWorker:
            raise memory_error(task.stages[0], memory=None) from None
        return await asyncio.to_thread(self._finisher.collect, name)
