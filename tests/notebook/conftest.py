"""A real kernel to run cells in, with a home and data of its own."""

from __future__ import annotations

import os
import queue
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

TRIPS = "city,distance,day\nOslo,7,2024-01-01\nOslo,5,2024-01-02\nBergen,3,2024-01-03\n"
CELL_SECONDS = 100.0
DIRTY = 'city,distance,day\nOslo,1,2024-02-01\n"Ber"gen,2,2024-02-02\nBergen,4\nBergen,9,2024-02-03\n'


@dataclass(frozen=True)
class Comm:
    """A message of a comm: ``comm_open``, ``comm_msg`` or ``comm_close``."""

    kind: str
    id: str
    data: dict[str, Any]
    buffers: list[bytes]


@dataclass
class Output:
    """What running one cell gave."""

    status: str = ""
    seconds: float = 0.0
    back_after: float = 0.0
    displays: list[dict[str, str]] = field(default_factory=list)
    updates: list[tuple[float, dict[str, str]]] = field(default_factory=list)
    """When the kernel sent an update, in seconds, and what."""
    result: dict[str, str] = field(default_factory=dict)
    stdout: str = ""
    stderr: str = ""
    error: str = ""
    error_name: str = ""
    page: str = ""
    comms: list[Comm] = field(default_factory=list)

    @property
    def shown(self) -> dict[str, str]:
        """The output as it stands at the end: the last update, else the last display."""
        return self.updates[-1][1] if self.updates else self.displays[-1]


class Kernel:
    """Runs cells in an ipykernel and collects what comes back."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self._manager = manager
        self._client = client

    def run(
        self,
        code: str,
        *,
        interrupt_when: Callable[[Output], bool] | None = None,
        meanwhile: Callable[[Output], None] | None = None,
    ) -> Output:
        """Run a cell to its end; interrupt it once, as soon as the outputs so far say so.

        ``meanwhile`` is called again and again with what came so far.
        """
        begun, interrupted = time.monotonic(), 0.0
        message_id = self._client.execute(code)
        output = Output()
        while True:
            if interrupt_when and not interrupted and interrupt_when(output):
                self._manager.interrupt_kernel()
                interrupted = time.monotonic()
            if meanwhile:
                meanwhile(output)
            try:
                message = self._client.get_iopub_msg(timeout=0.02)
            except queue.Empty:
                assert time.monotonic() - begun < CELL_SECONDS, f"no end of {code!r}"
                continue
            ours = message["parent_header"].get("msg_id") == message_id
            if message["msg_type"].startswith("comm_"):
                output.comms.append(comm_of(message))
            elif ours and self._take(message, output):
                break
        output.seconds = time.monotonic() - begun
        output.back_after = time.monotonic() - interrupted if interrupted else 0.0
        reply = self._client.get_shell_msg(timeout=60)
        while reply["parent_header"].get("msg_id") != message_id:
            reply = self._client.get_shell_msg(timeout=60)
        content = reply["content"]
        output.status = "error" if output.error_name else content["status"]
        output.page = "".join(
            part["data"]["text/plain"] for part in content.get("payload", ()) if "data" in part
        )
        return output

    def allow_input(self, *, allow: bool) -> None:
        """Say with the cells to come whether somebody is there to answer."""
        self._client.allow_stdin = allow

    def tell(self, comm: str, content: object) -> None:
        """Send what a page sends over the comm of a widget."""
        body = {"comm_id": comm, "data": {"method": "custom", "content": content}}
        self._client.shell_channel.send(self._client.session.msg("comm_msg", body))

    def complete(self, code: str) -> list[str]:
        """Return what the kernel offers at the mark ``|`` in a cell, as the cell would read with it."""
        place = code.index("|")
        code = code.replace("|", "", 1)
        message_id = self._client.complete(code, place)
        reply = self._client.get_shell_msg(timeout=60)
        while reply["parent_header"].get("msg_id") != message_id:
            reply = self._client.get_shell_msg(timeout=60)
        content = reply["content"]
        begin, end = content["cursor_start"], content["cursor_end"]
        return [code[:begin] + match + code[end:] for match in content["matches"]]

    @staticmethod
    def _take(message: dict[str, Any], output: Output) -> bool:
        content = message["content"]
        match message["msg_type"]:
            case "status":
                return bool(content["execution_state"] == "idle")
            case "display_data":
                output.displays.append(content["data"])
            case "update_display_data":
                output.updates.append((message["header"]["date"].timestamp(), content["data"]))
            case "execute_result":
                output.result = content["data"]
            case "stream" if content["name"] == "stdout":
                output.stdout += content["text"]
            case "stream":
                output.stderr += content["text"]
            case "error":
                output.error_name = content["ename"]
                output.error = "\n".join(content["traceback"])
        return False


def comm_of(message: dict[str, Any]) -> Comm:
    """Read a message of a comm."""
    content = message["content"]
    return Comm(message["msg_type"], content["comm_id"], content["data"], [*map(bytes, message["buffers"])])


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with small files: two clean ones of trips, and a dirty one."""
    folder = tmp_path_factory.mktemp("data")
    for name in ("a", "b"):
        (folder / f"trips_{name}.csv").write_text(TRIPS)
    (folder / "dirty.csv").write_text(DIRTY)
    return folder


@pytest.fixture(scope="module")
def slow_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of ten files of 9 MB, two of them a task."""
    folder = tmp_path_factory.mktemp("slow")
    for number in range(10):
        rows = "\n".join(f"{number},{row},{'x' * 76}" for row in range(100_000))
        (folder / f"part_{number}.csv").write_text(f"part,value,text\n{rows}\n")
    return folder


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory, data: Path) -> Iterator[Kernel]:
    """Return a kernel with the extension loaded."""
    manager = KernelManager()
    home = tmp_path_factory.mktemp("home")
    environment = {**os.environ, "FUSIONFLOW_HOME": str(home), "IPYTHONDIR": str(home)}
    manager.start_kernel(cwd=str(data), env=environment)
    client = manager.blocking_client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    kernel = Kernel(manager, client)
    assert kernel.run("%load_ext fusionflow_lab").status == "ok"
    yield kernel
    kernel.run("%unload_ext fusionflow_lab")
    client.stop_channels()
    manager.shutdown_kernel()
