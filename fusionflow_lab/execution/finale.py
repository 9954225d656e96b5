"""The end of a plan: its final SQL here, on a worker, or bucket by bucket on all of them.

Merged states are few: they end here. Shipped rows end on a worker, whose memory is limited. States that are
large together are merged in buckets; what each group gives by itself (its columns, HAVING, the first rows of
an ORDER BY with LIMIT) is done in its bucket, the rest over what is left of all of them. Where many values of
DISTINCT spread a group over the buckets, these give parts of groups first, which are merged like any states.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial

import pyarrow as pa
from distributed import KilledWorker

from fusionflow_lab.execution.bucketing import Bucketing, Stored
from fusionflow_lab.execution.dispatch import Dispatcher
from fusionflow_lab.execution.finish import Finisher
from fusionflow_lab.execution.merging import Merger
from fusionflow_lab.execution.stage_run import StageRun
from fusionflow_lab.execution.tasks import FinalTask
from fusionflow_lab.planning.tables import groups_ddl, state_ddl
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
        stored = [Stored.of(run) for run in final if run.stage.kind == "aggregate"]
        large = [one for one in stored if one.large]
        if not large:
            if not self._plan.shipped or not runs:
                return await merger.evaluate(partial(self._finisher.result, runs))
            task = self._finisher.task(runs, self._dispatcher.job, {})
            return await self._on_worker(task)
        if self._plan.bucket_final is not None and len(final) == 1:
            return await self._by_buckets(large[0], self._plan.bucket_final, merger)
        parts = {one.stage.name: [*(await self._bucketing.rows(one)).states] for one in large}
        task = self._finisher.task(runs, self._dispatcher.job, parts)
        return await self._on_worker(task)

    async def _by_buckets(self, stored: Stored, final: BucketFinal, merger: Merger) -> Rows:
        if final.parts is not None:
            stored = await self._bucketing.rows(stored, final.parts.sql, final.parts.stage)
            if not stored.large:
                ddl = {stored.stage.name: state_ddl(stored.stage)}
                return await self._last(final.parts.final_sql, ddl, stored, merger)
        rows = await self._bucketing.rows(stored, final.bucket_sql)
        if not final.final_sql:
            return await asyncio.to_thread(self._finisher.joined, [*rows.states])
        return await self._last(final.final_sql, {"groups": groups_ddl(stored.stage, final)}, rows, merger)

    async def _last(self, sql: str, ddl: Mapping[str, Sequence[str]], rows: Stored, merger: Merger) -> Rows:
        """Run what is left of the final over what the buckets gave."""
        task = self._finisher.last_task(sql, ddl, rows.stage, self._dispatcher.job, [*rows.states])
        if not rows.large:
            return await merger.evaluate(partial(self._finisher.finished, task))
        return await self._on_worker(task)

    async def _on_worker(self, task: FinalTask) -> pa.Table:
        try:
            name = await self._dispatcher.run(task, str)
        except KilledWorker:
            raise memory_error(task.stages[0], memory=None) from None
        return await asyncio.to_thread(self._finisher.collect, name)
