"""Tasks and their outcomes, whoever stops waiting for them."""

from __future__ import annotations

import asyncio

import pytest
from distributed import Client, LocalCluster

from fusionflow_lab.errors import QueryError
from fusionflow_lab.execution.dispatch import outcome


def doubled(number: int) -> int:
    return 2 * number


def refused() -> QueryError:
    return QueryError("no")


def test_a_stop_at_any_moment_leaves_others_alone() -> None:
    """Cancelling who waits, at any step of fetching, must fail neither who waits beside it nor later ones."""
    asyncio.run(stopping_at_every_step())


async def stopping_at_every_step() -> None:
    async with (
        LocalCluster(n_workers=1, processes=False, dashboard_address=None, asynchronous=True) as cluster,
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
