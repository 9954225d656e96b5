"""Close the laptop: the kernel, or the whole Jupyter server, is killed, and the job is still there."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from fusionflow_lab.api import Job, Session, connect
from fusionflow_lab.jobs.events import StatusEvent
from fusionflow_lab.jobs.link import connected, end_runner
from tests.held import Held
from tests.notebook.conftest import Kernel

pytestmark = pytest.mark.usefixtures("database")

FILES = 10


@pytest.fixture
def environment(tmp_path: Path, database: str) -> Iterator[dict[str, str]]:
    """Return the environment of kernels whose jobs a runner drives; the runner ends with the test."""
    home = tmp_path / "home"
    yield {
        **os.environ,
        "FUSIONFLOW_HOME": str(home),
        "FUSIONFLOW_DATABASE": database,
        "FUSIONFLOW_RUNNER": "detached",
        "FUSIONFLOW_WORKERS": "2",
        "IPYTHONDIR": str(tmp_path),
    }
    with connect(home=home, runner="inprocess") as session:
        for runner in session.runners():
            connection = connected(runner)
            if connection is not None:
                end_runner(connection)


@pytest.fixture
def session(environment: dict[str, str]) -> Iterator[Session]:
    """Look into the same home from outside."""
    with connect(home=environment["FUSIONFLOW_HOME"], runner="inprocess") as session:
        yield session


def slow(folder: Path) -> str:
    digest = "text || value"
    for _ in range(10):
        digest = f"sha256({digest})"
    return f"SELECT part, max({digest}) AS digest FROM '{folder}/part_*.csv' GROUP BY part"


def wait_for(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < give_up, "it did not happen"
        time.sleep(0.02)


def reached(session: Session, part: float) -> Callable[[], bool]:
    """Return whether the newest job has done a part of its work, as its row says."""

    def reached() -> bool:
        jobs = session.jobs()
        return bool(jobs) and jobs[0].bytes_done >= part * jobs[0].bytes_total > 0

    return reached


def statuses(job: Job) -> list[str]:
    return [event.status for event in job.log() if isinstance(event, StatusEvent)]


class NewKernel:
    """A kernel with the extension loaded."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.manager = KernelManager()
        self.manager.start_kernel(env=environment)
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)
        self.kernel = Kernel(self.manager, self.client)
        assert self.kernel.run("%load_ext fusionflow_lab").status == "ok"

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


def attach(kernel: Kernel, session: Session) -> None:
    """Attach from a kernel, and see that the card shows at once how far the job is, and its end."""
    job = session.job(session.jobs()[0].id)
    before = session.jobs()[0]
    output = kernel.run(f"r = %fusionflow attach {job.id[:6]}")
    assert output.status == "ok", output.error
    shown = [text["text/plain"] for text in (*output.displays, *(update for _, update in output.updates))]
    first = next(found for found in (re.search(r"(\d+) %|✓", text) for text in shown) if found)
    if first[1]:  # else it was faster than the card
        assert int(first[1]) >= int(100 * before.bytes_done / before.bytes_total)
    assert "✓ completed" in output.shown["text/plain"]
    assert kernel.run("len(r)").result["text/plain"] == str(FILES)
    assert statuses(job) == ["CREATED", "QUEUED", "IN_PROGRESS", "COMPLETED"]


def test_a_killed_kernel_leaves_its_job_running(
    environment: dict[str, str], session: Session, slow_data: Path
) -> None:
    second = NewKernel(environment)
    first = NewKernel(environment)
    try:
        pid = first.kernel.run("import os; os.getpid()").result["text/plain"]
        first.client.execute(f"%%fusionflow trips\n{slow(slow_data)}")
        wait_for(reached(session, 0.4))
        os.kill(int(pid), signal.SIGKILL)
        attach(second.kernel, session)
        again = second.kernel.run(f"%%fusionflow trips\n{slow(slow_data)}")
        assert "· 0 B scanned" in again.shown["text/plain"]
        assert len(session.jobs()) == 1
    finally:
        first.close()
        second.close()


@pytest.mark.parametrize("restart", [False, True])
def test_a_kernel_that_is_told_to_end_leaves_its_job_running(
    restart: bool,  # noqa: FBT001 - a parameter
    environment: dict[str, str],
    session: Session,
    held: Held,
) -> None:
    kernel = NewKernel(environment)
    try:
        kernel.client.execute(f"%%fusionflow trips\n{held.sql('ended')}")
        wait_for(reached(session, 0.1))
        if restart:
            kernel.manager.restart_kernel()
        else:
            kernel.manager.shutdown_kernel()
        job = session.job(session.jobs()[0].id)
        assert statuses(job) == ["CREATED", "QUEUED", "IN_PROGRESS"]
        assert job.record.desired == "run"
    finally:
        kernel.close()


def test_interrupting_an_attached_cell_leaves_the_job(
    environment: dict[str, str], session: Session, held: Held
) -> None:
    kernel = NewKernel(environment)
    try:
        kernel.kernel.run(f"%%fusionflow job --detach\n{held.sql('left')}")
        wait_for(reached(session, 0.1))
        output = kernel.kernel.run("%fusionflow attach", interrupt_when=lambda output: bool(output.updates))
        assert "JobLeftError" in output.error
        assert output.back_after < 3
        left = session.jobs()[0]
        wait_for(lambda: session.jobs()[0].bytes_done > left.bytes_done)
        assert statuses(session.job(left.id)) == ["CREATED", "QUEUED", "IN_PROGRESS"]
    finally:
        kernel.close()


@pytest.mark.long
def test_a_killed_jupyter_server_leaves_its_job_running(
    environment: dict[str, str], session: Session, slow_data: Path, tmp_path: Path
) -> None:
    runtime = tmp_path / "runtime"
    command = [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root"]
    options = [f"--ServerApp.root_dir={tmp_path}", "--ServerApp.port=0", "--IdentityProvider.token=t"]
    server = subprocess.Popen(
        [*command, *options],
        env={**environment, "JUPYTER_RUNTIME_DIR": str(runtime)},
        stderr=subprocess.DEVNULL,
    )
    second = NewKernel(environment)
    try:
        client = kernel_of_server(runtime)
        client.execute("%load_ext fusionflow_lab")
        client.execute(f"%%fusionflow trips\n{slow(slow_data)}")
        wait_for(reached(session, 0.4))
        server.kill()
        client.stop_channels()
        attach(second.kernel, session)
    finally:
        server.kill()
        server.wait(30)
        second.close()


def listens(url: str) -> bool:
    """Tell whether a server answers."""
    try:
        with urllib.request.urlopen(f"{url}api", timeout=10):  # noqa: S310 - our own
            return True
    except OSError:  # of urllib, or of a server that closes what it is not ready for
        return False


def kernel_of_server(runtime: Path) -> BlockingKernelClient:
    """Have a Jupyter server start a kernel, and connect to that."""
    wait_for(lambda: any(runtime.glob("jpserver-*.json")))
    (path,) = runtime.glob("jpserver-*.json")
    wait_for(lambda: bool(path.read_text().strip()))
    url = json.loads(path.read_text())["url"]
    wait_for(lambda: listens(url))  # it writes the file first
    request = urllib.request.Request(f"{url}api/kernels", data=b"{}", method="POST")  # noqa: S310 - our own
    request.add_header("Authorization", "token t")
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        kernel_id = json.load(answer)["id"]
    client = BlockingKernelClient(connection_file=str(runtime / f"kernel-{kernel_id}.json"))
    client.load_connection_file()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    return client
