"""What a job costs beside the native work: the first cell of a new user, small files, and 100 MB.

::

    python -m benchmarks.around          # all, in some two minutes
    python -m benchmarks.around first    # a new kernel and a new home: %load_ext, then the first cell
    python -m benchmarks.around small    # 1 MB on a warm runner: asked before, and a text that is new
    python -m benchmarks.around large    # 100 MB on a warm runner, against reading and mapping alone
    python -m benchmarks.around command  # the command line: --version, --help, jobs list

Nothing that is stored is used. CPU is told apart: who asks, the runner (driver and scheduler), its workers.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
from jupyter_client.manager import KernelManager

from benchmarks.datasets import G1
from benchmarks.endurance import say
from benchmarks.growth import measure_named, write_rows
from benchmarks.questions import QUESTIONS
from fusionflow_lab._native import CancelToken  # noqa: TID251 - the native work alone is timed
from fusionflow_lab.api import Session, connect
from fusionflow_lab.execution.stage_run import StageRun
from fusionflow_lab.execution.typed_scan import TypedScan
from fusionflow_lab.jobs.link import connected, end_runner
from fusionflow_lab.states.evaluate import Evaluator

WORKERS = 2
FIRST_ROUNDS = 5
SMALL_ROUNDS = 40
LARGE_ROUNDS = 15
WARM_ROUNDS = 2
COMMAND_ROUNDS = 5
SMALL_BYTES = 1_000_000
LARGE_BYTES = 100_000_000
# The goals: seconds, and what may come to the native work.
FIRST_GOAL, SMALL_GOAL, AROUND_GOAL, AROUND_SHARE = 3.0, 0.06, 0.06, 0.04
REPLY_SECONDS = 120


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """Seconds of one job: on the clock, and of CPU."""

    wall: float
    asking: float
    runner: float
    workers: float

    @property
    def cpu(self) -> float:
        """CPU of all processes."""
        return self.asking + self.runner + self.workers


def cpu(process: psutil.Process) -> float:
    """Return the seconds of CPU that a process has taken, to the microsecond: its clock is the system's."""
    return time.clock_gettime((~process.pid << 3) | 2)


def told(costs: Iterable[Cost]) -> str:
    """Say the medians of some costs in milliseconds."""
    costs = [*costs]
    middle = [
        1000 * statistics.median(values)
        for values in (
            [cost.wall for cost in costs],
            [cost.asking for cost in costs],
            [cost.runner for cost in costs],
            [cost.workers for cost in costs],
        )
    ]
    least = 1000 * min(cost.wall for cost in costs)
    return (
        f"wall {middle[0]:6.1f} ms (least {least:6.1f}), CPU: asking {middle[1]:5.1f}, "
        f"runner {middle[2]:5.1f}, workers {middle[3]:5.1f} ms"
    )


def end_runners(home: Path) -> None:
    """End the runners of a home."""
    with connect(home=home, runner="inprocess") as session:
        for record in session.runners():
            connection = connected(record)
            if connection is not None:
                end_runner(connection)
            with suppress(psutil.Error):
                psutil.Process(record.pid).wait(REPLY_SECONDS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Bench:
    """A session, and the processes of its runner."""

    session: Session
    runner: psutil.Process
    workers: tuple[psutil.Process, ...]

    def cost(self, sql: str) -> Cost:
        """Run a query without what is known of it."""
        begin = self._used()
        self.session.sql(sql, use_cache=False).result()
        end = self._used()
        wall, asking, runner, workers = (late - early for early, late in zip(begin, end, strict=True))
        return Cost(wall=wall, asking=asking, runner=runner, workers=workers)

    def _used(self) -> tuple[float, float, float, float]:
        return time.perf_counter(), time.process_time(), cpu(self.runner), sum(map(cpu, self.workers))


@contextmanager
def bench(folder: Path) -> Iterator[Bench]:
    """Start a runner with workers of its own."""
    home = folder / "home"
    with connect(home=home, workers=WORKERS, runner="detached") as session:
        session.start()
        try:
            found = psutil.Process(session.runners()[0].pid)
            yield Bench(session=session, runner=found, workers=tuple(found.children(recursive=True)))
        finally:
            end_runners(home)


def first(folder: Path) -> None:
    """Time the first cell of a new kernel in a new home, from the start of the import and from its own."""
    write_rows(folder / "rows.csv", SMALL_BYTES)
    whole, cells, asking = [], [], []
    for number in range(FIRST_ROUNDS):
        home = folder / f"home{number}"
        imported, cell, used = _first_cell(folder, home)
        end_runners(home)
        whole.append(imported + cell)
        cells.append(cell)
        asking.append(used)
        say(f"  %load_ext {imported:.2f} s, first cell {cell:.2f} s; CPU of the kernel {used:.2f} s")
    say(
        f"first cell, cold: from %load_ext {statistics.median(whole):.2f} s (least {min(whole):.2f}), "
        f"from the cell {statistics.median(cells):.2f} s (least {min(cells):.2f}); "
        f"CPU of the kernel {statistics.median(asking):.2f} s; goal {FIRST_GOAL:.0f} s"
    )


def _first_cell(folder: Path, home: Path) -> tuple[float, float, float]:
    manager = KernelManager()
    environment = {**os.environ, "FUSIONFLOW_HOME": str(home), "FUSIONFLOW_WORKERS": str(WORKERS)}
    manager.start_kernel(cwd=str(folder), env={**environment, "FUSIONFLOW_RUNNER": "detached"})
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=REPLY_SECONDS)
        client.execute("import os; os.getpid()", reply=True, timeout=REPLY_SECONDS)
        process = psutil.Process(manager.provisioner.pid)  # type: ignore[union-attr]  # it runs
        used, begin = cpu(process), time.perf_counter()
        _run(client.execute, "%load_ext fusionflow_lab")
        imported = time.perf_counter()
        _run(client.execute, "%%fusionflow\nSELECT k, sum(i) AS i, avg(x) AS x FROM 'rows.csv' GROUP BY k")
        end = time.perf_counter()
        return imported - begin, end - imported, cpu(process) - used
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def _run(execute: Callable[..., dict[str, dict[str, object]]], code: str) -> None:
    content = execute(code, reply=True, timeout=REPLY_SECONDS)["content"]
    if content["status"] != "ok":
        raise RuntimeError(f"{code}: {content.get('evalue')}")


def small(folder: Path) -> None:
    """Time jobs over 1 MB: a query that was asked before, and one that never was."""
    path = folder / "rows.csv"
    write_rows(path, SMALL_BYTES)
    sql = f"SELECT k, sum(i) AS i, avg(x) AS x FROM '{path}' GROUP BY k"
    with bench(folder) as one:
        for _ in range(5):
            one.cost(sql)
        asked, new = [], []
        for number in range(SMALL_ROUNDS):
            asked.append(one.cost(sql))
            new.append(
                one.cost(f"SELECT k, sum(i) AS i, avg(x) AS x FROM '{path}' WHERE i >= {-number} GROUP BY k")
            )
    say(f"1 MB, asked before: {told(asked)}; goal {1000 * SMALL_GOAL:.0f} ms")
    say(f"1 MB, a new text:   {told(new)}")


def large(folder: Path) -> None:
    """Time a job over 100 MB against reading and mapping alone, in as many threads as there are workers."""
    question = next(each for each in QUESTIONS if each.name == "h2o q1")
    path = G1.write(folder, G1.scale_of(LARGE_BYTES))
    sql = question.sql(path)
    with bench(folder) as one, ThreadPoolExecutor(WORKERS) as threads:
        evaluators = [Evaluator(()) for _ in range(WORKERS)]
        plan = one.session.planner.plan(one.session.sql(sql).query)
        leaves = StageRun(plan.stages[0], "", {}).leaves

        def work(number: int) -> None:
            for leaf in leaves[number::WORKERS]:
                TypedScan(
                    stage=plan.stages[0],
                    chunks=leaf.chunks,
                    evaluator=evaluators[number],
                    tables=(),
                    token=CancelToken(),
                    write=None,
                ).run()

        costs, native, native_cpu = [], [], []
        for number in range(-WARM_ROUNDS, LARGE_ROUNDS):
            begin, used = time.perf_counter(), time.process_time()
            list(threads.map(work, range(WORKERS)))
            wall, used = time.perf_counter() - begin, time.process_time() - used
            cost = one.cost(sql)
            if number >= 0:
                costs.append(cost)
                native.append(wall)
                native_cpu.append(used)
        for evaluator in evaluators:
            evaluator.close()
    alone = statistics.median(native)
    around = statistics.median(cost.wall for cost in costs) - alone
    goal = AROUND_GOAL + AROUND_SHARE * alone
    more = statistics.median(cost.cpu for cost in costs) - statistics.median(native_cpu)
    say(f"{path.stat().st_size / 1e6:.0f} MB in {len(leaves)} tasks: {told(costs)}")
    say(
        f"  native work alone {1000 * alone:.1f} ms (CPU {1000 * statistics.median(native_cpu):.1f}); "
        f"around it {1000 * around:.1f} ms (CPU {1000 * more:.1f}), goal {1000 * goal:.1f} ms"
    )


def command(folder: Path) -> None:
    """Time commands that run no job."""
    environment = {**os.environ, "FUSIONFLOW_HOME": str(folder / "home")}
    for arguments in (["--version"], ["--help"], ["jobs", "list"]):
        walls, used = [], []
        for _ in range(COMMAND_ROUNDS):
            before, begin = os.times(), time.perf_counter()
            program = [sys.executable, "-m", "fusionflow_lab", *arguments]
            subprocess.run(program, env=environment, stdout=subprocess.DEVNULL, check=True)  # noqa: S603 - our own
            walls.append(time.perf_counter() - begin)
            after = os.times()
            used.append(
                after.children_user + after.children_system - before.children_user - before.children_system
            )
        say(
            f"fusionflow {' '.join(arguments)}: wall {statistics.median(walls):.2f} s "
            f"(least {min(walls):.2f}), CPU {statistics.median(used):.2f} s"
        )


MEASURES: dict[str, Callable[[Path], None]] = {
    "small": small,
    "large": large,
    "first": first,
    "command": command,
}


def main(given: Iterable[str] | None = None) -> int:
    """Measure what is named; everything where nothing is."""
    return measure_named(MEASURES, given, program="around", description=__doc__ or "")


if __name__ == "__main__":
    sys.exit(main())
