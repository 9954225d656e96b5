"""What a worker says of itself to whoever checks a cluster.

The function is pickled by value and runs on workers that may not have this package, so this module imports
nothing of ours, and at its top nothing that Python does not bring along.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from distributed import Worker

MARK = ".fusionflow-doctor"


def look_around(home: str, mark: str, paths: Sequence[str], dask_worker: Worker) -> dict[str, object]:
    """Return what this worker has and sees.

    Parameters
    ----------
    home
        The folder of states and results, which must be the same everywhere.
    mark
        What the file ``MARK`` holds in it.
    paths
        Files, patterns or URLs that it should be able to read.
    dask_worker
        The worker, given by Dask.
    """

    def told(work: Callable[[], object]) -> str:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - whatever it is, the worker says so
            return f"{type(error).__name__}: {error}"
        return ""

    def see_home() -> None:
        if Path(home, MARK).read_text(encoding="utf-8") != mark:
            raise FileNotFoundError(f"{home} is another folder here")
        Path(home, f"{MARK}-{os.getpid()}").touch()
        Path(home, f"{MARK}-{os.getpid()}").unlink()

    def see(path: str) -> None:
        found = import_module("fsspec").open_files(path, "rb")
        if not found:
            raise FileNotFoundError(path)
        with found[0] as file:
            file.read(1)

    try:
        tasks = import_module("fusionflow_lab.execution.tasks")
        build = str(getattr(tasks, "BUILD", tasks.VERSION))
    except Exception as error:  # noqa: BLE001 - a broken installation is what is looked for
        build = f"no fusionflow_lab ({error})"
    return {
        "build": build,
        "home": told(see_home),
        "paths": {path: told(partial(see, path)) for path in paths},
        "memory": dask_worker.memory_manager.memory_limit or 0,
        "free": shutil.disk_usage(dask_worker.local_directory).free,
        "time": time.time(),
    }
