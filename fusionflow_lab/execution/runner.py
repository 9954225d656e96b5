"""Drive jobs: claim one, plan it, run it, plan again where types widen, write down how it ended.

In this version a runner lives in the client's process, in a thread of its own; it needs nothing of
that process but the job store, the state store and a way to the cluster.
"""

from __future__ import annotations

import asyncio
import os
import platform
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

import pyarrow as pa
from distributed import Client

from fusionflow_lab.errors import FusionflowError
from fusionflow_lab.execution.dispatch import Dispatcher
from fusionflow_lab.execution.driver import Driver
from fusionflow_lab.execution.finish import BroadcastError, Finisher
from fusionflow_lab.execution.publisher import FencedError, Publisher
from fusionflow_lab.execution.rejects import reject_table
from fusionflow_lab.execution.scan import WidenedError
from fusionflow_lab.execution.share import Share
from fusionflow_lab.jobs.feed import JobFeed
from fusionflow_lab.jobs.records import JobFailure
from fusionflow_lab.jobs.rows import JobChanges
from fusionflow_lab.jobs.store import LEASE_SECONDS, JobStore
from fusionflow_lab.planning.catalog import Catalog
from fusionflow_lab.planning.plan import Planner, map_hash
from fusionflow_lab.planning.tables import state_ddl
from fusionflow_lab.query import Counters, Plan, Query
from fusionflow_lab.results.result import Result
from fusionflow_lab.states.evaluate import Evaluator
from fusionflow_lab.states.store import StateStore
from fusionflow_lab.storage import Folder


@dataclass(frozen=True, kw_only=True, slots=True)
class Stores:
    """Where a runner keeps what outlives it."""

    jobs: JobStore
    states: StateStore
    results: Folder


class Runner:
    """Drives jobs on one cluster.

    Parameters
    ----------
    stores
        Jobs, states and results.
    catalog
        Knows the sources.
    planner
        Makes the plans.
    client
        Gives the Dask client, opening the cluster at the first call.
    """

    def __init__(
        self,
        *,
        stores: Stores,
        catalog: Catalog,
        planner: Planner,
        client: Callable[[Client | None], Awaitable[Client]],
    ) -> None:
        self._stores = stores
        self._catalog = catalog
        self._planner = planner
        self._client = client
        self._share = Share()
        self.holder = f"{platform.node()}:{os.getpid()}"

    def plan(self, query: Query) -> Plan:
        """Plan a query; see ``Planner.plan``."""
        return self._planner.plan(query)

    def claim(self, job: str) -> int:
        """Take the lease of a job and return the epoch to drive it under."""
        return self._stores.jobs.claim(job, self.holder)

    async def drive(self, job: str, epoch: int, query: Query, plan: Plan, feed: JobFeed) -> Result:
        """Drive a claimed job to its end and return its result; what it raises is in the job's row too."""
        publisher = Publisher(job=job, epoch=epoch, store=self._stores.jobs, feed=feed)
        helpers = [
            asyncio.create_task(publisher.write_live()),
            asyncio.create_task(self._renew(job, epoch, asyncio.current_task())),
        ]
        try:
            await publisher.advance("queue")
            await publisher.advance("start")
            result = await self._run(job, query, plan, publisher)
        except asyncio.CancelledError:
            await self._stopped(publisher, feed)
            raise
        except Exception as error:  # the job's entry: whatever it was, it goes into its row
            if isinstance(error, FencedError):
                raise
            if isinstance(error, FusionflowError):
                error.job_id = job
            await publisher.advance(
                "fail", message=str(error), changes=JobChanges(error=JobFailure.of(error))
            )
            raise
        else:
            changes = JobChanges(counters=result.counters, result_ref=f"{job}.arrow")
            await publisher.advance("complete", message=_remarks(result.counters), changes=changes)
            return result
        finally:
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)

    async def _stopped(self, publisher: Publisher, feed: JobFeed) -> None:
        message = "stopped; finished work is kept"
        await publisher.advance("stop", message=message)
        if not feed.ended:
            await publisher.advance("finish_stop", message=message)

    async def _run(self, job: str, query: Query, plan: Plan, publisher: Publisher) -> Result:
        started = asyncio.get_running_loop().time()
        with Evaluator(plan.settings) as evaluator:
            driver, plan, table = await self._exact(job, query, plan, evaluator, publisher)
        counters = sum((leaf.counters for run in driver.runs for leaf in run.needed()), Counters())
        rejects = reject_table(driver.runs, self._stores.states)
        await asyncio.to_thread(self._keep, f"{job}.arrow", table)
        await asyncio.to_thread(self._keep, f"{job}.rejects.arrow", rejects)
        return Result(
            table=table,
            counters=counters,
            seconds=asyncio.get_running_loop().time() - started,
            job_id=job,
            gathered=plan.gathered,
            types=plan.types,
        )

    async def _exact(
        self, job: str, query: Query, plan: Plan, evaluator: Evaluator, publisher: Publisher
    ) -> tuple[Driver, Plan, pa.Table]:
        """Run the plan; plan again with wider types as values ask for them, or without large broadcasts."""
        gather = ""
        while True:
            driver = self._driver(job, query, plan, evaluator, publisher)
            try:
                return driver, plan, await driver.run()
            except WidenedError as widened:
                await asyncio.to_thread(self._widen, plan, widened)
            except BroadcastError as large:
                gather = str(large)
            plan = await asyncio.to_thread(self._planner.plan, query, gather=gather)

    def _driver(
        self,
        job: str,
        query: Query,
        plan: Plan,
        evaluator: Evaluator,
        publisher: Publisher,
    ) -> Driver:
        finisher = Finisher(
            plan=plan,
            ddl={stage.name: partial(state_ddl, stage) for stage in plan.stages},
            store=self._stores.states,
            results=self._stores.results,
            evaluator=evaluator,
        )
        return Driver(
            dispatcher=Dispatcher(job, self._client, self._share),
            plan=plan,
            identify=lambda stage, broadcast: map_hash(stage, plan, broadcast),
            store=self._stores.states,
            finisher=finisher,
            listener=publisher,
            use_cache=query.use_cache,
            allow_failed=query.allow_failed_chunks,
        )

    def _widen(self, plan: Plan, widened: WidenedError) -> None:
        """Remember wider types: planned again, every chunk that read the column is scanned again."""
        stage = next(stage for stage in plan.stages if stage.name == widened.stage)
        self._catalog.widen(stage.source, widened.types)

    def _keep(self, name: str, table: pa.Table) -> None:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
        self._stores.results.put(name, [memoryview(sink.getvalue())])

    async def _renew(self, job: str, epoch: int, drive: asyncio.Task[Result] | None) -> None:
        """Keep the lease; end the drive when somebody wants the job stopped, or holds it now."""
        desired: str | None = "run"
        while desired == "run":
            await asyncio.sleep(LEASE_SECONDS / 3)
            desired = await asyncio.to_thread(self._stores.jobs.renew, job, epoch)
        if drive is not None:
            drive.cancel()


def _remarks(counters: Counters) -> str:
    """Say what is not as it should be about a completed job."""
    remarks = [f"with {counters.rows_rejected} rejects"] if counters.rows_rejected else []
    if counters.bytes_unread:
        remarks.append(f"without {counters.bytes_unread} bytes that could not be read")
    return ", ".join(remarks)
