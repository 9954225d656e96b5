from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest

from fusionflow_lab.errors import JobError, QueryError
from fusionflow_lab.jobs.events import ChunkErrorEvent, PreviewEvent, ProgressEvent, StatusEvent
from fusionflow_lab.jobs.lifecycle import Action
from fusionflow_lab.jobs.records import ChunkFailure, JobFailure, KnownKeyError
from fusionflow_lab.jobs.store import LEASE_SECONDS, JobStore
from fusionflow_lab.query import Counters
from tests.jobs.conftest import QUERY, Clock, driven, notice


def progress(job: str, done: int) -> ProgressEvent:
    counters = Counters(rows_read=10 * done, rows_used=7 * done, rows_filtered=2 * done, rows_rejected=done)
    return ProgressEvent(
        job=job,
        seq=0,
        time=5.0,
        chunks_done=done,
        chunks_total=4,
        bytes_done=done,
        bytes_total=40,
        counters=counters,
    )


def statuses(store: JobStore, job: str) -> list[str]:
    return [event.status for event in store.events(job) if isinstance(event, StatusEvent)]


def test_a_new_job(store: JobStore, clock: Clock) -> None:
    job = store.create(QUERY, owner="ann", cluster="local", priority=3)

    assert store.get(job.id) == job
    assert (job.query, job.owner, job.cluster, job.priority) == (QUERY, "ann", "local", 3)
    assert (job.status, job.desired, job.created, job.epoch) == ("CREATED", "run", clock.now, 0)
    assert store.events(job.id) == (StatusEvent(job=job.id, seq=1, time=clock.now, status="CREATED"),)


def test_a_job_is_frozen(store: JobStore) -> None:
    job = store.create(QUERY)

    with pytest.raises(FrozenInstanceError):
        job.status = "FAILED"  # type: ignore[misc]


@pytest.mark.parametrize("call", ["get", "delete"])
def test_an_unknown_id(store: JobStore, call: str) -> None:
    with pytest.raises(JobError) as caught:
        getattr(store, call)("nope")

    assert str(caught.value).splitlines() == [
        "no job has this id",
        "try: look for the id in what the submitting cell printed",
        "job: nope",
    ]


def test_list_is_newest_first_and_filtered(store: JobStore, clock: Clock) -> None:
    jobs = []
    for owner in ("ann", "bob", "ann"):
        clock.now += 1
        jobs.append(store.create(QUERY, owner=owner).id)
    store.set_desired(jobs[0], "stop")

    assert [job.id for job in store.list()] == jobs[::-1]
    assert [job.id for job in store.list(owner="ann")] == [jobs[2], jobs[0]]
    assert [job.id for job in store.list(statuses=["STOPPED", "FAILED"])] == [jobs[0]]
    assert [job.id for job in store.list(limit=1)] == [jobs[2]]


def test_a_life(store: JobStore, clock: Clock) -> None:
    job, epoch = driven(store, "queue")
    clock.now = 1001.0
    store.advance(job, epoch, "start", plan_hash="abc", chunks_total=4)
    clock.now = 1007.5
    event = store.advance(job, epoch, "complete", message="done", result_ref="results/1")

    assert event == StatusEvent(job=job, seq=4, time=1007.5, status="COMPLETED", message="done")
    done = store.get(job)
    assert (done.started, done.finished, done.attempts) == (1001.0, 1007.5, 1)
    assert (done.plan_hash, done.chunks_total, done.result_ref) == ("abc", 4, "results/1")
    assert (done.lease_holder, done.lease_until) == ("", 0.0)
    assert statuses(store, job) == ["CREATED", "QUEUED", "IN_PROGRESS", "COMPLETED"]


def test_an_illegal_action_changes_nothing(store: JobStore) -> None:
    job, epoch = driven(store, "queue")
    before = store.get(job)

    with pytest.raises(JobError, match="a job that is QUEUED cannot complete"):
        store.advance(job, epoch, "complete", result_ref="x")

    assert store.get(job) == before
    assert len(store.events(job)) == 2


def test_a_failure_keeps_its_words_until_the_job_is_queued_again(store: JobStore) -> None:
    job, epoch = driven(store, "queue", "start")
    failure = JobFailure.of(QueryError("unknown column city", where="line 1", hint="did you mean City?"))

    store.advance(job, epoch, "fail", error=failure)
    assert store.get(job).error == failure

    again = store.set_desired(job, "run")
    assert (again.status, again.error, again.finished) == ("QUEUED", None, None)


# Leases.


def test_claims_raise_the_epoch(store: JobStore, clock: Clock) -> None:
    job = store.create(QUERY).id

    assert store.claim(job, "one") == 1
    assert store.get(job).lease_until == clock.now + LEASE_SECONDS
    assert store.claim(job, "one") == 2


def test_a_held_job_cannot_be_claimed_by_another(store: JobStore, clock: Clock) -> None:
    job = store.create(QUERY).id
    store.claim(job, "one")

    with pytest.raises(JobError, match="the job is driven by one"):
        store.claim(job, "two")

    clock.now += LEASE_SECONDS
    assert store.claim(job, "two") == 2


def test_a_released_job_can_be_claimed_at_once(store: JobStore) -> None:
    job = store.create(QUERY).id

    assert store.release(job, store.claim(job, "one"))
    assert store.claim(job, "two") == 2


def test_renewing_keeps_the_lease_and_tells_what_is_desired(store: JobStore, clock: Clock) -> None:
    job, epoch = driven(store)
    clock.now += LEASE_SECONDS - 1

    assert store.renew(job, epoch) == "run"
    clock.now += LEASE_SECONDS - 1
    with pytest.raises(JobError, match="driven by me"):
        store.claim(job, "other")
    store.set_desired(job, "stop")
    assert store.renew(job, epoch) == "stop"


def test_an_ended_job_cannot_be_claimed(store: JobStore) -> None:
    job, epoch = driven(store, "queue", "start", "complete")

    with pytest.raises(JobError, match="the job is COMPLETED"):
        store.claim(job, "me")
    assert epoch == 1


def test_a_fenced_holder_changes_nothing(store: JobStore, clock: Clock) -> None:
    job, old = driven(store, "queue", "start")
    clock.now += LEASE_SECONDS
    store.claim(job, "other")
    before = (store.get(job), store.events(job), store.latest(job), store.chunk_failures(job))
    error = ChunkErrorEvent(job=job, seq=0, time=1.0, file="a", start=0, end=9, attempt=1, message="x")
    preview = PreviewEvent(job=job, seq=0, time=1.0, fraction=0.5, rows=1, ipc=b"x")

    assert store.renew(job, old) is None
    assert store.begin(job, old) == ()
    assert store.advance(job, old, "complete") is None
    assert store.append_event(notice(job), epoch=old) is None
    assert store.append_event(error, epoch=old) is None
    assert store.put_latest(progress(job, 3), epoch=old) is None
    assert store.put_latest(preview, epoch=old) is None
    assert store.release(job, old) is False
    assert (store.get(job), store.events(job), store.latest(job), store.chunk_failures(job)) == before


def test_a_taken_over_job_starts_again(store: JobStore, clock: Clock) -> None:
    job, _ = driven(store, "queue", "start")
    clock.now += LEASE_SECONDS

    epoch = store.claim(job, "other")
    store.advance(job, epoch, "start", message="taken over")

    after = store.get(job)
    assert (after.attempts, after.started, after.status) == (2, 1000.0, "IN_PROGRESS")


# What the user desires.


def test_stopping_a_driven_job_is_left_to_its_holder(store: JobStore) -> None:
    job, epoch = driven(store, "queue", "start")

    assert store.set_desired(job, "stop").status == "IN_PROGRESS"

    store.advance(job, epoch, "stop")
    store.advance(job, epoch, "finish_stop")
    assert statuses(store, job)[-2:] == ["STOPPING", "STOPPED"]


@pytest.mark.parametrize("actions", [(), ("queue",), ("queue", "start"), ("queue", "start", "stop")])
def test_stopping_an_abandoned_job_ends_it(
    store: JobStore, clock: Clock, actions: tuple[Action, ...]
) -> None:
    job, old = driven(store, *actions)
    clock.now += LEASE_SECONDS

    stopped = store.set_desired(job, "stop")

    assert (stopped.status, stopped.finished) == ("STOPPED", clock.now)
    assert store.advance(job, old, "complete") is None


def test_stopping_an_ended_job_does_nothing(store: JobStore) -> None:
    job, _ = driven(store, "queue", "start", "complete")

    assert store.set_desired(job, "stop").status == "COMPLETED"
    assert len(store.events(job)) == 4


def test_a_stopped_job_runs_on_when_desired(store: JobStore) -> None:
    job = store.create(QUERY).id
    store.set_desired(job, "stop")

    assert store.set_desired(job, "run").status == "QUEUED"
    assert statuses(store, job) == ["CREATED", "STOPPED", "QUEUED"]


def test_a_job_begins_in_one_step(store: JobStore) -> None:
    job, epoch = driven(store)

    begun = store.begin(job, epoch)
    assert [(event.seq, event.status) for event in begun] == [(2, "QUEUED"), (3, "IN_PROGRESS")]
    assert store.events(job)[1:] == begun

    store.release(job, epoch)
    again = store.begin(job, store.claim(job, "me"))
    assert [event.status for event in again] == ["IN_PROGRESS"]


def test_the_newest_live_events_are_written_with_a_status(store: JobStore) -> None:
    job, epoch = driven(store, "queue", "start")

    event = store.advance(job, epoch, "complete", live=[progress(job, 3)])
    assert store.latest(job) == (replace(progress(job, 3), seq=3),)
    assert event is not None
    assert (event.seq, store.get(job).chunks_done) == (4, 3)


def test_facts_are_written(store: JobStore) -> None:
    job, epoch = driven(store, "queue", "start")

    store.advance(job, epoch, "complete", counters=Counters(rows_read=5, rows_used=5), bytes_total=99)
    after = store.get(job)
    assert (after.counters, after.bytes_total) == (Counters(rows_read=5, rows_used=5), 99)


# Events.


def test_events_since(store: JobStore) -> None:
    job, epoch = driven(store, "queue", "start")
    numbered = store.append_event(notice(job), epoch=epoch)

    assert numbered == replace(notice(job), seq=4)
    assert [event.seq for event in store.events(job)] == [1, 2, 3, 4]
    assert store.events(job, since=3) == (numbered,)
    assert store.events(job, since=4) == ()


def test_progress_that_comes_after_the_end_is_passed_over(store: JobStore) -> None:
    """A database that was away may take the last change of a job before progress that waited longer."""
    job, epoch = driven(store, "queue", "start")
    last = progress(job, 4)
    store.advance(job, epoch, "complete", live=[last], counters=last.counters)
    before = (store.get(job), store.latest(job))

    assert store.put_latest(progress(job, 3), epoch=epoch) is None
    assert (store.get(job), store.latest(job)) == before
    assert store.get(job).counters == last.counters


def test_only_the_latest_live_events_are_kept(store: JobStore) -> None:
    job, epoch = driven(store, "queue", "start")
    preview = PreviewEvent(job=job, seq=0, time=6.0, fraction=0.5, rows=2, ipc=bytes(range(256)) * 128)

    for done in (1, 2, 3):
        store.put_latest(progress(job, done), epoch=epoch)
    store.put_latest(preview, epoch=epoch)

    assert store.latest(job) == (replace(progress(job, 3), seq=3), replace(preview, seq=3))
    after = store.get(job)
    assert (after.chunks_done, after.chunks_total, after.bytes_done, after.bytes_total) == (3, 4, 3, 40)
    assert after.counters == progress(job, 3).counters
    assert len(store.events(job)) == 3


def test_a_failed_chunk_is_kept_with_its_last_attempt(store: JobStore) -> None:
    job, epoch = driven(store, "queue", "start")
    for start, attempt in ((100, 1), (0, 1), (100, 2)):
        error = ChunkErrorEvent(
            job=job, seq=0, time=7.0, file="a.csv", start=start, end=start + 9, attempt=attempt, message="no"
        )
        store.append_event(error, epoch=epoch)

    assert store.chunk_failures(job) == (
        ChunkFailure(file="a.csv", start=0, end=9, attempts=1, message="no", time=7.0),
        ChunkFailure(file="a.csv", start=100, end=109, attempts=2, message="no", time=7.0),
    )
    assert [event.seq for event in store.events(job)] == [1, 2, 3, 4, 5, 6]


def test_a_deleted_job_takes_its_events_along(store: JobStore, clock: Clock) -> None:
    job, epoch = driven(store, "queue", "start")
    store.put_latest(progress(job, 1), epoch=epoch)
    error = ChunkErrorEvent(job=job, seq=0, time=7.0, file="a", start=0, end=1, attempt=1, message="no")
    store.append_event(error, epoch=epoch)
    with pytest.raises(JobError, match="driven by me"):
        store.delete(job)

    clock.now += LEASE_SECONDS
    store.delete(job)

    assert (store.events(job), store.latest(job), store.chunk_failures(job)) == ((), (), ())
    assert store.advance(job, epoch, "fail", plan_hash="late") is None
    with pytest.raises(JobError, match="no job has this id"):
        store.get(job)


def test_everything_survives_reopening(path: str, store: JobStore) -> None:
    job, epoch = driven(store, "queue", "start")
    store.put_latest(progress(job, 2), epoch=epoch)
    before = (store.get(job), store.events(job), store.latest(job))
    store.close()

    with JobStore(path) as again:
        assert (again.get(job), again.events(job), again.latest(job)) == before


def test_a_key_is_taken_once_by_each_owner(store: JobStore) -> None:
    first = store.create(QUERY, owner="ana", submit_key="nightly")
    other = store.create(QUERY, owner="bo", submit_key="nightly")
    with pytest.raises(KnownKeyError):
        store.create(QUERY, owner="ana", submit_key="nightly")
    store.create(QUERY, owner="ana")
    store.create(QUERY, owner="ana")

    found = [store.keyed("nightly", owner=owner) for owner in ("ana", "bo", "cy")]
    assert [record and record.id for record in found] == [first.id, other.id, None]
    assert store.keyed("", owner="ana") is None
