"""Measures and comparisons say what they mean."""

from __future__ import annotations

import os

import pyarrow as pa
import pytest

from benchmarks.measure import cpu_of, differences, median, peak_of, reset_peak, spread


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({"a": [1, 2]}, {"b": [1, 2]}, ""),
        ({"a": [0.1 + 0.2]}, {"a": [0.3]}, ""),
        ({"a": [1]}, {"a": [1, 2]}, "1 x 1 and 2 x 1 values"),
        ({"a": ["x"], "b": [1]}, {"a": ["x"], "b": [2]}, "row 0: ('x', 1) and ('x', 2)"),
        ({"a": [None]}, {"a": [0]}, "row 0: (None,) and (0,)"),
    ],
)
def test_differences(one: dict[str, list[object]], other: dict[str, list[object]], expected: str) -> None:
    assert differences(pa.table(one), pa.table(other)) == expected


def test_median_and_spread() -> None:
    assert median([3.0, 1.0, 2.0]) == 2.0
    assert spread([1.0, 2.0, 3.0]) == 0.5


def test_a_process_is_measured() -> None:
    here = [os.getpid()]
    reset_peak(here)
    assert peak_of(here) > 1 << 20
    assert cpu_of(here) > 0
