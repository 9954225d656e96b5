"""Worker processes of this machine, which come back however often they die.

Dask's own local cluster closes a worker for good that is not back 15 seconds after it died, and leaves one
alone that died while it started: on a busy machine, or with a chunk that kills what reads it, a session
would be without workers in the end.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib.machinery import ModuleSpec
from typing import ClassVar

import dask
from distributed import LocalCluster, Nanny, SpecCluster, Status, utils

from fusionflow_lab.execution.fork_server import is_fork_server_used

# A worker that dies takes its task with it once.
_DASK_SETTINGS = {
    "distributed.scheduler.allowed-failures": 1,
    "distributed.scheduler.worker-ttl": "30s",
    "distributed.worker.profile.enabled": False,
    # A worker runs one task, and Dask holds nothing for it: one that is paused for its memory would stay so.
    "distributed.worker.memory.pause": False,
    "distributed.admin.low-level-log-length": 1000,
    # Scheduler, workers and their nannies each look fifty times a second whether they are late.
    "distributed.admin.tick.interval": "500ms",
    "distributed.admin.system-monitor.disk": False,
}

LOOK_SECONDS = 2.0
# A worker that was dead at that many looks in a row does not come back by itself.
LOOKS = 3


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


class _Cluster(LocalCluster):  # type: ignore[misc]  # distributed has no types
    """Leaves it to the nannies, and to ``mend``, to bring workers back."""

    def _update_worker_status(self, op: str, msg: object) -> None:
        """Take note of a worker; one that is gone is not given up."""
        super(SpecCluster, self)._update_worker_status(op, msg)

    async def mend(self) -> None:
        """Replace workers that do not come back by themselves, until cancelled."""
        dead: Counter[object] = Counter()
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            dead = Counter({name: dead[name] + 1 for name, nanny in self.workers.items() if _is_dead(nanny)})
            for name in [name for name, looks in dead.items() if looks >= LOOKS]:
                nanny = self.workers.pop(name)
                with suppress(TimeoutError, OSError):
                    await asyncio.wait_for(nanny.close(timeout=1), LOOK_SECONDS)
                nanny.status = Status.closed
            if len(self.workers) < len(self.worker_spec):
                await self._correct_state()


def _is_dead(nanny: Nanny) -> bool:
    return nanny.status in {Status.failed, Status.closed} or not nanny.is_alive()


@asynccontextmanager
async def open_local(*, workers: int, memory_limit: str) -> AsyncIterator[LocalCluster]:
    """Start worker processes of one thread each, which end with this context."""
    if is_fork_server_used():
        # It has loaded what is needed; Dask would load all that it can use into this process, too.
        utils._forkserver_preload_set = True  # noqa: SLF001
    with dask.config.set(_DASK_SETTINGS):
        cluster = _Cluster(
            n_workers=workers,
            threads_per_worker=1,
            worker_class=_Nanny,
            memory_limit=memory_limit,
            dashboard_address="127.0.0.1:0",
            asynchronous=True,
            silence_logs="ERROR",
        )
        async with cluster:
            mending = asyncio.create_task(cluster.mend())
            try:
                yield cluster
            finally:
                mending.cancel()
                await asyncio.gather(mending, return_exceptions=True)
