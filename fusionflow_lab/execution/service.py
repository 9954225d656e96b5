"""What a runner's process does all day: claim free jobs, drive several at once, say that it lives.

It leans on the database alone: a job that nobody told it of is found within a second, one that nobody
renews is taken over. The socket (``execution.channel``) only makes things faster.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from pathlib import Path

from distributed import Client

from fusionflow_lab.errors import DatabaseError, FusionflowError, NoWorkersError
from fusionflow_lab.execution.cluster import scheduler_of
from fusionflow_lab.execution.connection import ClusterConnection
from fusionflow_lab.execution.drive import Drive
from fusionflow_lab.execution.publisher import FencedError
from fusionflow_lab.execution.runner import Runner
from fusionflow_lab.execution.stores import Stores
from fusionflow_lab.jobs.claims import Claims
from fusionflow_lab.jobs.records import Claim
from fusionflow_lab.jobs.registry import Registry
from fusionflow_lab.logs import about
from fusionflow_lab.planning.catalog import Catalog
from fusionflow_lab.planning.plan import Planner
from fusionflow_lab.results.result import Result

MOST_JOBS = 16
LOOK_SECONDS = 1.0
BEAT_SECONDS = 2.0
WORKERS_SECONDS = 300.0
PRUNE_SECONDS = 3600.0
LIVE_KEPT_SECONDS = 86_400.0

_log = logging.getLogger(__name__)


class Service:
    """The jobs of one runner.

    Parameters
    ----------
    stores
        Jobs, states and results.
    catalog, planner
        Know the sources and make the plans.
    connection
        The cluster the jobs run on.
    idle_seconds
        How long to wait for a job before ending; None: for ever.
    home
        Where the database is; when it goes, the runner ends.
    upkeep
        Keeps the home folder in bounds; called now and then.

    Attributes
    ----------
    drives
        The jobs at work, by id.
    attached
        How many clients are connected: while there are any, the runner stays.
    """

    def __init__(
        self,
        *,
        stores: Stores,
        catalog: Catalog,
        planner: Planner,
        connection: ClusterConnection,
        idle_seconds: float | None,
        home: Path,
        upkeep: Callable[[], object],
    ) -> None:
        self._upkeep = upkeep
        self.drives: dict[str, Drive] = {}
        self.attached = 0
        self._runner = Runner(stores=stores, catalog=catalog, planner=planner, client=self.client)
        self._connection = connection
        self._idle_seconds = idle_seconds
        self._home = home
        self._jobs = stores.jobs
        self._claims = Claims(stores.jobs.engine)
        self._registry = Registry(stores.jobs.engine)
        self._nudged = asyncio.Event()
        self._claiming = asyncio.Lock()
        self._ending = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._beaten = self._pruned = 0.0
        self._empty = False
        self._busy_at = time.monotonic()

    @property
    def holder(self) -> str:
        """What jobs name as the holder of their lease."""
        return self._runner.holder

    def nudge(self) -> None:
        """Look into the database at once."""
        for drive in self.drives.values():
            drive.look()
        self._nudged.set()

    def foresee(self, query: str) -> None:
        """Plan a query of which a job is about to come, so that it finds its plan made; returns at once."""
        self._begin(asyncio.to_thread(self._runner.foresee, query))

    async def driving(self, job: str) -> Drive | None:
        """Return the drive of a job, which may be free and is claimed then; None where it is not ours."""
        if job not in self.drives:
            async with self._claiming:
                pass  # it is most likely being claimed now
        if job not in self.drives:
            await self._survive(self._claim_all())
        return self.drives.get(job)

    async def resize(self, workers: int) -> None:
        """Have this many workers, where the cluster is ours."""
        await self._connection.resize(workers)

    def end(self) -> None:
        """Give all jobs to the next runner, and return from ``serve``."""
        self._ending = True
        self._nudged.set()

    async def prepare(self) -> None:
        """Open what the first job will need."""
        await self._runner.prepare()

    async def serve(self) -> None:
        """Claim and drive jobs until told to end, or idle for long enough."""
        while not self._ending and self._home.is_dir():
            self._nudged.clear()
            await self._survive(self._claim_all())
            await self._survive(self._beat())
            if self._is_idle():
                _log.info("idle for %.0f s: ending", self._idle_seconds)
                break
            with suppress(TimeoutError):
                await asyncio.wait_for(self._nudged.wait(), LOOK_SECONDS)
        async with self._claiming:
            for drive in list(self.drives.values()):
                drive.release()
        if self._tasks:
            await asyncio.wait(self._tasks)
        self._runner.close()

    async def client(self, lost: Client | None = None) -> Client:
        """Return the cluster's client; while it has no workers, wait for them and say so.

        Raises
        ------
        ClusterError
            No scheduler answers, or there are no workers for five minutes.
        """
        give_up = time.monotonic() + WORKERS_SECONDS
        while True:
            try:
                return await self._connection.client(lost)
            except NoWorkersError as error:
                if time.monotonic() > give_up:
                    raise
                self._tell_no_workers(str(error))
            await asyncio.sleep(BEAT_SECONDS)

    async def _survive(self, work: Awaitable[None]) -> None:
        """Do something that is done again soon, whether or not the database lets it."""
        try:
            await work
        except DatabaseError as error:
            _log.warning("%s", error.what)

    async def _claim_all(self) -> None:
        async with self._claiming:
            while len(self.drives) < MOST_JOBS and not self._ending:
                claim = await asyncio.to_thread(self._take)
                if claim is None:
                    return
                drive = await asyncio.to_thread(self._runner.drive, claim)
                self.drives[claim.job] = drive
                self._begin(self._drive(drive))

    def _begin(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _take(self) -> Claim | None:
        return self._claims.take(self._runner.holder, self._connection.address, begin=True)

    async def _drive(self, drive: Drive) -> None:
        claim = drive.claim
        with about(job=claim.job, user=claim.owner):
            _log.info("epoch %d begins", claim.epoch)
            try:
                outcome = await _settled(drive)
            finally:
                full = len(self.drives) >= MOST_JOBS
                if self.drives.get(claim.job) is drive:
                    del self.drives[claim.job]
                if full:
                    self._nudged.set()  # another job may have waited for this one
            _log.info("epoch %d %s", claim.epoch, outcome)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.error("a job ended in an error of ours", exc_info=task.exception())

    async def _beat(self) -> None:
        now = time.monotonic()
        if now - self._beaten < BEAT_SECONDS:
            return
        self._beaten = now
        client, workers, scheduler = self._connection.current, 0, ""
        if client is not None:
            scheduler = scheduler_of(client)  # the client may be closed while it is asked
            with suppress(OSError, TimeoutError):
                workers = len(await asyncio.wait_for(client.nthreads(), BEAT_SECONDS))
                self._watch_workers(scheduler, workers)
        await asyncio.to_thread(
            self._registry.beat, self._runner.holder, scheduler=scheduler, workers=workers
        )
        if now - self._pruned > PRUNE_SECONDS:
            self._pruned = now
            store = self._jobs
            await asyncio.to_thread(lambda: store.prune(ended_before=time.time() - LIVE_KEPT_SECONDS))
            await asyncio.to_thread(self._upkeep)

    def _watch_workers(self, scheduler: str, workers: int) -> None:
        if workers:
            self._empty = False
        else:
            self._tell_no_workers(f"the cluster at {scheduler} has lost its workers")

    def _tell_no_workers(self, text: str) -> None:
        """Tell every job once in each outage."""
        if self._empty or not self.drives:
            return
        self._empty = True
        _log.warning(text)
        what = text.partition("\n")[0]
        for drive in self.drives.values():
            drive.notice("no_workers", f"{what}; waiting for workers, stop the job to give up")

    def _is_idle(self) -> bool:
        now = time.monotonic()
        if self.drives or self.attached:
            self._busy_at = now
        return self._idle_seconds is not None and now - self._busy_at > self._idle_seconds


async def _settled(drive: Drive) -> str:
    """Drive to the end and say in a word how it went; what went wrong is in the job's row."""
    try:
        result: Result = await drive.run()
    except asyncio.CancelledError:
        return "stopped or released"
    except FencedError:
        return "fenced: another runner has the job"
    except (FusionflowError, OSError, ValueError) as error:
        return f"failed: {error}"
    return f"completed, {len(result)} rows"
