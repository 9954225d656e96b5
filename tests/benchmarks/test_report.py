"""The table of ratios reads as it is meant."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from benchmarks.measure import Run
from benchmarks.report import Timed, chart, conditions, ratios, seconds


def run(wall: float, preview: float | None = None) -> Run:
    return Run(wall=wall, cpu=2 * wall, peak=3 << 20, answer=pa.table({}), preview=preview)


RUNS = {
    "fusionflow": [run(1.0, 0.1), run(1.1, 0.3), run(1.2, 0.2)],
    "DuckDB": [run(2.2)],
    "Polars": [run(1.0)],
}
LINE = Timed(question="q1", rows=10, megabytes=12.3, runs=RUNS)


def test_a_line_of_ratios() -> None:
    drawn = ratios([LINE], ["DuckDB", "Polars", "chDB"]).splitlines()[-1]
    assert drawn == "| q1 | 12 MB | 3 MiB | 0.20 | 0.50 (0.50) | 1.10 (1.10) | - |"


def test_a_line_of_seconds() -> None:
    drawn = seconds([LINE], ["DuckDB", "chDB"]).splitlines()[-1]
    assert drawn == "| q1 | 1.10 ± 9 % (2.20) | 2.20 ± 0 % (4.40) | - |"


def test_the_chart_is_the_same_for_the_same_figures(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    for name in ("one.svg", "two.svg"):
        chart([LINE], ["DuckDB", "Polars"], tmp_path / name)
    assert "Polars" in (tmp_path / "one.svg").read_text()


def test_conditions_name_the_engines() -> None:
    assert "duckdb 2" in conditions(3, ["DuckDB"])
    assert "medians of 3 runs" in conditions(3, [])
