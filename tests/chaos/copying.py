"""COPY under fire: ``python -m tests.chaos.copying --kills 20``.

A cluster with two runners writes one partitioned dataset after the other, while workers and runners are
killed at random points. A process of its own reads the manifest all the while: it must only ever see the
dataset before or the one after, each file once and whole. In the end the rows must be those of one clean run.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from fusionflow_lab.datasets.dataset import Dataset
from fusionflow_lab.jobs.lifecycle import has_ended
from fusionflow_lab.jobs.store import JobStore
from fusionflow_lab.planning.copying import Copying, written_query
from fusionflow_lab.query import Query
from fusionflow_lab.storage import Folder
from tests.chaos.programs import Programs
from tests.faults.world import written
from tests.ports import free_port

ROWS = 6_000_000
JOB_SECONDS = 300.0


def watch(root: str, sizes: set[int]) -> None:
    """Read the manifest until killed; end with an error at anything that is no whole dataset."""
    folder = Folder(root)
    while True:
        version = Dataset(folder).current()
        if version is not None:
            names = [part.name for part in version.parts]
            rows = sum(part.rows for part in version.parts)
            if len(set(names)) < len(names) or rows not in sizes:
                sys.stderr.write(f"version {version.number} has {rows} rows in {len(names)} files\n")
                os._exit(1)
            for part in version.parts:
                try:
                    found = pq.read_metadata(folder.path(part.name)).num_rows
                except FileNotFoundError:  # a later version removed it
                    if Dataset(folder).current() == version:
                        sys.stderr.write(f"{part.name} is gone\n")
                        os._exit(1)
                    break
                if found != part.rows:
                    os._exit(1)
        time.sleep(0.02)


def fingerprint(source: str) -> list[tuple[object, ...]]:
    """Say what rows are, whatever their order."""
    with duckdb.connect() as connection:
        return connection.execute(f"SELECT count(*), sum(k), sum(hash(v)) FROM {source}").fetchall()


def main() -> int:
    """Run until enough was killed; return 1 where anything was not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=900.0, help="end after this long")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    strikes: Counter[str] = Counter()
    begun, jobs = time.monotonic(), 0
    with tempfile.TemporaryDirectory() as name:
        home = Path(name, "home")
        home.mkdir()
        source = written(Path(name, "data.csv"), ROWS)
        out = Path(name, "out")
        expected = fingerprint(f"read_csv('{source}')")
        watcher = os.fork()
        if not watcher:
            watch(str(out), {ROWS})
        with Programs(home, free_port()) as programs, JobStore(home / "jobs.sqlite") as store:
            while sum(strikes.values()) < options.kills and time.monotonic() - begun < options.seconds:
                jobs += 1
                # Each job has a map of its own: nothing is known.
                query = f"SELECT k, v, k % 4 AS part FROM '{source}' WHERE k > -{jobs}"
                text = f"COPY ({query}) TO '{out}' (FORMAT parquet, PARTITION_BY (part), OVERWRITE)"
                asked = written_query(text)
                assert isinstance(asked, Copying)
                job = store.create(Query(text=text, sink=asked.sink), cluster=programs.address).id
                strike_at = time.monotonic() + chance.uniform(0.3, 2.0)
                give_up = time.monotonic() + JOB_SECONDS
                while not has_ended((record := store.get(job)).status):
                    if time.monotonic() > give_up:
                        sys.exit(f"job {job} did not end")
                    if record.status == "IN_PROGRESS" and time.monotonic() > strike_at:
                        if what := programs.strike(chance):
                            strikes[what] += 1
                        strike_at = time.monotonic() + chance.uniform(0.5, 4.0)
                    time.sleep(0.02)
                if record.status != "COMPLETED":
                    sys.exit(f"job {job} is {record.status}: {record.error}")
                found = fingerprint(f"read_parquet('{out}/**/*.parquet', hive_partitioning = false)")
                version = Dataset(Folder(str(out))).current()
                if found != expected or version is None or version.number != jobs - 1:
                    sys.exit(
                        f"job {job}: {found} instead of {expected}, version {version and version.number}"
                    )
        if os.waitpid(watcher, os.WNOHANG) != (0, 0):
            sys.exit("a reader saw what is no whole dataset")
        os.kill(watcher, 9)
        os.waitpid(watcher, 0)
    sys.stdout.write(f"{jobs} datasets under {sum(strikes.values())} strikes, all whole: {dict(strikes)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
