"""Tasks and their outcomes, whoever stops waiting for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack

import pytest
from distributed import Client, LocalCluster

from fusionflow_lab.errors import ClusterError, QueryError
from fusionflow_lab.execution.build import BUILD
from fusionflow_lab.execution.dispatch import MAX_LOSSES, Dispatcher, outcome
from fusionflow_lab.execution.plugin import READINGS, FusionflowPlugin
from fusionflow_lab.execution.share import Share
from fusionflow_lab.execution.tasks import DigestTask


def local(*, workers: int) -> LocalCluster:
    """Make a cluster of threads that listens at one address only."""
    return LocalCluster(
        n_workers=workers,
        processes=False,
        dashboard_address="127.0.0.1:0",
        worker_dashboard_address="127.0.0.1:0",
        asynchronous=True,
    )


def doubled(number: int) -> int:
    return 2 * number


def refused() -> QueryError:
    return QueryError("no")


def test_a_stop_at_any_moment_leaves_others_alone() -> None:
    """Cancelling who waits, at any step of fetching, must fail neither who waits beside it nor later ones."""
    asyncio.run(stopping_at_every_step())


async def stopping_at_every_step() -> None:
    async with (
        local(workers=1) as cluster,
        Client(cluster, asynchronous=True, set_as_default=False) as client,
    ):
        for steps in range(12):
            futures = [client.submit(doubled, 10 * steps + number) for number in range(2)]
            await client.gather(futures)
            stopped, other = (asyncio.create_task(outcome(future, int)) for future in futures)
            for _ in range(steps):
                await asyncio.sleep(0)
            stopped.cancel()
            assert await other == 2 * (10 * steps + 1)
        with pytest.raises(QueryError, match="no"):
            await outcome(client.submit(refused), int)


@pytest.mark.parametrize("losses", [1, MAX_LOSSES])
def test_a_single_task_whose_scheduler_ends_is_run_elsewhere(losses: int) -> None:
    asyncio.run(losing_the_scheduler(losses))


async def losing_the_scheduler(losses: int) -> None:
    async with AsyncExitStack() as stack:
        clusters: list[LocalCluster] = []

        async def opened(_lost: Client | None) -> Client:
            """Return a cluster that cannot run our tasks and ends at once; at last, one that is well."""
            well = len(clusters) == losses
            cluster = local(workers=int(well))
            clusters.append(await stack.enter_async_context(cluster))
            client = await stack.enter_async_context(Client(cluster, asynchronous=True, set_as_default=False))
            if well:
                await client.register_plugin(FusionflowPlugin(BUILD))
            else:
                asyncio.get_running_loop().call_later(0.1, asyncio.ensure_future, cluster.close())
            return client

        running = Dispatcher("job", opened, Share()).run(DigestTask(checks=()), list)
        if losses < MAX_LOSSES:
            assert await running == []
        else:
            with pytest.raises(ClusterError, match=f"lost {MAX_LOSSES} times"):
                await running


class Told(Client):  # type: ignore[misc]  # distributed has no types
    """Counts how often it is told to listen to what workers read."""

    told: int = 0

    def subscribe_topic(self, topic: str, handler: Callable[..., object]) -> None:
        self.told += topic == READINGS
        super().subscribe_topic(topic, handler)


def test_jobs_of_one_client_listen_to_its_workers_once() -> None:
    """Who subscribes keeps the first task waiting, which is sent ten milliseconds after it."""

    async def connected() -> int:
        async with (
            local(workers=0) as cluster,
            Told(cluster, asynchronous=True, set_as_default=False) as client,
        ):

            async def opened(_lost: Client | None) -> Client:
                return client

            share = Share()
            for job in ("one", "two"):
                await Dispatcher(job, opened, share).connect()
            told: int = client.told
            return told

    assert asyncio.run(connected()) == 1
