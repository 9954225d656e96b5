"""A cluster to run on: a LocalCluster of processes, or any scheduler's address.

Every worker must hold this version of the native extension; one that does not is refused by name, in
plain words, before the first task.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress

import cloudpickle
import duckdb
from distributed import Client, LocalCluster

from fusionflow_lab.errors import ClusterError, NoWorkersError
from fusionflow_lab.execution import plugin as plugin_module
from fusionflow_lab.execution.build import BUILD, VERSION
from fusionflow_lab.execution.local_cluster import open_local
from fusionflow_lab.execution.plugin import FusionflowPlugin, found_build, resource

SETUP_SECONDS = 0.05
# Workers that have not said by then what they have are not waited for.
SETUP_LIMIT_SECONDS = 30
NAMED_WORKERS = 5
CONNECT_SECONDS = 10
MOST_ATTEMPTS = 5


class _Client(Client):  # type: ignore[misc]  # distributed has no types
    """Ends with its scheduler: one that is started in its place knows neither our plugin nor our tasks.

    Dask's own client connects again without a word; a task that is submitted meanwhile would wait for ever
    for workers that have our plugin.
    """

    async def _reconnect(self) -> None:
        """Fail what was submitted, and stay as it is until somebody closes it: not running."""
        self.status = "connecting"
        self.scheduler_comm = None
        for state in self.futures.values():
            state.cancel(reason="scheduler-connection-lost", msg="the scheduler is gone")
        self.futures.clear()


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
        async with (
            open_local(workers=workers, memory_limit=memory_limit) as cluster,
            _Client(await _within(cluster), asynchronous=True, set_as_default=False) as client,
        ):
            client.cluster = cluster
            await _prepare(client)
            yield client
    else:
        async with await _connected(address) as client:
            yield client


def scheduler_of(client: Client) -> str:
    """Return where other processes reach a client's scheduler."""
    return str(client.scheduler.address if client.cluster is None else client.cluster.scheduler_address)


async def _within(cluster: LocalCluster) -> str:
    """Return where a client of this process reaches the scheduler without a socket: nothing is packed."""
    scheduler = cluster.scheduler
    await scheduler.listen("inproc://")
    return str(scheduler.listeners[-1].contact_address)


async def _connected(address: str) -> Client:
    """Return the client of a scheduler that is prepared; one that goes away meanwhile may be back soon."""
    for _ in range(MOST_ATTEMPTS):
        client = await _answered(address)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(client)
            with suppress(OSError):
                await _prepare(client)
                stack.pop_all()
                return client
    raise ClusterError(
        f"the scheduler went away {MOST_ATTEMPTS} times while it was looked at",
        where=address,
        hint="look into its log, and run again: finished work is kept",
    )


async def _answered(address: str) -> Client:
    """Return the client of a scheduler that answers; one that is dying may only hang up, and be back soon."""
    give_up = time.monotonic() + CONNECT_SECONDS / 2
    while True:
        try:
            client = _Client(address, asynchronous=True, set_as_default=False, timeout=CONNECT_SECONDS)
            return await client
        except (OSError, TimeoutError) as error:
            if time.monotonic() > give_up:
                what = f"no Dask scheduler answers: {error}"
                raise ClusterError(what, where=address, hint="check the address, or use 'local'") from None
        await asyncio.sleep(SETUP_SECONDS)


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
        await client.register_plugin(FusionflowPlugin(BUILD))
    await check_workers(client)


async def check_workers(client: Client) -> int:
    """Return how many threads can run our tasks, once every worker has said what it has.

    Raises
    ------
    ClusterError
        No worker is there, or none has this build: names each, what it has, what is wanted, the remedy.
    """
    deadline = time.monotonic() + SETUP_LIMIT_SECONDS
    while True:
        with _plugin_by_value():
            found: dict[str, object] = await client.run(found_build, BUILD, on_error="return")
        if not found:
            raise NoWorkersError(
                "the cluster has no workers",
                where=scheduler_of(client),
                hint="start workers and run again",
            )
        workers = (await client.scheduler.identity())["workers"].values()
        able = sum(int(worker["resources"].get(resource(BUILD), 0)) for worker in workers)
        # Not yet set up, or lost while it was asked: it is asked again as long as the scheduler knows it.
        waiting = not all(found.values()) or any(isinstance(what, OSError) for what in found.values())
        late = time.monotonic() > deadline
        if able and (late or not waiting):
            return able
        if late or (not waiting and BUILD not in found.values()):
            raise _unable(client, found)
        await asyncio.sleep(SETUP_SECONDS)


def _unable(client: Client, found: Mapping[str, object]) -> ClusterError:
    lines = [f"{address} has {build or 'not answered'}" for address, build in sorted(found.items())]
    more = [f"… and {len(lines) - NAMED_WORKERS} more"] if len(lines) > NAMED_WORKERS else []
    python = f"Python {sys.version_info.major}.{sys.version_info.minor}"
    packages = f"fusionflow_lab=={VERSION} duckdb=={duckdb.__version__}"
    return ClusterError(
        "\n".join([f"no worker can run FusionFlow {BUILD}:", *lines[:NAMED_WORKERS], *more]),
        where=scheduler_of(client),
        hint=f"pip install {packages} ({python}) where the workers run, and start them again",
    )
