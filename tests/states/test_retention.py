"""States go by age and size, never those of a job that may be using them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fusionflow_lab.states.retention import (
    ORPHAN_SECONDS,
    Collected,
    collect,
    collect_frames,
    collect_results,
    kept,
)

NOW = 1_000_000.0
DAY = 86_400.0


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make three states of 100 bytes, used one, two and three days ago, and two temporary files."""
    for number, days in enumerate((1, 2, 3)):
        put(tmp_path / f"map-{number % 2}" / f"state-{number}", NOW - days * DAY)
    put(tmp_path / "map-0" / ".state.7.ab.tmp", NOW - ORPHAN_SECONDS - 1)
    put(tmp_path / "map-0" / ".state.8.cd.tmp", NOW - 1)
    return tmp_path


def put(path: Path, used: float) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"x" * 100)
    os.utime(path, (used, used))


def names(root: Path) -> list[str]:
    return sorted(path.name for path in root.glob("*/state-*"))


def test_what_is_kept_is_told_by_map(root: Path) -> None:
    assert [(one.name, one.states, one.size) for one in kept(root)] == [("map-0", 2, 200), ("map-1", 1, 100)]


def test_old_ones_go(root: Path) -> None:
    done = collect(root, max_age=1.5 * DAY, max_size=10**9, now=NOW)
    assert done == Collected(states=2, size=200, orphans=1, states_left=1, size_left=100)
    assert names(root) == ["state-0"]
    assert not (root / "map-1").exists()
    assert len(list(root.glob("map-0/.*.tmp"))) == 1


def test_the_ones_used_longest_ago_go_first(root: Path) -> None:
    collect(root, max_age=10 * DAY, max_size=200, now=NOW)
    assert names(root) == ["state-0", "state-1"]


def test_what_a_live_job_may_use_stays(root: Path) -> None:
    collect(root, max_age=0.0, max_size=0, in_use_since=NOW - 2.5 * DAY, now=NOW)
    assert names(root) == ["state-0", "state-1"]


def test_no_folder_is_no_error(tmp_path: Path) -> None:
    assert collect(tmp_path / "none", max_age=0.0, max_size=0) == Collected()


def test_tables_of_programs_go_by_age_unless_a_live_job_reads_them(tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    for name, age in (("old.arrow", 2 * DAY), ("read.arrow", 2 * DAY), ("young.arrow", 60.0)):
        put(folder / name, NOW - age)
    live = {str(folder / "read.arrow")}
    assert collect_frames(folder, max_age=0.0, live=live, now=NOW) == 1
    assert sorted(path.name for path in folder.iterdir()) == ["read.arrow", "young.arrow"]
    assert collect_frames(tmp_path / "none", max_age=0.0, live=()) == 0


def test_results_go_when_nobody_looked_at_them_for_long(tmp_path: Path) -> None:
    for name, days in (
        ("ab12.1.arrow", 3),
        ("ab12.1.rejects.arrow", 3),
        ("cd34.1.arrow", 3),
        ("ef56.1.arrow", 1),
    ):
        put(tmp_path / name, NOW - days * DAY)
    assert collect_results(tmp_path, max_age=2 * DAY, live={"cd34"}, now=NOW) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cd34.1.arrow", "ef56.1.arrow"]
    assert collect_results(tmp_path / "nowhere", max_age=DAY, live=()) == 0
