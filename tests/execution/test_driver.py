"""The driver against what goes wrong: wrong guesses, dead workers, damaged states, changing files."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from distributed import Client

from fusionflow_lab.api import Job, Session
from fusionflow_lab.errors import SourceChangedError
from tests.held import hashed


def written(path: Path, rows: int) -> Path:
    """Write ``rows`` rows of two columns, about 20 bytes each."""
    block = "".join(f"{number % 97},text number {number:06}\n" for number in range(100_000))
    with path.open("w") as file:
        file.write("k,v\n")
        for _ in range(rows // 100_000):
            file.write(block)
    return path


def reach(job: Job, chunks: int) -> None:
    while not job.done() and ((progress := job.progress) is None or progress.chunks_done < chunks):
        time.sleep(0.002)


def test_text_that_looks_like_rows_is_not_counted(session: Session, tmp_path: Path) -> None:
    """Blocks within the quotes look perfect from outside; only the chain of records tells."""
    path = tmp_path / "trap.csv"
    inside = "7,looks like a row\n" * 300_000
    path.write_text("a,b\n" + "1,x\n" * 400_000 + f'2,"{inside}"\n' + "3,y\n" * 400_000)
    sql = f"SELECT count(*) AS n, sum(a)::BIGINT AS s, max(length(b)) AS l FROM '{path}'"
    expected = [{"n": 800_001, "s": 1_600_002, "l": len(inside)}]
    result = session.sql(sql).result()
    assert result.arrow().to_pylist() == expected
    assert result.counters.rows_read == 800_001
    again = session.sql(sql).result()
    assert again.arrow().to_pylist() == expected
    assert again.counters.bytes_scanned == 0


def test_a_map_that_fails_on_wrongly_guessed_rows_does_not_fail(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "trap.csv"
    inside = "0,looks like a row\n" * 200_000
    path.write_text("a,b\n" + "1,x\n" * 500_000 + f'2,"{inside}"\n' + "1,y\n" * 500_000)
    sql = f"SELECT sum(CASE WHEN a = 0 THEN error('zero') ELSE a END)::BIGINT AS s FROM '{path}'"
    assert session.sql(sql).result().arrow().to_pylist() == [{"s": 1_000_002}]


def test_a_killed_worker_loses_nothing(session: Session, tmp_path: Path) -> None:
    path = written(tmp_path / "data.csv", 10_000_000)
    sql = f"SELECT k, count(*) AS n, max(v) AS v FROM '{path}' GROUP BY k"
    job = session.sql(sql).submit()
    reach(job, 2)
    with Client(session.scheduler_address, set_as_default=False) as client:
        pids = client.run(os.getpid)
        os.kill(min(pids.values()), signal.SIGKILL)
        result = job.result()
        client.wait_for_workers(2, timeout=60)
    assert sum(result.arrow().column("n").to_pylist()) == 10_000_000
    assert result.counters.rows_read == 10_000_000
    assert result.counters.bytes_scanned == path.stat().st_size - len("k,v\n")


def test_a_damaged_state_is_scanned_again(session: Session, tmp_path: Path) -> None:
    path = written(tmp_path / "data.csv", 1_000_000)
    sql = f"SELECT k, sum(length(v))::BIGINT AS s FROM '{path}' GROUP BY k ORDER BY k"
    before = set(session.config.home.glob("states/*/*"))
    first = session.sql(sql).result()
    states = set(session.config.home.glob("states/*/*")) - before
    damaged = max(states, key=lambda state: state.stat().st_mtime_ns)
    data = bytearray(damaged.read_bytes())
    data[-40] ^= 1
    damaged.write_bytes(data)
    again = session.sql(sql).result()
    assert again.arrow().equals(first.arrow())
    assert 0 < again.counters.bytes_scanned < first.counters.bytes_scanned or len(states) == 1


def test_a_file_that_changes_is_refused(session: Session, tmp_path: Path) -> None:
    path = written(tmp_path / "data.csv", 10_000_000)
    job = session.sql(f"SELECT k, max({hashed('v', 3)}) AS v FROM '{path}' GROUP BY k").submit()
    reach(job, 1)
    with path.open("a") as file:
        file.write("1,one more\n")
    with pytest.raises(SourceChangedError, match="changed"):
        job.result()
    assert job.status == "FAILED"


def test_a_file_that_goes_away_is_named(session: Session, tmp_path: Path) -> None:
    path = written(tmp_path / "data.csv", 1_000_000)
    relation = session.sql(f"SELECT k, min(v) AS v FROM '{path}' GROUP BY k")
    relation.explain()
    path.unlink()
    with pytest.raises(FileNotFoundError, match=r"data\.csv"):
        relation.result()


def test_the_same_bits_whoever_works(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "floats.csv"
    path.write_text("x\n" + "".join(f"{number / 7}\n" for number in range(2_000_000)))
    sql = f"SELECT sum(x) AS s, avg(x) AS a, stddev(x) AS d FROM '{path}'"
    answers = [session.sql(sql, use_cache=False).result().arrow().to_pylist() for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    with Session(session.config, "local") as cold:
        assert cold.sql(sql).result().arrow().to_pylist() == answers[0]
