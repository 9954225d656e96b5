"""The worker plugin: is the extension here, is it the right one, and which tasks were cancelled.

It is pickled by value (a worker without this package must start all the same and be able to say so),
so this module imports nothing of ours at the top: ``setup`` tries the import on the worker.
"""

from __future__ import annotations

import asyncio
import gc
from importlib import import_module
from typing import TYPE_CHECKING

from distributed import Status
from distributed.diagnostics.plugin import WorkerPlugin
from tornado.ioloop import PeriodicCallback

if TYPE_CHECKING:
    from types import ModuleType

    from distributed import Worker

EXTENSION = "fusionflow"
READINGS = "fusionflow-readings"
"""The topic where workers tell what their long tasks have read."""
READINGS_MILLISECONDS = 250


def resource(build: str) -> str:
    """Name what a task of ``build`` asks for one unit of: Dask sends it only where that build is loaded."""
    return f"{EXTENSION} {build}"


class FusionflowPlugin(WorkerPlugin):  # type: ignore[misc]  # distributed has no types
    """Load the extension on every worker, early or late.

    Clients of several builds may share a cluster: each build has a plugin and a resource of its own.

    Parameters
    ----------
    build
        What the client runs; a worker with something else gets no tasks of it.
    """

    idempotent = True

    def __init__(self, build: str) -> None:
        self.build = build
        self.name = resource(build)
        self.found = ""

    async def setup(self, worker: Worker) -> None:
        """Import the extension and offer its resource, if it is the version wanted."""
        self._worker = worker
        try:
            tasks = import_module("fusionflow_lab.execution.tasks")
            found = getattr(tasks, "BUILD", tasks.VERSION)
            if found == self.build:
                await self._offer(tasks)
        except ImportError as error:
            found = f"no fusionflow_lab ({error})"
        except Exception as error:  # noqa: BLE001  # whatever is installed there, the worker lives and says so
            found = f"a broken fusionflow_lab ({error!r})"
        self.found = found

    async def _offer(self, tasks: ModuleType) -> None:
        await asyncio.to_thread(tasks.warm_up)
        tasks.keep_freed(self._worker.memory_manager.memory_limit)
        gc.freeze()  # what is loaded stays
        worker = self._worker
        worker.extensions[EXTENSION] = tasks.WorkerState(
            memory=worker.memory_manager.memory_limit, folder=worker.local_directory
        )
        telling = PeriodicCallback(self._tell, READINGS_MILLISECONDS)
        worker.periodic_callbacks[READINGS] = telling  # the worker stops it
        telling.start()
        await worker.set_resources(**{self.name: float(worker.state.nthreads)})
        # Tasks that found no worker with the resource are looked at again when a worker begins to run.
        worker.status = Status.paused
        worker.status = Status.running

    def _tell(self) -> None:
        """Tell what tasks have read that run for long."""
        state = self._worker.extensions.get(EXTENSION)
        readings = state.readings() if state is not None else []
        if readings:
            self._worker.log_event(READINGS, readings)

    def transition(self, key: object, start: str, finish: str, **_: object) -> None:
        """Cancel the native scan of a task that was released while it ran.

        The hook is told the recommended state: a cancelled task goes from executing to released.
        """
        if start in ("executing", "long-running") and finish == "released":
            state = self._worker.extensions.get(EXTENSION)
            if state is not None:
                state.cancel(key)

    def teardown(self, worker: Worker) -> None:
        """Cancel what runs; the process takes the rest with it."""
        if self.name not in worker.state.total_resources:
            return
        state = worker.extensions.pop(EXTENSION, None)
        if state is not None:
            state.cancel_all()
        gc.unfreeze()  # else DuckDB counts what is left at the end as leaks, on the user's screen


def found_build(build: str, dask_worker: Worker) -> str:
    """Return the build that a worker loaded, or what it has instead; empty: not yet."""
    plugin = dask_worker.plugins.get(resource(build))
    return plugin.found if plugin is not None else ""
