"""The table of ratios reads as it is meant."""

from __future__ import annotations

import pyarrow as pa

from benchmarks.measure import Run
from benchmarks.report import Timed, conditions, table


def run(wall: float, preview: float | None = None) -> Run:
    return Run(wall=wall, cpu=2 * wall, peak=3 << 20, answer=pa.table({}), preview=preview)


def test_a_line_of_medians_and_ratios() -> None:
    runs = {
        "fusionflow": [run(1.0, 0.1), run(1.1, 0.3), run(1.2, 0.2)],
        "DuckDB": [run(2.2)],
        "Polars": [run(1.0)],
    }
    line = Timed(question="q1", rows=10, megabytes=12.3, runs=runs)
    assert table([line], ["DuckDB", "Polars"]).splitlines()[-1] == (
        "| q1 | 12 MB | 1.10 ± 9 % | 2.20 | 3 MiB | 0.20 | 2.20 (4.40) | 0.50 | 1.00 (2.00) | 1.10 |"
    )


def test_conditions_name_the_engines() -> None:
    assert "duckdb 2" in conditions(3)
    assert conditions(3).endswith("medians of 3 runs.")
