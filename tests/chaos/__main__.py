"""Kill at random, for as long as it takes: ``python -m tests.chaos --kills 200`` (``make chaos``).

A scheduler, two workers with nannies and two runners work off one job after the other, while one of them is
killed (or stopped and continued) every few seconds. With ``--database postgresql`` the server of the jobs is
one of them: it crashes, and is back within three seconds. Each result must equal the undisturbed one, and
little may be read twice: what was in flight where a strike hit, and 5 % of everything.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from fusionflow_lab.config import Config
from fusionflow_lab.jobs.lifecycle import has_ended
from fusionflow_lab.jobs.records import JobRecord
from fusionflow_lab.jobs.store import JobStore
from fusionflow_lab.planning.chunks import task_bytes
from fusionflow_lab.query import Query
from fusionflow_lab.storage import Folder
from tests.chaos.programs import WORKERS, Programs
from tests.chaos.reading import Reading
from tests.faults.world import written
from tests.ports import free_port
from tests.postgresql import server

ROWS = 16_000_000
FILES = 4
LEASE_GRACE_SECONDS = 30.0
REDONE_SHARE = 0.05
# Tasks that run on what a strike hits: a worker runs one, scheduler and runner have those of all workers.
TASKS_HIT = {"worker": 1, "nanny": 1, "scheduler": WORKERS, "runner": WORKERS, "database": 0}
JOB_SECONDS = 300.0
# So many strikes at a job that comes no further meanwhile; then it is let be until it does. On a slow machine
# programs take longer to start than strikes to come, and nothing would ever be done.
MOST_IN_VAIN = 4


@dataclass(slots=True)
class Account:
    """What happened so far."""

    strikes: Counter[str] = field(default_factory=Counter)
    jobs: int = 0
    wrong: list[str] = field(default_factory=list)
    needed: int = 0
    in_flight: int = 0
    reading: Reading = field(default_factory=Reading)
    lease_gaps: float = 0.0
    calibrated: bool = False
    next_strike: float = 0.0

    def say(self, text: str) -> None:
        """Print a line at once."""
        sys.stdout.write(f"{time.strftime('%H:%M:%S')} {text}\n")
        sys.stdout.flush()


def expected() -> list[dict[str, int]]:
    """Count as the data was made."""
    block = 100_000
    counts = [(block // 97 + (key < block % 97)) * (ROWS // block) for key in range(97)]
    return [{"k": key, "n": n} for key, n in enumerate(counts)]


def main() -> int:
    """Run until enough was killed; return 1 where anything was not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=1500.0, help="end after this long")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    options = parser.parse_args()
    account = Account()
    give_up = time.monotonic() + options.seconds
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        database = stack.enter_context(server()) if options.database == "postgresql" else None
        os.environ["FUSIONFLOW_DATABASE"] = "" if database is None else database.database()
        home = Path(folder, "home")
        home.mkdir()
        files = Path(folder, "data")
        files.mkdir()
        for number in range(FILES):
            written(files / f"part-{number}.csv", ROWS // FILES)
        config = Config.load(home=home)
        with (
            Programs(home, free_port(), database) as programs,
            JobStore(config.job_database) as store,
        ):
            chance = random.Random(options.seed)
            one_job(programs, store, config, files, chance, account)
            account.reading.calibrate(account.needed)
            account.say(f"undisturbed; a worker reads {account.reading.start_bytes:,} bytes to start")
            account.calibrated = True
            while sum(account.strikes.values()) < options.kills and time.monotonic() < give_up:
                one_job(programs, store, config, files, chance, account)
    return report(account, options.kills)


def one_job(
    programs: Programs,
    store: JobStore,
    config: Config,
    files: Path,
    chance: random.Random,
    account: Account,
) -> None:
    """Run one job under fire and check what became of it."""
    account.jobs += 1
    # Each job has a map of its own: nothing is known.
    where = f"FROM '{files}/*.csv' WHERE k > -{account.jobs}"
    sql = f"SELECT k, count(*) AS n {where} GROUP BY k ORDER BY k"
    job = store.create(Query(text=sql), cluster=config.cluster_name(programs.address)).id
    give_up = time.monotonic() + JOB_SECONDS
    done = in_vain = 0
    while not has_ended((record := store.get(job)).status):
        if time.monotonic() > give_up:
            account.wrong.append(f"job {job} did not end: {record.status}, epoch {record.epoch}")
            store.set_desired(job, "stop")
            return
        account.reading.look(programs.workers())
        if record.chunks_done > done:
            done, in_vain = record.chunks_done, 0
        due = account.calibrated and in_vain < MOST_IN_VAIN and time.monotonic() > account.next_strike
        if due and (what := programs.strike(chance)):
            in_vain += 1
            account.strikes[what] += 1
            account.in_flight += TASKS_HIT[what.split()[-1]]
            account.next_strike = time.monotonic() + chance.uniform(1, 4)
        if record.status == "IN_PROGRESS":
            account.lease_gaps = max(account.lease_gaps, time.time() - record.lease_until)
        time.sleep(0.05)
    account.reading.look(programs.workers())
    check(record, config.home, account)


def check(record: JobRecord, home: Path, account: Account) -> None:
    """Compare a job that ended with what it had to give."""
    if record.status != "COMPLETED":
        account.wrong.append(f"job {record.id} is {record.status}: {record.error}")
        return
    with pa.ipc.open_file(pa.py_buffer(Folder(str(home / "results")).get(record.result_ref))) as reader:
        rows = reader.read_all().to_pylist()
    if rows != expected():
        account.wrong.append(f"job {record.id} has another result")
    if record.counters.rows_read != ROWS:
        account.wrong.append(f"job {record.id} has another account: {record.counters}")
    account.needed += record.counters.bytes_scanned + record.counters.bytes_reused
    strikes = sum(account.strikes.values())
    account.say(f"{account.jobs} jobs, {strikes} strikes, epoch {record.epoch}, wrong {len(account.wrong)}")


def report(account: Account, kills: int) -> int:
    """Print the figures."""
    account.say(f"jobs {account.jobs}, strikes {dict(account.strikes)}")
    redone = account.reading.total - account.needed
    task = task_bytes(account.needed // max(account.jobs, 1))
    allowed = account.in_flight * task + int(REDONE_SHARE * account.needed)
    account.say(
        f"read {account.reading.total:,} of {account.needed:,} bytes: again {redone:,} "
        f"({redone / max(account.needed, 1):.1%}), {redone / max(task, 1):.1f} tasks; "
        f"in flight where strikes hit: {account.in_flight} tasks of {task:,} bytes; allowed {allowed:,}"
    )
    if redone > allowed:
        account.wrong.append("too much was read again")
    account.say(f"longest time in progress without a lease {max(account.lease_gaps, 0):.1f} s")
    if account.lease_gaps > LEASE_GRACE_SECONDS:
        account.wrong.append("a job was in progress without a lease for too long")
    if sum(account.strikes.values()) < kills:
        account.wrong.append("there was no time for all strikes")
    for line in account.wrong:
        account.say(f"WRONG: {line}")
    return 1 if account.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
