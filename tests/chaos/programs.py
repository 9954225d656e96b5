"""The programs of a cluster with runners, each started again when it dies, as a service manager would."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

import psutil

from tests.postgresql import Server

RESTART_SECONDS = 0.5
WORKERS = 2


class Programs:
    """A scheduler, workers with nannies, and two runners on one database.

    Parameters
    ----------
    home
        Of the runners.
    port
        Where the scheduler listens.
    server
        The server of the job database, which is struck as well; None: a file in the home.
    """

    def __init__(self, home: Path, port: int, server: Server | None = None) -> None:
        self.address = f"tcp://127.0.0.1:{port}"
        self._server = server
        self._environment = os.environ | {"FUSIONFLOW_HOME": str(home), "PYTHONPATH": str(Path.cwd())}
        self._log = (home / "programs.log").open("ab")
        local = ("--host", "127.0.0.1", "--no-dashboard")
        settings = {
            "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1",
            "DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "30s",
        }
        self._environment |= settings
        worker = ("dask", "worker", self.address, *local, "--nthreads", "1", "--local-directory", str(home))
        commands: dict[str, tuple[str, ...]] = {
            "scheduler": ("dask", "scheduler", *local, "--port", str(port))
        }
        commands |= {f"nanny-{number}": worker for number in range(WORKERS)}
        commands |= {
            f"runner-{number}": ("fusionflow_lab", "runner", "--scheduler", self.address)
            for number in range(2)
        }
        self._commands = commands
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._ending = threading.Event()
        self._keeper = threading.Thread(target=self._keep)

    def __enter__(self) -> Self:
        self._keeper.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._ending.set()
        self._keeper.join()
        for program in self._running.values():
            for process in [*_children(program.pid), program]:
                with suppress(psutil.Error, ProcessLookupError):
                    os.kill(process.pid, signal.SIGCONT)
                    process.kill()
            program.wait()
        self._log.close()

    def pid(self, name: str) -> int:
        """Return the process of a program; a worker is the child of its nanny. 0: it is not there now."""
        if name.startswith("worker"):
            nanny = self._running.get(name.replace("worker", "nanny"))
            workers = [] if nanny is None else _children(nanny.pid)
            return workers[-1].pid if workers else 0
        program = self._running.get(name)
        return program.pid if program is not None and program.poll() is None else 0

    def workers(self) -> list[int]:
        """Return the processes of the workers that are there now."""
        return [pid for number in range(WORKERS) if (pid := self.pid(f"worker-{number}"))]

    def strike(self, chance: random.Random) -> str:
        """Kill one process, or hold one up for a while; return what was done, empty for nothing."""
        if self._server is not None and chance.random() < DATABASE_SHARE:
            self._server.kill()
            time.sleep(chance.uniform(0, 3))
            self._server.start()
            return "kill database"
        names = [name for name in self._commands if name != "scheduler"]
        names += [name.replace("nanny", "worker") for name in names if "nanny" in name] * 3
        name = "scheduler" if chance.random() < SCHEDULER_SHARE else chance.choice(names)
        pid = self.pid(name)
        if not pid:
            return ""
        kind = name.split("-")[0]
        stop = kind in {"worker", "runner"} and chance.random() < STOP_SHARE
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP if stop else signal.SIGKILL)
            if stop:
                threading.Timer(chance.uniform(2, 12), _go_on, [pid]).start()
            return f"{'stop' if stop else 'kill'} {kind}"
        return ""

    def _keep(self) -> None:
        while not self._ending.wait(RESTART_SECONDS):
            for name, command in self._commands.items():
                program = self._running.get(name)
                if program is None or program.poll() is not None:
                    self._running[name] = subprocess.Popen(
                        [sys.executable, "-m", *command],
                        env=self._environment,
                        stdout=self._log,
                        stderr=self._log,
                    )
                    time.sleep(0.05)


SCHEDULER_SHARE = 0.06
DATABASE_SHARE = 0.15
STOP_SHARE = 0.15


def _go_on(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)


def _children(pid: int) -> list[psutil.Process]:
    """Return the workers below a process."""
    found: list[psutil.Process] = []
    with suppress(psutil.Error):
        for child in psutil.Process(pid).children(recursive=True):
            with suppress(psutil.Error):
                if "spawn_main" in " ".join(child.cmdline()):
                    found.append(child)
    return found
