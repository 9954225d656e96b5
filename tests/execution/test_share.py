"""The window of tasks, divided among jobs."""

from __future__ import annotations

import pytest

from fusionflow_lab.execution.share import Share


def test_a_job_alone_has_it_all_again_when_the_other_ends() -> None:
    share = Share()
    with share.joined("a"):
        assert share.window("a", threads=2) == 4
        with share.joined("b"):
            assert share.window("a", threads=2) == share.window("b", threads=2) == 2
        assert share.window("a", threads=2) == 4


def test_everybody_gets_something() -> None:
    share = Share()
    with share.joined("a", priority=-1000), share.joined("b", priority=1000):
        assert share.window("a", threads=1) == 1
        assert share.window("b", threads=1) == 2


def test_a_failure_gives_the_part_back() -> None:
    share = Share()
    with share.joined("a"):
        with pytest.raises(ValueError, match="gone"), share.joined("b"):
            raise ValueError("gone")
        assert share.window("a", threads=1) == 2


def test_small_tasks_fly_in_greater_numbers() -> None:
    share = Share()
    with share.joined("big", task_bytes=16 << 20), share.joined("small", task_bytes=2 << 20):
        assert share.window("big", threads=2) == 1
        assert share.window("small", threads=2) == 4
