"""Threads and processes at one job store: nothing is lost, doubled or half written."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from fusionflow_lab.errors import JobError
from fusionflow_lab.jobs.events import NoticeEvent
from fusionflow_lab.jobs.store import LEASE_SECONDS, JobStore
from tests.jobs.conftest import QUERY, Clock, driven, notice


def test_threads_append_without_gaps(store: JobStore) -> None:
    job, epoch = driven(store)

    def append(number: int) -> int:
        event = store.append_event(notice(job, str(number)), epoch=epoch)
        assert event is not None
        return event.seq

    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(append, range(100)))

    assert sorted(numbers) == list(range(2, 102))
    assert [event.seq for event in store.events(job)] == list(range(1, 102))


def test_one_of_many_claimants_wins(store: JobStore) -> None:
    job = store.create(QUERY).id

    def claim(holder: str) -> int:
        try:
            return store.claim(job, holder)
        except JobError:
            return 0

    with ThreadPoolExecutor(8) as pool:
        epochs = list(pool.map(claim, "abcdefgh"))

    assert sorted(epochs) == [0] * 7 + [1]


APPENDER = """
import sys
from fusionflow_lab.jobs.events import NoticeEvent
from fusionflow_lab.jobs.store import JobStore
path, job, epoch, name = sys.argv[1:]
store = JobStore(path)
print("ready", flush=True)
sys.stdin.readline()
for number in range(100):
    event = NoticeEvent(job=job, seq=0, time=0.0, code=name, text=str(number))
    print(store.append_event(event, epoch=int(epoch)).seq)
"""


def test_two_processes_append_without_gaps(path: str, store: JobStore) -> None:
    job, epoch = driven(store)
    children = [
        subprocess.Popen(
            [sys.executable, "-c", APPENDER, path, job, str(epoch), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("one", "two")
    ]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    numbers = [list(map(int, child.communicate(timeout=60)[0].split())) for child in children]

    events = [event for event in store.events(job) if isinstance(event, NoticeEvent)]
    assert [event.seq for event in events] == list(range(2, 202))
    for name, seqs in zip(("one", "two"), numbers, strict=True):
        mine = [event for event in events if event.code == name]
        assert [event.seq for event in mine] == seqs
        assert [event.text for event in mine] == [str(number) for number in range(100)]


ENDLESS = """
import itertools, sys
from fusionflow_lab.jobs.events import NoticeEvent, ProgressEvent
from fusionflow_lab.jobs.store import JobStore
path, job, epoch = sys.argv[1:]
store = JobStore(path)
for number in itertools.count():
    store.append_event(NoticeEvent(job=job, seq=0, time=0.0, code="c", text="t"), epoch=int(epoch))
    live = ProgressEvent(
        job=job, seq=0, time=0.0, chunks_done=number, chunks_total=0, bytes_done=0, bytes_total=0
    )
    store.put_latest(live, epoch=int(epoch))
    print(number, flush=True)
"""


def test_a_killed_writer_leaves_whole_events(path: str, store: JobStore, clock: Clock) -> None:
    job, epoch = driven(store)
    child = subprocess.Popen(
        [sys.executable, "-c", ENDLESS, path, job, str(epoch)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    written = [int(child.stdout.readline()) for _ in range(20)]
    child.kill()
    told = written + [int(line) for line in child.communicate()[0].splitlines() if line]

    seqs = [event.seq for event in store.events(job)]
    assert seqs == list(range(1, len(seqs) + 1))
    assert len(seqs) > len(told)
    clock.now += LEASE_SECONDS
    assert store.claim(job, "other") == epoch + 1
    assert store.append_event(notice(job), epoch=epoch + 1) is not None
