"""What stays the same however long it goes on: memory of the scheduler, cost of a task, shares, stops.

::

    python -m benchmarks.endurance memory   # jobs of thousands of tiny tasks: seconds, CPU, memory after each
    python -m benchmarks.endurance shares   # a small job behind a large one against its time alone
    python -m benchmarks.endurance stops    # from stop to the end of the last task that runs

Each measures programs of their own: a scheduler, two workers, and this process, which drives.
"""

from __future__ import annotations

import argparse
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
from distributed import Client

from fusionflow_lab.api import Job, Session, connect
from fusionflow_lab.planning import chunks

WORKERS = 2
DIGEST = "sha256(" * 8 + "v" + ")" * 8
MIB = 1 << 20


@contextmanager
def cluster(
    folder: Path, workers: int = WORKERS
) -> Iterator[tuple[str, psutil.Process, list[psutil.Process]]]:
    """Start a scheduler and workers; yield its address, its process, and those of the workers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    local = ("--host", "127.0.0.1", "--no-dashboard")
    worker = ("worker", address, *local, "--nthreads", "1", "--local-directory", str(folder))
    with ExitStack() as stack, (folder / "log").open("wb") as log:
        started = []
        for command in (("scheduler", *local, "--port", str(port)), *[worker] * workers):
            program = [sys.executable, "-m", "dask", *command]
            process = stack.enter_context(subprocess.Popen(program, stdout=log, stderr=log))  # noqa: S603 - our own
            stack.callback(process.terminate)
            started.append(process)
        with Client(address, timeout="60s", set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=60)
        scheduler, *others = (psutil.Process(process.pid) for process in started)
        yield address, scheduler, others


def small_files(folder: Path, count: int) -> None:
    """Write files of a few rows."""
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:06}.csv").write_text("k,v\n" + f"{number % 7},{number}\n" * 5)


def large_file(path: Path, size: int) -> None:
    """Write one file of about so many bytes, unlike any other: equal ones would not be scanned."""
    block = "".join(f"{number % 97},{path.parent.name} {path.name} {number:06}\n" for number in range(5000))
    with path.open("w") as file:
        file.write("k,v\n")
        for _ in range(size // len(block)):
            file.write(block)


def memory(session: Session, scheduler: psutil.Process, folder: Path, options: argparse.Namespace) -> None:
    """Run jobs of one tiny task a file, one after the other."""
    chunks.TASK_BYTES_MIN = chunks.TASK_BYTES_MAX = 1  # a file is a task
    small_files(folder / "small", options.tasks)
    for number in range(options.jobs):
        wall, ours, theirs = time.monotonic(), time.process_time(), cpu(scheduler)
        sql = f"SELECT k, count(*) AS n FROM '{folder}/small/*.csv' WHERE k > {-number - 1} GROUP BY k"
        result = session.sql(sql).result()
        wall, ours, theirs = time.monotonic() - wall, time.process_time() - ours, cpu(scheduler) - theirs
        held = psutil.Process().memory_info().rss
        say(
            f"job {number + 1}: {options.tasks} tasks, {result.counters.rows_read} rows, {wall:.1f} s;"
            f" CPU a task: driver {1000 * ours / options.tasks:.2f} ms,"
            f" scheduler {1000 * theirs / options.tasks:.2f} ms;"
            f" memory: scheduler {scheduler.memory_info().rss / MIB:.0f} MiB, driver {held / MIB:.0f} MiB"
        )


def shares(session: Session, _: psutil.Process, folder: Path, options: argparse.Namespace) -> None:
    """Time a job of 20 tasks alone and behind one of 300, of tasks of the same size."""
    chunks.TASK_BYTES_MIN = chunks.TASK_BYTES_MAX = 1  # a file is a task
    for name, count in (("large", 300), ("little", 20)):
        (folder / name).mkdir()
        for number in range(count):
            large_file(folder / name / f"{number:03}.csv", MIB // 2)

    def submit(name: str, number: int) -> Job:
        sql = f"SELECT k, max({DIGEST}) AS v FROM '{folder}/{name}/*.csv' WHERE k > {-number - 1} GROUP BY k"
        return session.sql(sql).submit()

    ratios = []
    for number in range(options.rounds):
        begin = time.monotonic()
        submit("little", 2 * number).result()
        alone = time.monotonic() - begin
        large = submit("large", number)
        until(lambda job=large: (progress := job.progress) is not None and progress.chunks_done > 0)  # type: ignore[misc]  # a lambda
        begin = time.monotonic()
        submit("little", 2 * number + 1).result()
        behind = time.monotonic() - begin
        still = not large.done()
        large.stop()
        large.wait()
        ratios.append(behind / alone)
        at_work = "" if still else ", which had ended"
        say(f"20 tasks: alone {alone:.2f} s, behind 300 {behind:.2f} s{at_work}: {ratios[-1]:.2f}")
    say(f"ratio: median {statistics.median(ratios):.2f}, largest {max(ratios):.2f}")


def stops(session: Session, _: psutil.Process, folder: Path, options: argparse.Namespace) -> None:
    """Stop jobs at work; time until no worker runs a task any more."""
    large_file(folder / "large.csv", 64 * 8 * MIB)
    for name, value in (("plain scan", "v"), ("costly SQL", DIGEST)):
        seconds = []
        with Client(session.scheduler_address, set_as_default=False) as client:
            for number in range(options.rounds):
                sql = f"SELECT k, max({value}) AS v FROM '{folder}/large.csv' GROUP BY k"
                job = session.sql(sql, use_cache=False).submit()
                until(lambda: any(client.run(running).values()))
                time.sleep(0.02 * (number % 5))
                begin = time.monotonic()
                job.stop()
                until(lambda: not any(client.run(running).values()))
                seconds.append(time.monotonic() - begin)
                job.wait()
        seconds.sort()
        late = seconds[int(0.95 * (len(seconds) - 1))]
        say(f"{name}: {len(seconds)} stops, median {statistics.median(seconds):.3f} s, p95 {late:.3f} s")


def running(dask_worker: object) -> int:
    """Count the tasks that this worker's process has not returned from."""
    return len(dask_worker.extensions["fusionflow"].tokens)  # type: ignore[attr-defined]  # Dask's object


def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + 60
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.002)


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def cpu(process: psutil.Process) -> float:
    """Return the seconds of CPU that a process has taken."""
    times = process.cpu_times()
    return float(times.user + times.system)


MEASURES = {"memory": memory, "shares": shares, "stops": stops}


def main() -> int:
    """Measure one thing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", choices=MEASURES)
    parser.add_argument("--jobs", type=int, default=10)
    parser.add_argument("--tasks", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fusionflow-endurance-") as name, ExitStack() as stack:
        folder = Path(name)
        address, scheduler, _ = stack.enter_context(cluster(folder))
        session = stack.enter_context(connect(address, home=folder / "home", runner="inprocess"))
        session.start()
        MEASURES[options.what](session, scheduler, folder, options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
