from __future__ import annotations

from itertools import product
from typing import get_args

import pytest

from fusionflow_lab.errors import JobError
from fusionflow_lab.jobs.events import Status
from fusionflow_lab.jobs.lifecycle import ENDED, Action, has_ended, next_status

ACTIONS: tuple[Action, ...] = get_args(Action)
STATUSES: tuple[Status, ...] = get_args(Status)

# One line a status: where queue, start, complete, fail, stop, finish_stop, release lead; "-" is refused.
TABLE: dict[Status, str] = {
    "CREATED": "QUEUED - - FAILED STOPPED - -",
    "QUEUED": "- IN_PROGRESS - FAILED STOPPED - -",
    "IN_PROGRESS": "- IN_PROGRESS COMPLETED FAILED STOPPING - QUEUED",
    "STOPPING": "- - COMPLETED FAILED STOPPING STOPPED -",
    "COMPLETED": "QUEUED - - - - - -",
    "FAILED": "QUEUED - - - - - -",
    "STOPPED": "QUEUED - - - - - -",
}


@pytest.mark.parametrize(("status", "action"), list(product(STATUSES, ACTIONS)))
def test_every_pair(status: Status, action: Action) -> None:
    expected = TABLE[status].split()[ACTIONS.index(action)]

    if expected == "-":
        with pytest.raises(JobError, match=f"a job that is {status} cannot {action.replace('_', ' ')}"):
            next_status(status, action)
    else:
        assert next_status(status, action) == expected


def test_the_table_is_whole() -> None:
    assert ACTIONS == ("queue", "start", "complete", "fail", "stop", "finish_stop", "release")
    assert tuple(TABLE) == STATUSES or set(TABLE) == set(STATUSES)


def test_refusal_says_what_is_possible() -> None:
    with pytest.raises(JobError) as caught:
        next_status("QUEUED", "complete")

    assert (
        str(caught.value)
        == "a job that is QUEUED cannot complete\ntry: what it can do now: start, stop, fail"
    )


def test_ended_statuses_end() -> None:
    assert {status for status in STATUSES if has_ended(status)} == ENDED == {"COMPLETED", "FAILED", "STOPPED"}


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_can_end(status: Status) -> None:
    reached = {status}
    while True:
        more = {
            next_status(known, action)
            for known, action in product(reached, ACTIONS)
            if TABLE[known].split()[ACTIONS.index(action)] != "-"
        } - reached
        if not more:
            break
        reached |= more

    assert reached >= ENDED
