"""What may be tried again: what failed, wholly or in part."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fusionflow_lab.errors import JobError
from fusionflow_lab.jobs.lifecycle import Action
from fusionflow_lab.jobs.rows import JobChanges
from fusionflow_lab.jobs.store import JobStore
from fusionflow_lab.query import Counters, Query


@pytest.fixture
def store(tmp_path: Path) -> Iterator[JobStore]:
    with JobStore(tmp_path / "jobs.sqlite") as store:
        yield store


def ended(store: JobStore, *actions: Action, counters: Counters | None = None) -> str:
    """Take a job to its end."""
    job = store.create(Query(text="SELECT 1")).id
    epoch = store.claim(job, "me")
    for action in ("queue", "start", *actions):
        changes = JobChanges(counters=counters) if counters and action == "complete" else JobChanges()
        store.advance(job, epoch, action, **changes)
    return job


def test_a_failed_job_is_queued_again(store: JobStore) -> None:
    record = store.retry(ended(store, "fail"))
    assert (record.status, record.desired, record.error) == ("QUEUED", "run", None)


def test_a_job_that_left_chunks_out_is_queued_again(store: JobStore) -> None:
    assert store.retry(ended(store, "complete", counters=Counters(bytes_unread=5))).status == "QUEUED"


@pytest.mark.parametrize(
    ("actions", "told"),
    [
        (("complete",), "nothing of the job has failed\ntry: run it again: rerun"),
        (("stop", "finish_stop"), "the job has not failed, it was stopped\ntry: go on with it: resume"),
        ((), "the job has not failed: it is IN_PROGRESS\ntry: wait for it, or stop it"),
    ],
)
def test_nothing_else_is(store: JobStore, actions: tuple[Action, ...], told: str) -> None:
    job = ended(store, *actions)
    with pytest.raises(JobError) as refused:
        store.retry(job)
    assert told in str(refused.value)
    assert job in str(refused.value)


def test_what_was_verified_is_recorded(store: JobStore) -> None:
    counters = Counters(rows_read=1, rows_used=1, bytes_reused=9, bytes_verified=7)
    assert store.get(ended(store, "complete", counters=counters)).counters == counters
