"""How costs grow: with tasks that have nothing to do, with files, bytes, groups and workers.

::

    python -m benchmarks.growth tasks     # jobs of ever more tasks of one tiny file: what a task costs whom
    python -m benchmarks.growth chunks    # what the driver alone does with up to 100,000 chunks
    python -m benchmarks.growth files     # the same rows in ever more files
    python -m benchmarks.growth bytes     # ever larger files
    python -m benchmarks.growth groups    # the same file in ever more groups
    python -m benchmarks.growth workers   # the same query on ever more workers

CPU is told apart: the driver (this process), the scheduler and the workers, each in processes of their own.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.endurance import MIB, cluster, cpu, say, small_files
from fusionflow_lab.api import Session, connect
from fusionflow_lab.execution.stage_run import StageRun
from fusionflow_lab.planning import chunks
from fusionflow_lab.query import Counters, Stage
from fusionflow_lab.source import Dialect, Source, SourceFile
from fusionflow_lab.states.store import BlockRecords, ChunkRecord, StateHeader, chunk_key

ROUNDS = 3
TASKS = (250, 1000, 4000)
CHUNKS = (1000, 10_000, 100_000)
FILES = (1, 10, 100, 1000, 10_000, 100_000)
MEGABYTES = (1, 10, 50, 100, 200, 400)
GROUPS = (10, 1000, 100_000, 1_000_000, 4_000_000)
WORKERS = (1, 2, 4)


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """Seconds of one job: on the clock, and of CPU."""

    wall: float
    driver: float
    scheduler: float
    workers: float

    def __str__(self) -> str:
        return (
            f"wall {self.wall:7.2f} s, CPU: driver {self.driver:6.2f} s, scheduler {self.scheduler:6.2f} s, "
            f"workers {self.workers:6.2f} s"
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Bench:
    """A session, the processes that do its work, and a folder."""

    session: Session
    scheduler: psutil.Process
    workers: tuple[psutil.Process, ...]
    folder: Path

    def cost(self, sql: str, rounds: int = ROUNDS) -> Cost:
        """Run a query some times without what is known of it, and return the least cost by the clock."""
        return min((self._once(sql) for _ in range(rounds)), key=lambda cost: cost.wall)

    def _once(self, sql: str) -> Cost:
        begin = time.monotonic(), time.process_time(), cpu(self.scheduler), sum(map(cpu, self.workers))
        self.session.sql(sql, use_cache=False).result()
        end = time.monotonic(), time.process_time(), cpu(self.scheduler), sum(map(cpu, self.workers))
        wall, driver, scheduler, workers = (late - early for early, late in zip(begin, end, strict=True))
        return Cost(wall=wall, driver=driver, scheduler=scheduler, workers=workers)


@contextmanager
def bench(folder: Path, workers: int) -> Iterator[Bench]:
    """Start a scheduler and workers of their own, and a session that drives here."""
    folder.mkdir(exist_ok=True)
    with (
        cluster(folder, workers) as (address, scheduler, started),
        connect(address, home=folder / "home", runner="inprocess") as session,
    ):
        session.start()
        found = [process for one in started for process in [one, *one.children(recursive=True)]]
        yield Bench(session=session, scheduler=scheduler, workers=tuple(found), folder=folder)


def tasks(folder: Path) -> None:
    """Run jobs of ever more tasks that each read one tiny file."""
    least, most = chunks.TASK_BYTES_MIN, chunks.TASK_BYTES_MAX
    with bench(folder, 2) as one:
        chunks.TASK_BYTES_MIN = chunks.TASK_BYTES_MAX = 1  # a file is a task
        try:
            for count in TASKS:
                small_files(folder / str(count), count)
                cost = one.cost(f"SELECT k, count(*) AS n FROM '{folder}/{count}/*.csv' GROUP BY k", rounds=1)
                each = 1000 / count
                say(
                    f"{count:6} tasks: {cost}; a task: driver {cost.driver * each:.2f} ms, scheduler "
                    f"{cost.scheduler * each:.2f} ms, workers {cost.workers * each:.2f} ms; memory: "
                    f"scheduler {one.scheduler.memory_info().rss / MIB:.0f} MiB"
                )
        finally:
            chunks.TASK_BYTES_MIN, chunks.TASK_BYTES_MAX = least, most


def empty(count: int) -> Stage:
    """Make a stage over a file of so many full chunks, none of which is ever read."""
    file = SourceFile(path="huge.csv", size=count * 16 * MIB, mtime_ns=1, data_start=0)
    source = Source(name="source_0", pattern="*.csv", dialect=Dialect(), columns=(), files=(file,))
    return Stage(name="stage_0", kind="aggregate", source=source, columns=(), map_sql="")


def driver(_: Path) -> None:
    """Cut a source into ever more chunks, let all of them arrive, and ask for progress on the way."""
    for count in CHUNKS:
        begin, process = time.process_time(), psutil.Process()
        before = process.memory_info().rss
        run = StageRun(empty(count), "m", {})
        cut = time.process_time() - begin
        for place in run.waiting():
            leaf = run.leaves[place]
            records = tuple(
                ChunkRecord(key=chunk_key(chunk), identity="", blocks=BlockRecords()) for chunk in leaf.chunks
            )
            header = StateHeader(map_hash="m", chunks=records, counters=Counters(), rows=1, rejects=0)
            run.arrived(leaf, header.name, header)
            run.tallies()
        arrive = time.process_time() - begin - cut
        say(
            f"{count:6} chunks of 16 MiB ({count / 64:.0f} GiB), {len(run.leaves)} tasks: cut "
            f"{1e6 * cut / count:.0f} us a chunk, arrive {1e6 * arrive / count:.0f} us a chunk; memory "
            f"{(process.memory_info().rss - before) / count:.0f} bytes a chunk"
        )


def write_rows(path: Path, size: int, groups: int = 1000) -> None:
    """Write a file of about so many bytes: a key of some groups, a text, two numbers."""
    rows = "".join(
        f"{n * 7919 % groups},text {n % 89},{n % 13},{n * 0.25}\n" for n in range(max(groups, 20_000))
    )
    with path.open("w") as file:
        file.write("k,t,i,x\n")
        for _ in range(max(1, size // len(rows))):
            file.write(rows)


def files(folder: Path) -> None:
    """Read the same 20 MB in ever more files."""
    rows = "".join(f"{n % 97},{n}\n" for n in range(2_000_000))
    lines = rows.splitlines(keepends=True)
    with bench(folder, 2) as one:
        for count in FILES:
            place = folder / f"files{count}"
            place.mkdir()
            step = len(lines) // count
            for number in range(count):
                (place / f"{number:06}.csv").write_text(
                    "k,v\n" + "".join(lines[number * step : (number + 1) * step])
                )
            cost = one.cost(f"SELECT k, sum(v) AS s FROM '{place}/*.csv' GROUP BY k")
            say(f"{count:6} files: {cost}; a file: driver {1e6 * cost.driver / count:.0f} us")


def sizes(folder: Path) -> None:
    """Read ever larger files."""
    with bench(folder, 2) as one:
        for size in MEGABYTES:
            path = folder / f"{size}.csv"
            write_rows(path, size * 1_000_000)
            cost = one.cost(f"SELECT k, sum(i) AS i, avg(x) AS x FROM '{path}' GROUP BY k")
            around = cost.driver + cost.scheduler
            say(f"{size:6} MB: {cost}; around the workers {around:.3f} s")


def groups(folder: Path) -> None:
    """Read 100 MB in ever more groups."""
    with bench(folder, 2) as one:
        for count in GROUPS:
            path = folder / f"{count}.csv"
            write_rows(path, 100_000_000, count)
            sql = f"SELECT k, sum(i) AS i, avg(x) AS x FROM '{path}' GROUP BY k ORDER BY i DESC LIMIT 10"
            say(f"{count:8} groups: {one.cost(sql)}")
            path.unlink()


def workers(folder: Path) -> None:
    """Read 200 MB with ever more workers."""
    path = folder / "rows.csv"
    write_rows(path, 200_000_000)
    sql = f"SELECT k, sum(i) AS i, avg(x) AS x FROM '{path}' GROUP BY k"
    for count in WORKERS:
        with bench(folder / f"with{count}", count) as one:
            say(f"{count:3} workers: {one.cost(sql)}")


MEASURES: dict[str, Callable[[Path], None]] = {
    "tasks": tasks,
    "chunks": driver,
    "files": files,
    "bytes": sizes,
    "groups": groups,
    "workers": workers,
}


def measure_named(
    measures: Mapping[str, Callable[[Path], None]],
    given: Iterable[str] | None,
    *,
    program: str,
    description: str,
) -> int:
    """Measure what a command line names, each in a folder of its own; everything where it names nothing."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "what", nargs="*", metavar="what", help=f"some of {', '.join(measures)}; all by default"
    )
    options = parser.parse_args(None if given is None else [*given])
    for name in options.what or measures:
        with tempfile.TemporaryDirectory(prefix=f"fusionflow-{program}-") as place:
            measures[name](Path(place))
    return 0


def main(given: Iterable[str] | None = None) -> int:
    """Measure what is named; everything where nothing is."""
    return measure_named(MEASURES, given, program="growth", description=__doc__ or "")


if __name__ == "__main__":
    sys.exit(main())
