"""Start a runner that belongs to nobody: a session of its own, which no terminal, kernel or server ends.

Of a home and cluster there is one. Whoever starts it holds a locked file, and hands it on: the lock is the
runner's for as long as that lives, from before it has loaded anything, and no second one is begun meanwhile.
Little is loaded here, so that a kernel may start its runner before it loads what it needs itself.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import IO

from fusionflow_lab.config import Config


def start_runner(config: Config, cluster: str, *, only: bool = True) -> IO[bytes] | None:
    """Start a runner; return what it says once clients can connect, None where there is one already.

    Parameters
    ----------
    config
        Home, memory and when a runner is idle.
    cluster
        What it is to serve.
    only
        Whether to leave it where another holds the lock.

    Raises
    ------
    OSError
        The home cannot be written, or no process be started.
    """
    log = config.runner_log(cluster)
    log.parent.mkdir(parents=True, exist_ok=True)
    lock = locked(log.with_suffix(".lock")) if only else None
    if only and lock is None:
        return None
    with lock or nullcontext():
        return _started(config, cluster, log, lock)


def _started(config: Config, cluster: str, log: Path, lock: IO[str] | None) -> IO[bytes]:
    reading, writing = os.pipe()
    handed = {"ready": writing} if lock is None else {"ready": writing, "lock": lock.fileno()}
    asked = {"cluster": cluster, "workers": config.workers, "idle_seconds": config.runner_idle, **handed}
    command = [sys.executable, "-P", "-m", "fusionflow_lab.execution.program", json.dumps(asked)]
    try:
        with log.open("ab") as out:
            # The shell leaves at once, so that the runner is nobody's child.
            subprocess.run(  # noqa: S603 - this very program
                ["/bin/sh", "-c", '"$@" &', "sh", *command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=config.home,
                env={**os.environ, **config.environment(), "FUSIONFLOW_HOME": str(config.home)},
                pass_fds=[*handed.values()],
                start_new_session=True,
                check=True,
            )
    except BaseException:
        os.close(reading)
        raise
    finally:
        os.close(writing)
    return os.fdopen(reading, "rb")


def locked(path: Path) -> IO[str] | None:
    """Lock a file for as long as it is open, here or where it was handed to; None where another has it."""
    file = path.open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file
