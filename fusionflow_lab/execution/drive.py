"""One job in the hands of a runner: plan it, run it, plan again where types widen, write down its end.

Whoever holds the lease writes; everything is written under the epoch that came with it. A drive that finds
itself *fenced* (another holder has the job) stops and writes nothing more; the states it has stored do no
harm, for they are named by their content.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import pyarrow as pa

from fusionflow_lab.datasets.dataset import LostPartError
from fusionflow_lab.datasets.version import Part
from fusionflow_lab.errors import ClusterError, FusionflowError, StateError
from fusionflow_lab.execution.account import account_rows
from fusionflow_lab.execution.commit import WRITTEN_TYPES, Committer
from fusionflow_lab.execution.dispatch import MAX_LOSSES, Dispatcher, OpenClient
from fusionflow_lab.execution.driver import Driver
from fusionflow_lab.execution.evaluators import Evaluators
from fusionflow_lab.execution.finish import BroadcastError, Finisher
from fusionflow_lab.execution.lease import Lease
from fusionflow_lab.execution.limits import refuse_rejects
from fusionflow_lab.execution.publisher import FencedError, Publisher
from fusionflow_lab.execution.rejects import reject_table
from fusionflow_lab.execution.scan import WidenedError
from fusionflow_lab.execution.share import Share
from fusionflow_lab.execution.stage_run import StageRun
from fusionflow_lab.execution.stores import Stores
from fusionflow_lab.execution.writing import parts_of
from fusionflow_lab.jobs.feed import JobFeed
from fusionflow_lab.jobs.records import Claim, JobFailure
from fusionflow_lab.jobs.rows import JobChanges
from fusionflow_lab.logs import about
from fusionflow_lab.planning.catalog import Catalog
from fusionflow_lab.planning.copying import written_place
from fusionflow_lab.planning.plan import Planner, map_hash
from fusionflow_lab.planning.tables import state_ddl
from fusionflow_lab.query import Counters, Plan
from fusionflow_lab.results.kept import keep_result, kept_result
from fusionflow_lab.results.result import Result
from fusionflow_lab.results.words import with_rejects
from fusionflow_lab.states.evaluate import Evaluator
from fusionflow_lab.states.kept_rows import Rows, keep_rows, kept_rows


@dataclass(frozen=True, kw_only=True, slots=True)
class Tools:
    """What all drives of a runner share: stores, planning, the cluster and its window, evaluators."""

    stores: Stores
    catalog: Catalog
    planner: Planner
    client: OpenClient
    share: Share
    evaluators: Evaluators


@dataclass(frozen=True, kw_only=True, slots=True)
class _Answer:
    """What a run came to; ``rows`` are those of the result, which has none where they come as a stream."""

    result: Result
    rows: Rows
    rejects: pa.Table


class Drive:
    """One run of one claimed job.

    Parameters
    ----------
    tools
        What the runner works with.
    claim
        The job, and the epoch to write under.
    feed
        Who watches in this process.
    plan
        The plan, where it was made already.
    """

    def __init__(self, tools: Tools, claim: Claim, feed: JobFeed, plan: Plan | None = None) -> None:
        self.claim = claim
        self.feed = feed
        self._tools = tools
        self._plan = plan
        self._lease = Lease(tools.stores.jobs, claim.job, claim.epoch)
        self._publisher = Publisher(job=claim.job, epoch=claim.epoch, store=tools.stores.jobs, feed=feed)
        self._running: asyncio.Task[Result] | None = None
        self._stopping = False
        self._fenced = False
        self._released = False
        self._runs: Sequence[StageRun] = ()
        self._committer: Committer | None = None
        self._parts: Sequence[Part] = ()

    def look(self) -> None:
        """See at once what the user desires now."""
        self._lease.look()

    def stop(self) -> None:
        """Stop the job, as its user asks; what it has finished is kept.

        Who asks again changes nothing: the end that is being written down must not be cut off.
        """
        if self._stopping:
            return
        self._stopping = True
        if self._running is not None:
            self._running.cancel()

    def release(self) -> None:
        """Stop driving, and leave the job to the next runner."""
        self._released = True
        self.stop()

    def notice(self, code: str, text: str) -> None:
        """Tell those who watch something they should know."""
        self._publisher.notice(code, text)

    async def run(self) -> Result:
        """Drive the job to its end and return its result; what it raises is in the job's row too.

        Cancelling stops the job.

        Raises
        ------
        FencedError
            Another holder has taken the job.
        """
        self._running = asyncio.current_task()
        if self._stopping and self._running is not None:  # asked for before this task had its first turn
            self._running.cancel()
        with about(job=self.claim.job, user=self.claim.owner):
            return await self._driven()

    async def _driven(self) -> Result:
        helpers = [asyncio.create_task(self._publisher.write_live()), asyncio.create_task(self._keep_lease())]
        try:
            return await self._written_down()
        finally:
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
            self.feed.close()

    async def _written_down(self) -> Result:
        """Run, and write how it ended into the job's row."""
        publisher = self._publisher
        try:
            if self.claim.begun:
                publisher.begun(self.claim.begun)
            else:
                await publisher.begin()
            result = await self._outcome()
        except asyncio.CancelledError:
            if self._running is not None and self._running.cancelling():
                await self._cut_short()
                raise
            # Nobody asked for it: a Dask client that closes cancels what waits for it.
            lost = ClusterError("the connection to the cluster was lost", hint="run the query again")
            await self._fail(lost)
            raise lost from None
        except FencedError:
            raise
        except Exception as error:  # the job's entry: whatever it was, it goes into its row
            await self._fail(error)
            raise
        return result

    async def _outcome(self) -> Result:
        """Run and complete; once more where files that were written are lost to another job meanwhile."""
        for _ in range(MAX_LOSSES):
            answer = await self._run()
            try:
                return await self._complete(answer)
            except LostPartError:
                continue
        raise StateError("files that were written are lost again and again", hint="run the query again")

    async def _fail(self, error: Exception) -> None:
        if isinstance(error, FusionflowError):
            error.job_id = self.claim.job
        changes = JobChanges(error=JobFailure.of(error))
        await self._publisher.advance("fail", message=str(error), changes=changes)

    async def _complete(self, answer: _Answer) -> Result:
        """Keep the result, then say so, and return it; one that nobody will ask for is dropped again."""
        results = self._tools.stores.results
        name = f"{self.claim.job}.{self.claim.epoch}.arrow"
        await asyncio.to_thread(keep_rows, results, rejects_name(name), answer.rejects)
        refuse_rejects(self._runs, answer.rejects, self.claim.job)
        result = await asyncio.to_thread(keep_result, results, name, answer.result, answer.rows)
        if self._committer is not None:
            await asyncio.to_thread(self._committer.commit, self._parts, result=name)
        changes = JobChanges(counters=result.counters, result_ref=name)
        try:
            await self._publisher.advance("complete", message=_remarks(result.counters), changes=changes)
        except FencedError:
            if self._committer is None:  # else whoever goes on looks for them
                results.delete(name)
                results.delete(rejects_name(name))
            raise
        if self._committer is not None:
            await asyncio.to_thread(self._committer.clean)
        return result

    async def _cut_short(self) -> None:
        if self.feed.ended:  # before the stop could reach it
            if self._committer is not None:
                await asyncio.to_thread(self._committer.clean)
            return
        if self._fenced:
            raise FencedError(self.claim.job)
        if self._released:
            await self._publisher.release()
            return
        message = "stopped; finished work is kept"
        await self._publisher.advance("stop", message=message)
        if not self.feed.ended:
            await self._publisher.advance("finish_stop", message=message)

    async def _run(self) -> _Answer:
        started = asyncio.get_running_loop().time()
        plan = self._plan
        if plan is None:
            plan = await asyncio.to_thread(self._tools.planner.plan, self.claim.query)
        if plan.sink is not None:
            self._committer = Committer(plan.sink, self.claim.job)
            kept = await asyncio.to_thread(self._kept, self._committer)
            if kept is not None:
                return kept
        async with self._tools.evaluators.lent(plan.settings) as evaluator:
            driver, plan, rows = await self._exact(plan, evaluator)
        self._runs = driver.runs
        rejects = reject_table(driver.runs, self._tools.stores.states)
        if self._committer is not None:
            self._parts = [*parts_of(rows)]
            rows = await asyncio.to_thread(self._committer.prepare, self._parts)
        result = Result(
            table=rows if isinstance(rows, pa.Table) else rows.schema.empty_table(),
            counters=account_rows(driver.runs),
            seconds=asyncio.get_running_loop().time() - started,
            job_id=self.claim.job,
            gathered=plan.shipped,
            types=plan.types if plan.sink is None else WRITTEN_TYPES,
            written_to=written_place(self.claim.query),
        )
        return _Answer(result=result, rows=rows, rejects=rejects)

    def _kept(self, committer: Committer) -> _Answer | None:
        """Return what was kept where the job was cut off between its commit and its end."""
        name = committer.begin()
        results = self._tools.stores.results
        if not name or not results.has(name):
            return None
        result = kept_result(results, name)
        return _Answer(result=result, rows=result.table, rejects=kept_rows(results, rejects_name(name)))

    async def _exact(self, plan: Plan, evaluator: Evaluator) -> tuple[Driver, Plan, Rows]:
        """Run the plan; plan again with wider types as values ask for them, or without large broadcasts."""
        gather = ""
        while True:
            driver = self._driver(plan, evaluator)
            try:
                return driver, plan, await driver.run()
            except WidenedError as widened:
                await asyncio.to_thread(self._widen, plan, widened)
            except BroadcastError as large:
                gather = str(large)
            plan = await asyncio.to_thread(self._tools.planner.plan, self.claim.query, gather=gather)

    def _driver(self, plan: Plan, evaluator: Evaluator) -> Driver:
        tools, claim = self._tools, self.claim
        finisher = Finisher(
            plan=plan,
            ddl={stage.name: partial(state_ddl, stage) for stage in plan.stages},
            store=tools.stores.states,
            evaluator=evaluator,
        )
        # Another epoch has other task keys and files: what is left of the one before cannot get in its way.
        name = f"{claim.job}.{claim.epoch}"
        return Driver(
            dispatcher=Dispatcher(name, tools.client, tools.share, priority=claim.priority),
            plan=plan,
            identify=lambda stage, broadcast: map_hash(stage, plan, broadcast),
            store=tools.stores.states,
            finisher=finisher,
            listener=self._publisher,
            use_cache=claim.query.use_cache,
            allow_failed=claim.query.allow_failed_chunks,
        )

    def _widen(self, plan: Plan, widened: WidenedError) -> None:
        """Remember wider types: planned again, every chunk that read the column is scanned again."""
        stage = next(stage for stage in plan.stages if stage.name == widened.stage)
        self._tools.catalog.widen(stage.source, widened.types)

    async def _keep_lease(self) -> None:
        self._fenced = await self._lease.keep() is None
        self.stop()


def rejects_name(result_ref: str) -> str:
    """Return where the rejects of a job lie, beside its result.

    Examples
    --------
    >>> rejects_name("ab12.1.arrow")
    'ab12.1.rejects.arrow'
    """
    return f"{result_ref.removesuffix('.arrow')}.rejects.arrow"


def _remarks(counters: Counters) -> str:
    """Say what is not as it should be about a completed job."""
    remarks = [with_rejects(counters).strip()] if counters.rows_rejected else []
    if counters.bytes_unread:
        remarks.append(f"without {counters.bytes_unread} bytes that could not be read")
    return ", ".join(remarks)
