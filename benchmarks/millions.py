"""Ten million groups, and as many different values, through workers of 1 GiB: the peak of every process.

::

    python -m benchmarks.millions --rows 10_000_000

A detached runner drives two workers, as for a user; its answers go to the client, which reads them piece by
piece. Every answer must be DuckDB's, and no worker may take more than its limit; the program fails where that
is not so.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import psutil
import pyarrow as pa
from distributed import Client

from benchmarks.datasets import ROWS_APART, VALUES_APART, Drawn
from benchmarks.measure import cpu_of, differences, peak_of, reset_peak
from fusionflow_lab.api import Session, connect
from fusionflow_lab.results.words import bytes_text

LIMIT = 1 << 30
WORKERS = 2
HEADS = (
    "question",
    "file",
    "rows of the answer",
    "wall s",
    "CPU s",
    "peak of the workers",
    "runner",
    "client",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """A query over one file, and SQL over its ``answer`` that gives one row to compare."""

    name: str
    file: Drawn
    sql: str
    digest: str = "SELECT * FROM answer"

    def text(self, path: Path) -> str:
        """Return the SQL for a file."""
        return self.sql.format(source=f"'{path}'")


_KEYS = "id1, id2, id3, id4, id5, id6"
_DIGEST = "SELECT count(*), sum(hash({columns}) % 1000003) FROM answer"

CASES = (
    Case(
        name="h2o q10",
        file=ROWS_APART,
        sql=f"SELECT {_KEYS}, sum(v3) AS v3, count(*) AS n FROM {{source}} GROUP BY {_KEYS}",
        digest=_DIGEST.format(columns=f"{_KEYS}, round(v3 * 1e6)::BIGINT, n"),
    ),
    Case(
        name="count(DISTINCT integer)",
        file=VALUES_APART,
        sql="SELECT count(DISTINCT number) AS n FROM {source}",
    ),
    Case(
        name="count(DISTINCT text)", file=VALUES_APART, sql="SELECT count(DISTINCT name) AS n FROM {source}"
    ),
    Case(
        name="of one key, count(DISTINCT integer)",
        file=VALUES_APART,
        sql="SELECT number < 0 AS k, count(DISTINCT number) AS n, count(*) AS c FROM {source} GROUP BY k",
    ),
    Case(
        name="of three keys, count(DISTINCT text)",
        file=VALUES_APART,
        sql="SELECT number % 3 AS k, count(DISTINCT name) AS n FROM {source} GROUP BY k",
        digest="FROM answer ORDER BY k",
    ),
    Case(
        name="SELECT DISTINCT integer",
        file=VALUES_APART,
        sql="SELECT DISTINCT number FROM {source}",
        digest=_DIGEST.format(columns="number"),
    ),
    Case(
        name="SELECT DISTINCT text",
        file=VALUES_APART,
        sql="SELECT DISTINCT name FROM {source}",
        digest=_DIGEST.format(columns="name"),
    ),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Processes:
    """A detached runner, its workers, and this process."""

    workers: tuple[int, ...]
    runner: int
    client: int

    @property
    def pids(self) -> tuple[int, ...]:
        """Their numbers, in this order."""
        return (*self.workers, self.runner, self.client)


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What a question took, and what its answer comes to."""

    rows: int
    wall: float
    cpu: float
    peaks: tuple[int, ...]
    digest: pa.Table


def measure(folder: Path, rows: int, names: Sequence[str]) -> Iterator[str]:
    """Ask every question once; yield the lines of a table, as Markdown.

    Parameters
    ----------
    folder
        Where files are kept from run to run.
    rows
        How many groups, or different values, there are to be.
    names
        Of the questions.

    Raises
    ------
    RuntimeError
        DuckDB answers something else, or a worker took more memory than it may.
    psutil.NoSuchProcess
        A process died.
    """
    cases = [(case, case.file.write(folder, rows)) for case in CASES if case.name in names]
    with detached() as (session, processes):
        asked = [ask(case, path, session, processes) for case, path in cases]
    yield f"| {' | '.join(HEADS)} |"
    yield f"|{' --- |' * len(HEADS)}"
    for (case, path), answer in zip(cases, asked, strict=True):
        _check(case, path, answer)
        *workers, runner, client = (f"{peak >> 20}" for peak in answer.peaks)
        peaks = (f"{', '.join(workers)} MiB", f"{runner} MiB", f"{client} MiB")
        facts = (
            bytes_text(path.stat().st_size),
            f"{answer.rows:,}",
            f"{answer.wall:.1f}",
            f"{answer.cpu:.1f}",
        )
        yield f"| {' | '.join([case.name, *facts, *peaks])} |"


@contextmanager
def detached() -> Iterator[tuple[Session, Processes]]:
    """Start a runner with its workers; they end with this context."""
    settings = {"memory_limit": f"{LIMIT >> 20} MiB"}
    with (
        tempfile.TemporaryDirectory(prefix="fusionflow-") as home,
        connect(home=home, workers=WORKERS, runner="detached", traits=settings) as session,
    ):
        with Client(session.scheduler_address, set_as_default=False) as client:
            client.wait_for_workers(WORKERS, timeout=60)
            workers = tuple(client.run(os.getpid).values())
        runner = psutil.Process(session.runners()[0].pid)
        try:
            yield session, Processes(workers=workers, runner=runner.pid, client=os.getpid())
        finally:
            runner.terminate()
            psutil.wait_procs([runner], timeout=60)


def ask(case: Case, path: Path, session: Session, processes: Processes) -> Asked:
    """Ask a question, and read its answer to the end."""
    reset_peak(processes.pids)
    cpu, wall = cpu_of(processes.pids), time.perf_counter()
    answer = session.sql(case.text(path), use_cache=False).result().arrow()
    wall, cpu = time.perf_counter() - wall, cpu_of(processes.pids) - cpu
    pieces = pa.RecordBatchReader.from_batches(answer.schema, iter(answer.to_batches()))
    with duckdb.connect() as connection:
        connection.register("answer", pieces)
        digest = connection.sql(case.digest).to_arrow_table()
    peaks = tuple(peak_of([pid]) for pid in processes.pids)
    return Asked(rows=answer.num_rows, wall=wall, cpu=cpu, peaks=peaks, digest=digest)


def _check(case: Case, path: Path, answer: Asked) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TEMP VIEW answer AS {case.text(path)}")
        difference = differences(connection.sql(case.digest).to_arrow_table(), answer.digest)
    if difference:
        raise RuntimeError(f"{case.name}: DuckDB and fusionflow differ: {difference}")
    most = max(answer.peaks[:WORKERS])
    if most > LIMIT:
        raise RuntimeError(f"{case.name}: a worker took {most >> 20} MiB")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what the command line asks for and print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.millions",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--folder", type=Path, default=Path(".bench"), help="where the files are kept (.bench)"
    )
    parser.add_argument("--rows", type=int, default=10_000_000, help="groups, or values (10 million)")
    parser.add_argument("--only", action="append", choices=[case.name for case in CASES])
    options = parser.parse_args(arguments)
    for line in measure(options.folder, options.rows, options.only or [case.name for case in CASES]):
        print(line, flush=True)


if __name__ == "__main__":
    main()
