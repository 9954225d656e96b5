"""Workers of this machine come back, whenever they die."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress

import psutil
from distributed import Client

from fusionflow_lab.execution.local_cluster import open_local


async def killed_while_starting() -> None:
    async with (
        open_local(workers=1, memory_limit="0") as cluster,
        Client(cluster, asynchronous=True, set_as_default=False) as client,
    ):
        before = set((await client.run(os.getpid)).values())
        for _ in range(2):  # the second one dies before it has registered
            for child in psutil.Process().children(recursive=True):
                with suppress(psutil.Error):
                    if "spawn_main" in " ".join(child.cmdline()):
                        os.kill(child.pid, signal.SIGKILL)
            await asyncio.sleep(0.3)
        after: set[int] = set()
        while not after - before:
            after = set((await client.run(os.getpid)).values())
            await asyncio.sleep(0.1)


def test_a_worker_that_dies_while_it_starts_comes_back() -> None:
    asyncio.run(asyncio.wait_for(killed_while_starting(), 60))
