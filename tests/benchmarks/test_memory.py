"""Files of every format go through a worker of little memory, and its peak is told."""

from __future__ import annotations

from pathlib import Path

from benchmarks.memory import FORMATS, measure


def test_a_line_for_each_format(tmp_path: Path) -> None:
    lines = [line.strip("| ").split(" | ") for line in measure(tmp_path, 100_000, list(FORMATS))]
    assert [line[0] for line in lines[2:]] == list(FORMATS)
    for line in lines[2:]:
        assert len(line) == len(lines[0])
        assert 10 < int(line[-1].removesuffix(" %")) < 100
    assert [path.name for path in tmp_path.glob("*.part")] == []
