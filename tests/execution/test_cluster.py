"""Clusters: the right extension on every worker that gets our tasks, early or late, or a plain refusal."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from distributed import Client

import fusionflow_lab
from fusionflow_lab.errors import ClusterError
from fusionflow_lab.execution.build import BUILD, VERSION
from fusionflow_lab.execution.cluster import check_workers, open_cluster
from fusionflow_lab.execution.plugin import resource
from tests.execution.programs import Spawn, add_worker, other_python
from tests.ports import free_port


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
    expected = duckdb.connect().execute(sql).fetchall()
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


DYING = """
import os
from pathlib import Path

def dask_setup(scheduler):
    struck = Path(os.environ["STRUCK"])

    def die(*_, **__):
        struck.touch()
        os._exit(1)

    if not struck.exists():
        scheduler.handlers["register_worker_plugin"] = die
"""


def test_a_scheduler_that_dies_while_it_is_prepared_is_waited_for(spawn: Spawn, tmp_path: Path) -> None:
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    struck, preload = tmp_path / "struck", tmp_path / "dying.py"
    preload.write_text(DYING)
    options = ("--host", "127.0.0.1", "--port", str(port), "--no-dashboard", "--preload", str(preload))
    command = ("dask", "scheduler", *options)

    async def opened_anew() -> int:
        first = spawn(*command, settings={"STRUCK": str(struck)})
        async with asyncio.TaskGroup() as group:
            opening = group.create_task(opened(address, 0))
            await asyncio.to_thread(first.wait, 60)
            assert struck.exists()
            spawn(*command, settings={"STRUCK": str(struck)})
            add_worker(spawn, address)
            able, _ = await opening
        return able

    assert asyncio.run(opened_anew()) == 1
