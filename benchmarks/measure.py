"""What is measured of a run: wall and CPU seconds, peak memory, and the answer."""

from __future__ import annotations

import math
import os
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
import pyarrow as pa

RELATIVE = 1e-9


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One run of one question by one engine. ``preview`` is when the first preview came, if any did."""

    wall: float
    cpu: float
    peak: int
    answer: pa.Table
    preview: float | None = None


def reset_peak(pids: Iterable[int]) -> None:
    """Let the peak memory of processes count from now on, where the system can."""
    for pid in pids:
        reset = Path(f"/proc/{pid}/clear_refs")
        if reset.exists():
            reset.write_text("5")


def peak_of(pids: Iterable[int]) -> int:
    """Return the largest peak memory of the processes in bytes."""
    peaks = []
    for pid in pids:
        status = Path(f"/proc/{pid}/status")
        lines = status.read_text().splitlines() if status.exists() else []
        high = [int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")]
        peaks.append(high[0] if high else psutil.Process(pid).memory_info().rss)
    return max(peaks, default=0)


def cpu_of(pids: Iterable[int]) -> float:
    """Return the CPU seconds that processes have used."""
    times = [psutil.Process(pid).cpu_times() for pid in pids]
    return float(sum(time.user + time.system for time in times))


def family() -> list[int]:
    """Return this process and all below it."""
    here = psutil.Process(os.getpid())
    return [here.pid, *(child.pid for child in here.children(recursive=True))]


def median(values: Sequence[float]) -> float:
    """Return the median."""
    return statistics.median(values)


def spread(values: Sequence[float]) -> float:
    """Return half the range as a part of the median."""
    return (max(values) - min(values)) / 2 / median(values) if median(values) else 0.0


def differences(one: pa.Table, other: pa.Table) -> str:
    """Tell how two answers differ; empty where they are equal (floats to 1e-9).

    Examples
    --------
    >>> differences(pa.table({"a": [1.0]}), pa.table({"a": [1.0 + 1e-12]}))
    ''
    >>> differences(pa.table({"a": [1.0]}), pa.table({"a": [2.0]}))
    'row 0: (1.0,) and (2.0,)'
    """
    if (one.num_rows, one.num_columns) != (other.num_rows, other.num_columns):
        return f"{one.num_rows} x {one.num_columns} and {other.num_rows} x {other.num_columns} values"
    left = zip(*(column.to_pylist() for column in one.columns), strict=True)
    right = zip(*(column.to_pylist() for column in other.columns), strict=True)
    for number, (mine, theirs) in enumerate(zip(left, right, strict=True)):
        if not all(map(_equal, mine, theirs)):
            return f"row {number}: {mine} and {theirs}"
    return ""


def _equal(one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=RELATIVE, abs_tol=1e-12)
    return one == other
