"""The way from a client to the runner of its home and cluster: found, or started, and told to look.

The database says which runners there are; a socket of this machine makes them hear at once. Where none
answers, one is started that belongs to nobody: it is a session of its own, so that closing a terminal,
a kernel or a Jupyter server leaves it alone.
"""

from __future__ import annotations

import asyncio
import json
import platform
import socket
import threading
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from select import select
from typing import Final

from fusionflow_lab.config import Config
from fusionflow_lab.errors import ClusterError
from fusionflow_lab.execution.build import VERSION
from fusionflow_lab.jobs.codec import encode_query
from fusionflow_lab.jobs.events import Event
from fusionflow_lab.jobs.records import RunnerRecord
from fusionflow_lab.jobs.registry import Registry
from fusionflow_lab.jobs.starting import start_runner
from fusionflow_lab.jobs.wire import Message, ask, message_event, pack, receive
from fusionflow_lab.query import Query

START_SECONDS: Final = 60.0
ANSWER_SECONDS: Final = 2.0
HELD_SECONDS: Final = 10.0
_LOG_LINES: Final = 5
_LOOK_SECONDS: Final = 0.03


class RunnerLink:
    """Reaches the runner of one home and cluster, and starts one where there is none.

    Parameters
    ----------
    config
        Home, memory and when a runner is idle.
    cluster
        What the runner has to serve.
    registry
        Which runners there are.
    workers
        How many workers a local cluster is to have; None: as it is.
    """

    def __init__(self, *, config: Config, cluster: str, registry: Registry, workers: int | None) -> None:
        self._config = config
        self._cluster = cluster
        self._registry = registry
        self._workers = workers
        self._lock = threading.Lock()
        self._connection: socket.socket | None = None
        self._runner: RunnerRecord | None = None

    @property
    def runner(self) -> RunnerRecord | None:
        """The runner that was reached last."""
        return self._runner

    def nudge(self) -> None:
        """Have a runner look into the database now; start one where there is none.

        Raises
        ------
        ClusterError
            None could be started; the end of its log is in the message.
        """
        message = pack({"op": "nudge", "workers": self._workers})
        with self._lock:
            if self._connection is not None:
                with suppress(OSError):
                    self._connection.sendall(message)
                    if not _has_ended(self._connection):
                        return
                self._drop()
            self._connection = self._reach()
            if self._connection is not None:
                self._connection.sendall(message)

    def announce(self, query: Query) -> None:
        """Have the runner that was reached last plan a query of which a job may follow; start none."""
        with self._lock:
            if self._connection is not None:
                with suppress(OSError):
                    self._connection.sendall(pack({"op": "plan", "query": encode_query(query)}))

    def poke(self) -> None:
        """Nudge a runner that is there; start none."""
        message = pack({"op": "nudge"})
        with self._lock:
            if self._connection is not None:
                with suppress(OSError):
                    self._connection.sendall(message)
                    return
            for runner in self._registry.alive():
                connection = connected(runner)
                if connection is not None:
                    with connection, suppress(OSError):
                        connection.sendall(message)

    def close(self) -> None:
        """Leave the runner, which goes on."""
        with self._lock:
            self._drop()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _reach(self) -> socket.socket | None:
        """Return a connection; None where the runner is on another machine and looks by itself."""
        give_up = time.monotonic() + START_SECONDS
        held_since = 0.0
        while time.monotonic() < give_up:
            for runner in self._registry.alive(self._cluster):
                if runner.host != platform.node():
                    self._runner = runner
                    return None
                connection = connected(runner)
                if connection is not None and runner.version == VERSION:
                    self._runner = runner
                    return connection
                if connection is not None:
                    end_runner(connection)
            only = not held_since or time.monotonic() - held_since < HELD_SECONDS
            if not self._start(only=only):
                # One is starting, or the one that holds the lock does not answer.
                held_since = held_since or time.monotonic()
                time.sleep(_LOOK_SECONDS)
        raise self._failed("the runner does not answer")

    def _start(self, *, only: bool) -> bool:
        """Start a runner and wait until it listens; False where another has the lock."""
        started = start_runner(self._config, self._cluster, only=only)
        if started is None:
            return False
        with started as line:
            ready, _, _ = select([line], [], [], START_SECONDS)
            said: Message = json.loads(line.read() or b"{}") if ready else {}
        if not said:
            raise self._failed("the runner did not start")
        return True

    def _failed(self, what: str) -> ClusterError:
        path = self._config.runner_log(self._cluster)
        lines = _tail(path)
        return ClusterError(
            f"{what}:\n{lines}" if lines else what,
            where=str(path),
            hint="read its log; or drive jobs in this process: connect(runner='inprocess'), "
            "FUSIONFLOW_RUNNER=inprocess",
        )


def connected(runner: RunnerRecord) -> socket.socket | None:
    """Connect to a runner of this machine; None where it does not answer."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(ANSWER_SECONDS)
    try:
        connection.connect(runner.address)
        if ask(connection, {"op": "hello"}).get("id") == runner.id:
            return connection
    except (OSError, ValueError):
        pass
    connection.close()
    return None


def end_runner(connection: socket.socket) -> None:
    """Tell a runner to give its jobs back and end, and wait until it listens no more."""
    with connection, suppress(OSError):
        ask(connection, {"op": "end"})
        connection.settimeout(START_SECONDS)
        connection.recv(1)


async def watch_runner(runner: RunnerRecord, job: str, since: int) -> AsyncIterator[Event]:
    """Yield the events of a job as its runner has them; nothing where it does not drive the job.

    Raises
    ------
    OSError
        The runner cannot be reached, or went away.
    """
    reader, writer = await asyncio.open_unix_connection(runner.address)
    try:
        writer.write(pack({"op": "watch", "job": job, "since": since}))
        while (message := await receive(reader)) is not None and "type" in message[0]:
            yield message_event(*message)
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


def _has_ended(connection: socket.socket) -> bool:
    """Tell whether the other side has closed: it never speaks unasked."""
    ready, _, _ = select([connection], [], [], 0)
    return bool(ready) and not connection.recv(1)


def _tail(path: Path) -> str:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(lines[-_LOG_LINES:])
