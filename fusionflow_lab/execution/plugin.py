"""The worker plugin: is the extension here, is it the right one, and which tasks were cancelled.

It is pickled by value (a worker without this package must start all the same and be able to say so),
so this module imports nothing of ours at the top: ``setup`` tries the import on the worker.
"""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING

from distributed import Status
from distributed.diagnostics.plugin import WorkerPlugin

if TYPE_CHECKING:
    from distributed import Worker

# Tasks ask for one unit of it, so that Dask sends them only where the right extension is loaded.
RESOURCE = "fusionflow_abi1"
EXTENSION = "fusionflow"


class FusionflowPlugin(WorkerPlugin):  # type: ignore[misc]  # distributed has no types
    """Load the extension on every worker, early or late.

    Parameters
    ----------
    version
        The version of this package that the client runs; a worker with another one gets no tasks.
    """

    name = EXTENSION
    idempotent = True

    def __init__(self, version: str) -> None:
        self.version = version
        self.found = ""

    async def setup(self, worker: Worker) -> None:
        """Import the extension and offer its resource, if it is the version wanted."""
        self._worker = worker
        try:
            tasks = import_module("fusionflow_lab.execution.tasks")
        except ImportError as error:
            self.found = f"no fusionflow_lab ({error})"
            return
        if self.version == tasks.VERSION:
            await asyncio.to_thread(tasks.warm_up)
            worker.extensions[EXTENSION] = tasks.WorkerState()
            await worker.set_resources(**{RESOURCE: float(worker.state.nthreads)})
            # Tasks that found no worker with the resource are looked at again when a worker begins to run.
            worker.status = Status.paused
            worker.status = Status.running
        self.found = tasks.VERSION

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
        state = worker.extensions.pop(EXTENSION, None)
        if state is not None:
            state.cancel_all()


def found_version(dask_worker: Worker) -> str:
    """Return the version of the extension that a worker loaded, or what it has instead; empty: not yet."""
    plugin = dask_worker.plugins.get(EXTENSION)
    return plugin.found if plugin is not None else ""
