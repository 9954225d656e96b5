"""Workers that hang, die or find no room: the answer stays the same, and little is done twice."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from distributed import Client

from fusionflow_lab.api import Session, connect
from fusionflow_lab.errors import StateError
from tests.faults.world import reach, until, workers

HEAD = len("k,v\n")
pytestmark = pytest.mark.usefixtures("database")


def counted(path: Path, mark: str) -> str:
    """Ask for something that no other test has asked for."""
    return f"SELECT k, count(*) AS n, max(v) || '{mark}' AS v FROM '{path}' GROUP BY k ORDER BY k"


@pytest.fixture
def stopped() -> Iterator[list[int]]:
    """Go on with the processes that a test has stopped."""
    pids: list[int] = []
    yield pids
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def test_a_stopped_worker_holds_nothing_up(session: Session, path: Path, stopped: list[int]) -> None:
    expected = session.sql(counted(path, "stopped"), use_cache=False).result().arrow()
    job = session.sql(counted(path, "stopped"), use_cache=False).submit()
    reach(job, 2)
    stopped.append(workers(session)[0])
    os.kill(stopped[0], signal.SIGSTOP)
    result = job.result(60)
    assert result.arrow().equals(expected)
    assert result.counters.rows_read == 8_000_000
    assert result.counters.bytes_scanned == path.stat().st_size - HEAD


def test_all_workers_die_at_once(session: Session, path: Path) -> None:
    expected = session.sql(counted(path, "died"), use_cache=False).result().arrow()
    job = session.sql(counted(path, "died"), use_cache=False).submit()
    reach(job, 2)
    for pid in workers(session):
        os.kill(pid, signal.SIGKILL)
    result = job.result(100)
    assert result.arrow().equals(expected)
    assert result.counters.bytes_scanned == path.stat().st_size - HEAD
    with Client(session.scheduler_address, set_as_default=False) as client:
        until(lambda: len(client.nthreads()) == 2, "both workers", 60)


def test_damaged_rows_are_scanned_again(session: Session, path: Path) -> None:
    sql = f"SELECT v FROM '{path}' WHERE k = 5 AND v LIKE '%007%' ORDER BY v, k"
    before = set(session.config.home.glob("states/*/*"))
    expected = session.sql(sql).result().arrow()
    made = set(session.config.home.glob("states/*/*")) - before
    states = sorted(made, key=lambda state: state.stat().st_mtime_ns)
    for state, damage in zip(states[-3:], (0.5, 0.9, None), strict=True):
        data = bytearray(state.read_bytes())
        if damage is None:
            state.write_bytes(data[:-7])
        else:
            data[int(len(data) * damage)] ^= 4
            state.write_bytes(data)
    again = session.sql(sql).result()
    assert again.arrow().equals(expected)
    assert again.counters.bytes_scanned > 0


def test_a_full_disk_is_said_and_cured(path: Path, tmp_path: Path) -> None:
    states = tmp_path / "home" / "states"
    states.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(states)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a small file system cannot be mounted here")
    try:
        with connect(home=tmp_path / "home", workers=1, runner="inprocess") as session:
            sql = f"SELECT v, count(*) AS n FROM '{path}' GROUP BY v ORDER BY v LIMIT 3"
            with pytest.raises(StateError, match="no room left"):
                session.sql(sql).result(100)
            bigger = ["mount", "-o", "remount,size=1g", str(states)]
            subprocess.run(bigger, check=True)
            assert session.sql(sql).result(100).arrow().column("n").to_pylist() == [80, 80, 80]
    finally:
        unmount = ["umount", str(states)]
        subprocess.run(unmount, check=True)
