from __future__ import annotations

import pytest

from fusionflow_lab.jobs.claims import LONGEST_PAUSE, MOST_LOSSES, Claims
from fusionflow_lab.jobs.events import NoticeEvent, ProgressEvent
from fusionflow_lab.jobs.store import LEASE_SECONDS, JobStore
from tests.jobs.conftest import QUERY, Clock


@pytest.fixture
def claims(store: JobStore, clock: Clock) -> Claims:
    return Claims(store.engine, clock=clock)


def begin(store: JobStore, claims: Claims, holder: str = "one") -> tuple[str, int]:
    """Make a job that a runner drives."""
    store.create(QUERY, cluster="local")
    claim = claims.take(holder, "local")
    assert claim is not None
    store.advance(claim.job, claim.epoch, "queue")
    store.advance(claim.job, claim.epoch, "start")
    return claim.job, claim.epoch


def progress(job: str, done: int) -> ProgressEvent:
    return ProgressEvent(
        job=job, seq=0, time=0.0, chunks_done=done, chunks_total=9, bytes_done=done, bytes_total=9
    )


def test_a_claim_holds_all_that_is_needed(store: JobStore, claims: Claims) -> None:
    job = store.create(QUERY, cluster="local", priority=3).id
    claim = claims.take("me", "local")
    assert claim is not None
    assert (claim.job, claim.epoch, claim.query, claim.status, claim.priority) == (
        job,
        1,
        QUERY,
        "CREATED",
        3,
    )
    assert claims.take("other", "local") is None
    assert store.get(job).lease_holder == "me"


def test_a_job_is_started_with_its_claim(store: JobStore, claims: Claims) -> None:
    job = store.create(QUERY, cluster="local").id
    claim = claims.take("me", "local", begin=True)
    assert claim is not None
    assert [event.status for event in claim.begun] == ["QUEUED", "IN_PROGRESS"]
    assert claim.status == store.get(job).status == "IN_PROGRESS"
    assert store.events(job)[1:] == claim.begun
    assert store.advance(job, claim.epoch, "complete") is not None


def test_the_highest_priority_goes_first_then_the_oldest(
    store: JobStore, claims: Claims, clock: Clock
) -> None:
    jobs = []
    for priority in (0, 1, 1, -1):
        jobs.append(store.create(QUERY, cluster="local", priority=priority).id)
        clock.now += 1
    taken = [claim.job for claim in iter(lambda: claims.take("me", "local"), None)]
    assert taken == [jobs[1], jobs[2], jobs[0], jobs[3]]


def test_jobs_of_other_clusters_are_left_alone(store: JobStore, claims: Claims) -> None:
    store.create(QUERY, cluster="tcp://there:8786")
    assert claims.take("me", "local") is None
    assert claims.take("me", "tcp://there:8786") is not None


def test_a_lost_job_is_taken_over_and_says_so(store: JobStore, claims: Claims, clock: Clock) -> None:
    job, epoch = begin(store, claims)
    assert claims.take("two", "local") is None
    clock.now += LEASE_SECONDS
    claim = claims.take("two", "local")
    assert claim is not None
    assert (claim.status, claim.epoch) == ("IN_PROGRESS", epoch + 1)
    (notice,) = [event for event in store.events(job) if isinstance(event, NoticeEvent)]
    assert notice.code == "taken_over"
    assert notice.text.startswith("one was lost")
    assert store.renew(job, epoch) is None


def test_a_released_job_is_queued_and_nobody_lost_it(store: JobStore, claims: Claims) -> None:
    job, epoch = begin(store, claims)
    assert store.release(job, epoch)
    assert store.get(job).status == "QUEUED"
    claim = claims.take("two", "local")
    assert claim is not None
    assert not [event for event in store.events(job) if isinstance(event, NoticeEvent)]


def test_a_lost_job_that_was_to_stop_is_stopped(store: JobStore, claims: Claims, clock: Clock) -> None:
    job, _ = begin(store, claims)
    store.set_desired(job, "stop")
    assert store.get(job).status == "IN_PROGRESS"
    clock.now += LEASE_SECONDS
    assert claims.take("two", "local") is None
    assert store.get(job).status == "STOPPED"


def test_a_job_that_kills_its_runners_pauses_and_fails(store: JobStore, claims: Claims, clock: Clock) -> None:
    job, _ = begin(store, claims)
    pauses = []
    while store.get(job).status == "IN_PROGRESS":
        lost = clock.now = clock.now + LEASE_SECONDS
        while claims.take("next", "local") is None and store.get(job).status == "IN_PROGRESS":
            clock.now += 0.5
        pauses.append(clock.now - lost)
    record = store.get(job)
    assert record.status == "FAILED"
    assert record.error is not None
    assert f"lost its runner {MOST_LOSSES + 1} times without coming further" in record.error.what
    assert pauses == sorted(pauses)
    assert 0 < pauses[-1] <= LONGEST_PAUSE
    store.set_desired(job, "run")
    assert claims.take("next", "local") is not None


def test_a_job_that_comes_further_is_taken_at_once(store: JobStore, claims: Claims, clock: Clock) -> None:
    job, epoch = begin(store, claims)
    for done in range(1, 2 * MOST_LOSSES):
        store.put_latest(progress(job, done), epoch=epoch)
        clock.now += LEASE_SECONDS
        claim = claims.take("next", "local")
        assert claim is not None
        epoch = claim.epoch
    assert store.get(job).status == "IN_PROGRESS"
