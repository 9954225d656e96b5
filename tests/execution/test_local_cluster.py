"""Workers of this machine come back, whenever they die."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress

from distributed import Client

from fusionflow_lab.execution.local_cluster import open_local


async def killed_while_starting() -> None:
    async with (
        open_local(workers=1, memory_limit="0") as cluster,
        Client(cluster, asynchronous=True, set_as_default=False) as client,
    ):
        (nanny,) = cluster.workers.values()
        dead = set[int]()
        while len(dead) < 2:  # the second one dies before it has registered
            if nanny.pid and nanny.pid not in dead:
                dead.add(nanny.pid)
                with suppress(ProcessLookupError):
                    os.kill(nanny.pid, signal.SIGKILL)
            await asyncio.sleep(0)
        after: set[object] = set()
        while not {pid for pid in after if isinstance(pid, int)} - dead:
            after = set((await client.run(os.getpid, on_error="return")).values())
            await asyncio.sleep(0.1)


def test_a_worker_that_dies_while_it_starts_comes_back() -> None:
    asyncio.run(asyncio.wait_for(killed_while_starting(), 60))
