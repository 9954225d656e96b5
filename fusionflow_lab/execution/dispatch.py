"""Send the tasks of one job to its cluster, and find another cluster when that one is lost.

The only module of the driver that holds a Dask client. A job whose states are all known never asks for
one; a client that lost its scheduler is handed back when the next one is asked for.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TypeVar

from distributed import Client, Future, KilledWorker
from distributed.client import FutureCancelledError

from fusionflow_lab.errors import ChunkError, ClusterError
from fusionflow_lab.execution.boundaries import Break, Locate
from fusionflow_lab.execution.build import BUILD
from fusionflow_lab.execution.plugin import resource
from fusionflow_lab.execution.share import Share
from fusionflow_lab.execution.stragglers import WorkerSight
from fusionflow_lab.execution.tasks import (
    BucketTask,
    DigestTask,
    FinalTask,
    LocateTask,
    MapTask,
    run_task,
)
from fusionflow_lab.source import Dialect, JsonDialect, Source, Text, Whole

T = TypeVar("T")

OpenClient = Callable[[Client | None], Awaitable[Client]]

# A lost cluster is asked for this often, each time after twice the pause: half a minute in all.
MAX_OPENINGS = 6
FIRST_PAUSE_SECONDS = 0.5
# A job that lost its cluster so often gives up.
MAX_LOSSES = 5
# A task that looks for record starts is given up when it was given up by Dask this often.
MAX_DEATHS = 2
# The threads of a cluster are counted this often.
COUNT_SECONDS = 2.0


class Dispatcher:
    """Tasks of one job, on whatever cluster there is.

    Parameters
    ----------
    job
        Names the Dask tasks.
    client
        Gives an asynchronous Dask client whose workers have our plugin; asked only when there is something
        to run, and given the one that was lost.
    share
        The window of tasks, shared with the other jobs of the runner.
    priority
        The job's, among those of the share.
    """

    def __init__(self, job: str, client: OpenClient, share: Share, *, priority: int = 0) -> None:
        self.job = job
        self._share = share
        self._priority = priority
        self._open_client = client
        self._client: Client | None = None
        self._lost: Client | None = None
        self._opening = asyncio.Lock()
        self._submitted = 0
        self._counted = 0.0
        self.threads = 1
        self.readings = share.readings

    @contextmanager
    def sharing(self, task_bytes: int) -> Iterator[None]:
        """Hold a part of the window while there is something to scan, in tasks of about so many bytes."""
        with self._share.joined(self.job, priority=self._priority, task_bytes=task_bytes):
            yield

    @property
    def window(self) -> int:
        """How many tasks the job may have in flight now."""
        return self._share.window(self.job, threads=self.threads)

    async def connect(self) -> Client:
        """Return a client that is well: a new one where there is none, or it was lost.

        Raises
        ------
        ClusterError
            There is no cluster; a lost one is waited for.
        """
        async with self._opening:
            while True:
                client = self._client
                if client is None or client.status != "running":
                    self._lost = self._lost if client is None else client
                    self._client = await self._opened()
                    self.readings.listen(self._client)
                    self._counted = 0.0
                elif time.monotonic() - self._counted > COUNT_SECONDS:
                    await self._count(client)
                else:
                    return client

    async def _count(self, client: Client) -> None:
        """Count the threads that run our tasks: workers come late and go early."""
        self._counted = time.monotonic()
        with suppress(OSError, TimeoutError):
            workers = (await client.scheduler.identity())["workers"].values()
            self.threads = max(1, sum(int(worker["resources"].get(resource(BUILD), 0)) for worker in workers))

    async def submit(
        self,
        task: MapTask | LocateTask | DigestTask | FinalTask | BucketTask,
        *,
        first: bool = False,
        workers: Sequence[str] = (),
    ) -> Future:
        """Submit one task, ahead of the job's others if ``first``, to some workers only if they are named.

        Tuple keys make one group per job on the scheduler, not one per task.
        """
        client = await self.connect()
        key = (f"fusionflow-{self.job}", self._submitted)
        self._submitted += 1
        return client.submit(
            run_task,
            task,
            key=key,
            pure=False,
            retries=0,
            resources={resource(BUILD): 1},
            priority=2 * self._priority + first,
            workers=list(workers) or None,
        )

    async def run(self, task: LocateTask | DigestTask | FinalTask | BucketTask, kind: type[T]) -> T:
        """Submit one task, ahead of the others, and wait for its outcome; again where the cluster is lost.

        Raises
        ------
        ClusterError
            Its cluster was lost again and again.
        """
        for _ in range(MAX_LOSSES):
            future = await self.submit(task, first=True)
            try:
                return await outcome(future, kind)
            except FutureCancelledError:
                self.lose(future)
        raise cluster_lost(MAX_LOSSES)

    def locator(self, source: Source) -> Locate:
        """Return what finds true record starts in files of a source, or as their layouts say.

        It raises ChunkError where the workers die of the file, again and again.
        """
        records = source.dialect
        if isinstance(records, Text):
            records = Dialect(quote="", encoding=records.encoding)
        elif isinstance(records, (JsonDialect, Whole)):
            records = Dialect(quote="")

        async def locate(gap: Break) -> list[int]:
            dialect = gap.file.layout.dialect if gap.file.layout else records
            if not isinstance(dialect, Dialect):
                raise TypeError("only records of text are located")
            task = LocateTask(
                file=gap.file,
                dialect=dialect,
                start=gap.start,
                offsets=gap.offsets,
                believed=gap.believed,
                access=source.access,
            )
            for _ in range(MAX_DEATHS):
                with suppress(KilledWorker):
                    return await self.run(task, list)
            raise ChunkError(
                "the workers died while they looked for the starts of records",
                where=f"{gap.file.path}, bytes {gap.start}-{gap.file.size}",
                hint="look at these bytes, and at what else the workers' machines do",
            )

        return locate

    async def workers(self) -> dict[str, WorkerSight]:
        """Return the workers that can run our tasks, by address; none where the scheduler is silent."""
        if self._client is None or self._client.status != "running":
            return {}
        try:
            known = (await self._client.scheduler.identity())["workers"]
            processing = await self._client.processing()
        except (OSError, TimeoutError):
            return {}
        return {
            address: WorkerSight(
                last_seen=worker["last_seen"], keys=frozenset(map(_key, processing.get(address, ())))
            )
            for address, worker in known.items()
            if worker["resources"].get(resource(BUILD))
        }

    def lose(self, future: Future) -> bool:
        """Forget the client whose scheduler forgot ``future``; False where that was known.

        The next submit asks for another client.
        """
        if self._client is None or future.client is not self._client:
            return False
        self._lost, self._client = self._client, None
        return True

    async def cancel(self, futures: Sequence[Future]) -> None:
        """Cancel tasks; those that run are told."""
        ours = [future for future in futures if future.client is self._client]
        if self._client is not None and ours:
            with suppress(OSError, TimeoutError):
                await self._client.cancel(ours)

    async def _opened(self) -> Client:
        pause = FIRST_PAUSE_SECONDS
        for _ in range(MAX_OPENINGS if self._lost is not None else 0):
            try:
                return await self._open_client(self._lost)
            except ClusterError:
                await asyncio.sleep(pause)
                pause *= 2
        return await self._open_client(self._lost)


def _key(key: object) -> object:
    """Return a task's key as it was submitted: lists are what tuples become on the wire."""
    return tuple(key) if isinstance(key, list) else key


def cluster_lost(times: int) -> ClusterError:
    """Return the error of a job that lost its cluster so often."""
    return ClusterError(
        f"the connection to the cluster was lost {times} times",
        hint="run the query again: finished work is kept",
    )


async def outcome(future: Future, kind: type[T]) -> T:
    """Wait for a task's outcome; an error that it returned is raised.

    Who waits may be cancelled, what fetches may not: a Dask client fetches for several at once, and a fetch
    that is cancelled fails all of them, and all that come later.
    """
    fetching = asyncio.ensure_future(future)
    fetching.add_done_callback(_seen)
    found = await asyncio.shield(fetching)
    if isinstance(found, kind):
        return found
    raise found


def _seen(fetching: asyncio.Future[object]) -> None:
    """Look at an outcome that nobody may be waiting for any more."""
    if not fetching.cancelled():
        fetching.exception()
