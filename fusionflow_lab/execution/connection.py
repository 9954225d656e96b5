"""The cluster of a session or a runner: opened by the first job, opened anew when lost, closed at the end."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, suppress

from distributed import Client

from fusionflow_lab.config import Config, address_of
from fusionflow_lab.execution.cluster import open_cluster
from fusionflow_lab.states.evaluate import warm_up

CLOSE_SECONDS = 10.0


class ClusterConnection:
    """One cluster, by its address, and the Dask client of it.

    Parameters
    ----------
    address
        ``"local"`` for worker processes of this machine, or a scheduler's address, as
        ``Config.cluster_name`` writes it.
    config
        Workers and memory of a local cluster.
    """

    def __init__(self, address: str, config: Config) -> None:
        self.address = address
        self._config = config
        self._workers = config.workers
        self._stack = AsyncExitStack()
        self._opening: asyncio.Task[Client] | None = None

    async def client(self, lost: Client | None = None) -> Client:
        """Return the client; a cluster that failed, ended or was ``lost`` is opened anew."""
        opening = self._opening
        if opening is not None and opening.done() and _broken(opening, lost):
            self._opening = None
        if self._opening is None:
            self._opening = asyncio.create_task(self._open())
        # Stopping the first job must not tear down the cluster that the second one waits for.
        return await asyncio.shield(self._opening)

    @property
    def current(self) -> Client | None:
        """The client, if it is open."""
        opening = self._opening
        if opening is None or not opening.done() or _broken(opening, None):
            return None
        return opening.result()

    async def resize(self, workers: int) -> None:
        """Have this many workers, now and when the cluster is opened anew; local clusters only."""
        if address_of(self.address) != "local" or workers == self._workers:
            return
        self._workers = workers
        if self.current is not None:
            self.current.cluster.scale(workers)

    async def close(self) -> None:
        """Close client and cluster."""
        if self._opening is not None:
            await asyncio.gather(self._opening, return_exceptions=True)
        await self._stack.aclose()

    async def _open(self) -> Client:
        before, self._stack = self._stack, AsyncExitStack()
        with suppress(OSError, TimeoutError):
            await asyncio.wait_for(before.aclose(), CLOSE_SECONDS)
        warming = asyncio.create_task(asyncio.to_thread(warm_up))
        client = await self._stack.enter_async_context(
            open_cluster(
                address_of(self.address), workers=self._workers, memory_limit=str(self._config.memory_limit)
            )
        )
        await warming
        return client


def _broken(opening: asyncio.Task[Client], lost: Client | None) -> bool:
    if opening.cancelled() or opening.exception() is not None:
        return True
    return opening.result() is lost or opening.result().status != "running"
