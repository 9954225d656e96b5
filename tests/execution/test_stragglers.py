"""Which late tasks get a copy, and where."""

from __future__ import annotations

from fusionflow_lab.execution.stragglers import Stragglers, WorkerSight

SLOW = WorkerSight(last_seen=90.0, keys=frozenset({("job", 1)}))
WELL = WorkerSight(last_seen=100.0, keys=frozenset({("job", 2)}))


def test_a_copy_goes_to_a_worker_that_is_well_and_does_not_have_it() -> None:
    stragglers = Stragglers()
    workers = {"slow": SLOW, "well": WELL}
    assert stragglers.candidates(("job", 1), workers) == ["well"]
    assert stragglers.candidates(("job", 2), workers) == []


def test_no_copies_while_workers_are_missing() -> None:
    stragglers = Stragglers()
    assert stragglers.candidates(("job", 1), {"slow": SLOW, "well": WELL, "third": WELL}, now=0.0)
    assert stragglers.candidates(("job", 1), {"slow": SLOW, "well": WELL}, now=5.0) == []
    # Nobody comes back: the cluster is smaller now.
    assert stragglers.candidates(("job", 1), {"slow": SLOW, "well": WELL}, now=31.0) == ["well"]


def test_late_is_three_medians_but_a_second_at_least() -> None:
    stragglers = Stragglers()
    assert stragglers.limit() == float("inf")
    stragglers.finished(0.1)
    assert stragglers.limit() == 1.0
    for _ in range(3):
        stragglers.finished(2.0)
    assert stragglers.limit() == 6.0
