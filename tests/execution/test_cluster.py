"""Clusters: the right extension on every worker that gets our tasks, early or late, or a plain refusal."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import duckdb
import pytest
from distributed import Client

import fusionflow_lab
from fusionflow_lab.errors import ClusterError
from fusionflow_lab.execution.cluster import check_workers, open_cluster
from fusionflow_lab.execution.plugin import resource
from fusionflow_lab.execution.tasks import BUILD, VERSION

Spawn = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def spawn(tmp_path: Path) -> Iterator[Spawn]:
    """Start a program that ends with the test."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with ExitStack() as stack:

        def start(*arguments: str, path: Path | None = None) -> subprocess.Popen[bytes]:
            environment = os.environ | ({"PYTHONPATH": str(path)} if path else {})
            # Not from here: "-m" would put this checkout before any path.
            process = subprocess.Popen([sys.executable, "-m", *arguments], env=environment, cwd=elsewhere)
            stack.callback(process.wait, 20)
            stack.callback(process.terminate)
            return process

        yield start


@pytest.fixture
def scheduler(spawn: Spawn, tmp_path: Path) -> str:
    """Start a scheduler and return its address."""
    place = tmp_path / "address.json"
    spawn(
        "dask",
        "scheduler",
        "--host",
        "127.0.0.1",
        "--port",
        "0",
        "--no-dashboard",
        "--scheduler-file",
        str(place),
    )
    deadline = time.monotonic() + 30
    while not place.exists() or not place.read_text().strip():
        assert time.monotonic() < deadline, "the scheduler did not start"
        time.sleep(0.05)
    with Client(scheduler_file=str(place), set_as_default=False) as client:
        address: str = client.scheduler.address
    return address


def add_worker(
    spawn: Spawn, address: str, path: Path | None = None, *, threads: int = 1
) -> subprocess.Popen[bytes]:
    return spawn(
        "dask",
        "worker",
        address,
        "--host",
        "127.0.0.1",
        "--nthreads",
        str(threads),
        "--no-nanny",
        "--no-dashboard",
        path=path,
    )


def other_python(folder: Path, tasks: str | None) -> Path:
    """Make a path on which ``fusionflow_lab`` is another version, or cannot be imported at all."""
    package = folder / "fusionflow_lab" / "execution"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package.parent / "__init__.py").write_text("" if tasks else "raise ImportError('not installed here')")
    (package / "tasks.py").write_text(tasks or "")
    return folder


async def opened(address: str, workers: int) -> tuple[int, dict[str, float]]:
    """Connect once ``workers`` are there; return able threads and what each worker offers."""
    if workers:
        async with Client(address, asynchronous=True, set_as_default=False) as waiting:
            await waiting.wait_for_workers(workers, timeout=60)
    async with open_cluster(address, workers=1, memory_limit="0") as client:
        info = (await client.scheduler.identity())["workers"]
        return await check_workers(client), {
            name: worker["resources"].get(resource(BUILD), 0) for name, worker in info.items()
        }


@pytest.mark.parametrize(
    ("tasks", "found"),
    [
        ("VERSION = '0.0.1'", "0.0.1"),
        (f"VERSION = '{VERSION}'; BUILD = '{VERSION} with DuckDB 1.0.0'", f"{VERSION} with DuckDB 1.0.0"),
        (None, "no fusionflow_lab (not installed here)"),
        ("1 / 0", "a broken fusionflow_lab (ZeroDivisionError('division by zero'))"),
    ],
    ids=["another version", "another DuckDB", "not installed", "broken"],
)
def test_a_wrong_worker_is_refused_by_name(
    spawn: Spawn, scheduler: str, tmp_path: Path, tasks: str | None, found: str
) -> None:
    add_worker(spawn, scheduler, other_python(tmp_path / "other", tasks))
    with pytest.raises(ClusterError) as caught:
        asyncio.run(opened(scheduler, 1))
    message = str(caught.value)
    assert f"has {found}" in message
    assert f"no worker can run FusionFlow {BUILD}:" in message
    assert f"pip install fusionflow_lab=={VERSION} duckdb=={duckdb.__version__}" in message
    assert len(message.splitlines()) <= 12


def test_a_late_right_worker_gets_the_tasks(spawn: Spawn, scheduler: str, tmp_path: Path) -> None:
    add_worker(spawn, scheduler, other_python(tmp_path / "other", "VERSION = '0.0.1'"))
    with pytest.raises(ClusterError):
        asyncio.run(opened(scheduler, 1))
    add_worker(spawn, scheduler)
    able, offers = asyncio.run(opened(scheduler, 2))
    assert able == 1
    assert sorted(offers.values()) == [0, 1.0]


def test_any_mix_of_workers_gives_the_answer(spawn: Spawn, scheduler: str, tmp_path: Path) -> None:
    """One of three threads, one too old, one without us; then the first dies, and a late one goes on."""
    files = tmp_path / "files"
    files.mkdir()
    for number in range(30):
        (files / f"{number}.csv").write_text("k,v\n" + "".join(f"{v % 7},{v}\n" for v in range(40_000)))
    first = add_worker(spawn, scheduler, threads=3)
    add_worker(spawn, scheduler, other_python(tmp_path / "old", "VERSION = '0.0.1'"))
    add_worker(spawn, scheduler, other_python(tmp_path / "none", None))
    able, offers = asyncio.run(opened(scheduler, 3))
    assert able == 3
    assert sorted(offers.values()) == [0, 0, 3.0]
    sql = f"SELECT k, count(*) AS n, sum(v)::BIGINT AS s FROM '{files}/*.csv' GROUP BY k ORDER BY k"
    expected = duckdb.execute(sql).fetchall()
    with fusionflow_lab.connect(scheduler, home=tmp_path / "home", runner="inprocess") as session:
        result = session.sql(sql).result().arrow()
        assert [tuple(row.values()) for row in result.to_pylist()] == expected
        job = session.sql(sql, use_cache=False).submit()
        first.kill()
        add_worker(spawn, scheduler, threads=2)
        assert [tuple(row.values()) for row in job.result().arrow().to_pylist()] == expected


def test_no_workers(scheduler: str) -> None:
    with pytest.raises(ClusterError, match="no workers"):
        asyncio.run(opened(scheduler, 0))


def test_nobody_answers() -> None:
    with pytest.raises(ClusterError, match="no Dask scheduler answers"):
        asyncio.run(opened_at_closed_port())


async def opened_at_closed_port() -> None:
    async with open_cluster("tcp://127.0.0.1:9", workers=1, memory_limit="0"):
        pass


def test_a_script_needs_no_guard(tmp_path: Path) -> None:
    """Multiprocessing would run an unguarded script again in every worker, and fail."""
    (tmp_path / "data.csv").write_text("a\n1\n2\n")
    script = tmp_path / "script.py"
    script.write_text(
        "import fusionflow_lab as ff\n"
        f"with ff.connect(home={str(tmp_path / 'home')!r}, workers=2) as session:\n"
        f"    result = session.sql(\"SELECT max(a) AS s FROM '{tmp_path / 'data.csv'}'\").result()\n"
        "    print(result.arrow().to_pylist(), __spec__)\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
    assert done.stdout == "[{'s': 2}] None\n", done.stderr
