"""Send the tasks of one job to its cluster, and find another cluster when that one is lost.

The only module of the driver that holds a Dask client. A job whose states are all known never asks for
one; a client that lost its scheduler is handed back when the next one is asked for.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TypeVar

from distributed import Client, Future

from fusionflow_lab.execution.boundaries import Break, Locate
from fusionflow_lab.execution.plugin import RESOURCE
from fusionflow_lab.execution.share import Share
from fusionflow_lab.execution.tasks import FinalTask, LocateTask, MapTask, run_task
from fusionflow_lab.query import Dialect

T = TypeVar("T")

OpenClient = Callable[[Client | None], Awaitable[Client]]


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
        self._submitted = 0
        self.threads = 1

    @contextmanager
    def sharing(self) -> Iterator[None]:
        """Hold a part of the window while there is something to scan."""
        with self._share.joined(self.job, priority=self._priority):
            yield

    @property
    def window(self) -> int:
        """How many tasks the job may have in flight now."""
        return self._share.window(self.job, threads=self.threads)

    async def submit(self, task: MapTask | LocateTask | FinalTask, *, first: bool = False) -> Future:
        """Submit one task, ahead of the job's others if ``first``.

        Tuple keys make one group per job on the scheduler, not one per task.
        """
        if self._client is None:
            self._client = await self._open_client(self._lost)
            self.threads = max(1, sum((await self._client.nthreads()).values()))
        key = (f"fusionflow-{self.job}", self._submitted)
        self._submitted += 1
        return self._client.submit(
            run_task,
            task,
            key=key,
            pure=False,
            retries=0,
            resources={RESOURCE: 1},
            priority=2 * self._priority + first,
        )

    async def run(self, task: LocateTask | FinalTask, kind: type[T]) -> T:
        """Submit one task, ahead of the others, and wait for what it returns."""
        return await outcome(await self.submit(task, first=True), kind)

    def locator(self, dialect: Dialect) -> Locate:
        """Return what finds true record starts in files of a dialect."""

        async def locate(gap: Break) -> list[int]:
            task = LocateTask(
                path=gap.file.path,
                dialect=dialect,
                start=gap.start,
                offsets=gap.offsets,
                believed=gap.believed,
            )
            return await self.run(task, list)

        return locate

    def lose(self) -> None:
        """Forget a client whose scheduler forgot our tasks: the next submit asks for another one."""
        self._lost, self._client = self._client or self._lost, None

    async def cancel(self, futures: Sequence[Future]) -> None:
        """Cancel tasks; those that run are told."""
        if self._client is not None and futures:
            with suppress(OSError, TimeoutError):
                await self._client.cancel(list(futures))


async def outcome(future: Future, kind: type[T]) -> T:
    """Wait for a task's outcome; an error that it returned is raised."""
    found = await future
    if isinstance(found, kind):
        return found
    raise found
