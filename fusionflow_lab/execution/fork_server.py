"""A process that has loaded what workers need, and becomes a worker each time one is asked for.

A worker takes as long to load its libraries as a small job takes in all. The process of a runner starts this
one first of all, so that both load at the same time; a worker that died is back at once, too. It has one
thread and no connections, which is what makes a copy of it sound.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from multiprocessing import forkserver

_METHOD = "DASK_DISTRIBUTED__WORKER__MULTIPROCESSING_METHOD"
_LOADED = (
    "fusionflow_lab.execution.without_pandas",
    "distributed.nanny",
    "fusionflow_lab.execution.tasks",
    "fusionflow_lab.execution.plugin",
)
# What libraries read when they are loaded: no threads of theirs in a process that is copied.
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def is_fork_server_used() -> bool:
    """Tell whether the workers of this process are made so."""
    return os.environ.get(_METHOD) == "forkserver"


def start_fork_server() -> None:
    """Start it, and have Dask make its workers of it, where nobody asked for another way.

    Whoever calls this may start worker processes only through Dask: the settings are those of the process.
    """
    if sys.platform != "linux" or _METHOD in os.environ:
        return
    os.environ[_METHOD] = "forkserver"
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update({name: value or "1" for name, value in before.items()})
    try:
        multiprocessing.set_forkserver_preload([*_LOADED])
        forkserver.ensure_running()
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
