"""What a worker says of itself to whoever checks a cluster.

The function is pickled by value and runs on workers that may not have this package, so this module imports
nothing of ours, and at its top nothing that Python does not bring along.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from distributed import Worker

MARK = ".fusionflow-doctor"
LOOK_SECONDS = 1.8


async def look_around(
    home: str, mark: str, paths: Sequence[str], access: Mapping[str, object], dask_worker: Worker
) -> dict[str, object]:
    """Return what this worker has and sees, as far as it is known after ``LOOK_SECONDS``.

    Parameters
    ----------
    home
        The folder of states and results, which must be the same everywhere.
    mark
        What the file ``MARK`` holds in it.
    paths
        Files, patterns or URLs that it should be able to read.
    access
        The fields of ``Access``: how files elsewhere are reached.
    dask_worker
        The worker, given by Dask.
    """

    async def told(work: Callable[[], object]) -> str:
        try:
            await asyncio.wait_for(asyncio.to_thread(work), LOOK_SECONDS)
        except TimeoutError:
            return f"TimeoutError: no answer within {LOOK_SECONDS} s"
        except Exception as error:  # noqa: BLE001 - whatever it is, the worker says so
            return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
        return ""

    def see_home() -> None:
        if Path(home, MARK).read_text(encoding="utf-8") != mark:
            raise FileNotFoundError(f"{home} is another folder here")
        Path(home, f"{MARK}-{os.getpid()}").touch()
        Path(home, f"{MARK}-{os.getpid()}").unlink()

    def see(path: str) -> None:
        if "://" in path and has_package:
            storage = import_module("fusionflow_lab.storage")
            reached = import_module("fusionflow_lab.access").Access(**access)
            storage.first_byte(path, reached)
            return
        found = import_module("fsspec").open_files(path, "rb")
        if not found:
            raise FileNotFoundError(path)
        with found[0] as file:
            file.read(1)

    try:
        tasks = import_module("fusionflow_lab.execution.tasks")
        build, has_package = str(getattr(tasks, "BUILD", tasks.VERSION)), True
    except Exception as error:  # noqa: BLE001 - a broken installation is what is looked for
        build, has_package = f"no fusionflow_lab ({error})", False
    home_seen, *seen = await asyncio.gather(told(see_home), *(told(partial(see, path)) for path in paths))
    return {
        "build": build,
        "home": home_seen,
        "paths": dict(zip(paths, seen, strict=True)),
        "memory": dask_worker.memory_manager.memory_limit or 0,
        "free": shutil.disk_usage(dask_worker.local_directory).free,
        "time": time.time(),
    }
