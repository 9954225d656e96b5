"""Chunks that kill their workers: found, named, or left out where that is allowed; innocents are cleared."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from distributed import Client

from fusionflow_lab.api import Session
from fusionflow_lab.config import Config
from fusionflow_lab.errors import ChunkError
from fusionflow_lab.execution.boundaries import Break
from fusionflow_lab.execution.dispatch import MAX_DEATHS, Dispatcher
from fusionflow_lab.execution.share import Share
from fusionflow_lab.jobs.events import ChunkErrorEvent, NoticeEvent
from fusionflow_lab.source import Dialect, Source, SourceFile
from tests.faults.world import poisoned, until, written

pytestmark = pytest.mark.usefixtures("database")

FILES = 6
POISON = 3
ROWS = 20_000  # a file is a chunk
# DuckDB makes so many values at once: 2 GB of them.
VECTOR_ROWS = 2048
EATEN_BYTES = 1_000_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of files that travel in one task each or together, one of them poison."""
    folder = tmp_path_factory.mktemp("files")
    for number in range(FILES):
        written(folder / f"part-{number}.csv", ROWS * (2 if number == POISON else 1))
    return folder


@pytest.mark.long
@pytest.mark.timeout(300)
def test_the_poison_chunk_is_named_and_the_job_can_do_without(session: Session, folder: Path) -> None:
    poison = folder / f"part-{POISON}.csv"
    sql = f"SELECT count(*) AS n, count(DISTINCT k) AS k FROM '{folder}/*.csv'"
    session.sql(sql).explain()
    with poisoned(poison) as killed:
        job = session.sql(sql).submit()
        with pytest.raises(ChunkError, match="worker died") as caught:
            job.result(250)
        assert f"{poison}, bytes 0-{poison.stat().st_size}" in str(caught.value)
        assert "--allow-failed-chunks" in str(caught.value)
        assert job.status == "FAILED"
        events = session._manager.feed(job.id)._durable
        last = [event for event in events if isinstance(event, ChunkErrorEvent)][-1]
        assert (last.file, last.start, last.end) == (str(poison), 0, poison.stat().st_size)
        assert killed() <= 12

        job = session.sql(sql, allow_failed_chunks=True).submit()
        result = job.result(250)
    everything = ROWS * (FILES + 1)
    assert result.arrow().to_pylist() == [{"n": everything - 2 * ROWS, "k": 97}]
    assert result.counters.bytes_unread == poison.stat().st_size
    assert "NOT READ" in result.summary()
    notices = [event for event in session._manager.feed(job.id)._durable if isinstance(event, NoticeEvent)]
    assert [notice.code for notice in notices] == ["unread"]
    # Nothing is poison any more: only what was missing is read.
    job.retry()
    result = job.result(250)
    assert result.arrow().to_pylist() == [{"n": everything, "k": 97}]
    assert result.counters.bytes_unread == 0
    assert result.counters.bytes_scanned < 2 * poison.stat().st_size


@pytest.mark.timeout(120)
def test_a_file_that_kills_who_looks_for_its_records_is_named(session: Session, tmp_path: Path) -> None:
    """What proves record starts and knows bytes again reads files, too: its end is told in our words."""
    path = written(tmp_path / "poison.csv", ROWS)
    size = path.stat().st_size
    file = SourceFile(path=str(path), size=size, mtime_ns=path.stat().st_mtime_ns, data_start=len("k,v\n"))
    source = Source(name="", pattern=str(path), dialect=Dialect(), columns=(), files=(file,))
    gap = Break(file=file, start=file.data_start, offsets=(size // 2,), believed=(0,))

    async def look() -> list[int]:
        async with Client(session.scheduler_address, asynchronous=True, set_as_default=False) as client:

            async def opened(_lost: Client | None) -> Client:
                return client

            return await Dispatcher("looking", opened, Share()).locator(source)(gap)

    with poisoned(path) as killed:
        with pytest.raises(ChunkError, match="workers died") as caught:
            asyncio.run(look())
        assert f"{path}, bytes {file.data_start}-{size}" in str(caught.value)
        until(lambda: killed() >= MAX_DEATHS, "what the last worker died of to be told")
    (start,) = asyncio.run(look())
    assert path.read_bytes()[start - 1 : start] == b"\n"


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_chunk_that_eats_memory_is_named(tmp_path: Path) -> None:
    for number in range(FILES):
        size = EATEN_BYTES if number == POISON else number
        (tmp_path / f"part-{number}.csv").write_text("k,size\n" + f"{number},{size}\n" * VECTOR_ROWS)
    poison = tmp_path / f"part-{POISON}.csv"
    sql = f"SELECT k, max(length(repeat('x', size))) AS n FROM '{tmp_path}/*.csv' GROUP BY k ORDER BY k"
    config = Config.load(home=tmp_path / "home", workers=1, memory_limit="600 MB", runner="inprocess")
    with Session(config, "local") as session:
        with pytest.raises(ChunkError, match="worker died") as caught:
            session.sql(sql).result(250)
        assert f"{poison}, bytes 0-{poison.stat().st_size}" in str(caught.value)
        result = session.sql(sql, allow_failed_chunks=True).result(250)
    assert result.arrow().to_pylist() == [{"k": k, "n": k} for k in range(FILES) if k != POISON]
    assert result.counters.bytes_unread == poison.stat().st_size
