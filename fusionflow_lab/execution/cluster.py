"""A cluster to run on: a LocalCluster of processes, or any scheduler's address.

Every worker must hold this version of the native extension; one that does not is refused by name, in
plain words, before the first task.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib.machinery import ModuleSpec
from typing import ClassVar

import cloudpickle
import dask
from distributed import Client, LocalCluster, Nanny, Status

from fusionflow_lab.errors import ClusterError, NoWorkersError
from fusionflow_lab.execution import plugin as plugin_module
from fusionflow_lab.execution.plugin import RESOURCE, FusionflowPlugin, found_version
from fusionflow_lab.execution.tasks import VERSION

# A worker that dies takes its task with it once; fresh 256 KiB buffers must not be mapped anew each time.
_DASK_SETTINGS = {
    "distributed.scheduler.allowed-failures": 1,
    "distributed.scheduler.worker-ttl": "30s",
    "distributed.worker.profile.enabled": False,
    "distributed.admin.low-level-log-length": 1000,
    "distributed.nanny.pre-spawn-environ.MALLOC_MMAP_THRESHOLD_": 64 << 20,
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": 256 << 20,
}


SETUP_SECONDS = 0.05


class _Nanny(Nanny):  # type: ignore[misc]  # distributed has no types
    """Starts workers that do not run the user's script again, as multiprocessing would have them do.

    Several start at once, all on one event loop: the last one to finish puts things back.
    """

    starting: ClassVar[int] = 0
    main_spec: ClassVar[ModuleSpec | None] = None

    async def instantiate(self) -> Status:
        """Start the worker process: a main module of this name is not imported in it."""
        main = sys.modules["__main__"]
        if _Nanny.starting == 0:
            _Nanny.main_spec, main.__spec__ = main.__spec__, ModuleSpec("__main__", None)
        _Nanny.starting += 1
        try:
            return await super().instantiate()
        finally:
            _Nanny.starting -= 1
            if _Nanny.starting == 0:
                main.__spec__ = _Nanny.main_spec


@asynccontextmanager
async def open_cluster(address: str, *, workers: int, memory_limit: str) -> AsyncIterator[Client]:
    """Connect to a cluster and see that its workers can run our tasks.

    Parameters
    ----------
    address
        ``"local"`` starts a LocalCluster of processes that ends with this context; anything else is a
        scheduler's address.
    workers
        Worker processes of a local cluster, one thread each.
    memory_limit
        Memory of each of them, in Dask's notation.

    Raises
    ------
    ClusterError
        The scheduler does not answer, there are no workers, or none has this version of the extension.
    """
    if address == "local":
        with dask.config.set(_DASK_SETTINGS):
            cluster = LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                worker_class=_Nanny,
                memory_limit=memory_limit,
                dashboard_address="127.0.0.1:0",
                asynchronous=True,
                silence_logs="ERROR",
            )
            async with cluster, Client(cluster, asynchronous=True, set_as_default=False) as client:
                await _prepare(client)
                yield client
    else:
        try:
            client = Client(address, asynchronous=True, set_as_default=False, timeout=10)
            await client
        except (OSError, TimeoutError) as error:
            raise ClusterError(
                f"no Dask scheduler answers: {error}", where=address, hint="check the address, or use 'local'"
            ) from None
        async with client:
            await _prepare(client)
            yield client


@contextmanager
def _plugin_by_value() -> Iterator[None]:
    """Send the plugin's code along: a worker without this package must be able to say so."""
    cloudpickle.register_pickle_by_value(plugin_module)
    try:
        yield
    finally:
        cloudpickle.unregister_pickle_by_value(plugin_module)


async def _prepare(client: Client) -> None:
    with _plugin_by_value():
        await client.register_plugin(FusionflowPlugin(VERSION))
    await check_workers(client)


async def check_workers(client: Client) -> int:
    """Return how many threads can run our tasks, once every worker has said what it has.

    Raises
    ------
    ClusterError
        No worker is there, or none has this version: names each, what it has, what is wanted, the remedy.
    """
    found: dict[str, object] = {"": ""}
    while not all(found.values()):
        with _plugin_by_value():
            found = await client.run(found_version, on_error="return")
        if not found:
            raise NoWorkersError(
                "the cluster has no workers",
                where=client.scheduler.address,
                hint="start workers and run again",
            )
        if not all(found.values()):
            await asyncio.sleep(SETUP_SECONDS)
    workers = (await client.scheduler.identity())["workers"].values()
    able = sum(int(worker["resources"].get(RESOURCE, 0)) for worker in workers)
    if able == 0:
        lines = [f"{address} has {version}" for address, version in sorted(found.items())[:5]]
        raise ClusterError(
            f"no worker can run FusionFlow {VERSION}:\n" + "\n".join(lines),
            where=client.scheduler.address,
            hint=f"install fusionflow_lab=={VERSION} (Python {sys.version_info.major}) where the workers run",
        )
    return able
