"""Questions of very many groups go through a runner of its own, and every process's peak is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.millions import CASES, WORKERS, measure

pytestmark = pytest.mark.long


def test_a_line_for_each_question(tmp_path: Path) -> None:
    names = [case.name for case in CASES]
    lines = [line.strip("| ").split(" | ") for line in measure(tmp_path, 20_000, names)]
    assert [line[0] for line in lines[2:]] == names
    assert lines[2][2] == "20,000"
    for line in lines[2:]:
        assert len(line) == len(lines[0])
        assert len(line[5].split(", ")) == WORKERS
    assert [path.name for path in tmp_path.glob("*.part")] == []
