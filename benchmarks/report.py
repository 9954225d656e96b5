"""The table of ratios, as Markdown."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from benchmarks.measure import Run, median, spread

OURS = "fusionflow"


@dataclass(frozen=True, kw_only=True, slots=True)
class Timed:
    """All runs of one question by all engines."""

    question: str
    rows: int
    megabytes: float
    runs: Mapping[str, Sequence[Run]]

    def wall(self, engine: str) -> float:
        """Return the median of wall seconds."""
        return median([run.wall for run in self.runs[engine]])

    def cpu(self, engine: str) -> float:
        """Return the median of CPU seconds."""
        return median([run.cpu for run in self.runs[engine]])


def table(timed: Iterable[Timed], peers: Sequence[str]) -> str:
    """Draw a table: our seconds, and the ratio to every peer (below 1: we are faster).

    Parameters
    ----------
    timed
        A line each.
    peers
        The other engines.

    Examples
    --------
    >>> import pyarrow as pa
    >>> run = Run(wall=1.0, cpu=2.0, peak=1 << 20, answer=pa.table({}))
    >>> line = Timed(question="q1", rows=10, megabytes=1.0, runs={"fusionflow": [run], "DuckDB": [run]})
    >>> print(table([line], ["DuckDB"]).splitlines()[-1])
    | q1 | 1 MB | 1.00 ± 0 % | 2.00 | 1 MiB | - | 1.00 (2.00) | 1.00 |
    """
    heads = ["", "file", "wall s", "CPU s", "peak", "first preview s"]
    heads += [head for peer in peers for head in (f"{peer}: wall s (CPU s)", f"ratio to {peer}")]
    lines = [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    return "\n".join([*lines, *(_line(one, peers) for one in timed)])


def _line(one: Timed, peers: Sequence[str]) -> str:
    ours = one.runs[OURS]
    previews = [run.preview for run in ours if run.preview is not None]
    wall, cpu = one.wall(OURS), one.cpu(OURS)
    cells = [
        one.question,
        f"{one.megabytes:.0f} MB",
        f"{wall:.2f} ± {spread([run.wall for run in ours]):.0%}".replace("%", " %"),
        f"{cpu:.2f}",
        f"{max(run.peak for run in ours) / (1 << 20):.0f} MiB",
        f"{median(previews):.2f}" if previews else "-",
    ]
    for peer in peers:
        cells += [f"{one.wall(peer):.2f} ({one.cpu(peer):.2f})", f"{wall / one.wall(peer):.2f}"]
    return f"| {' | '.join(cells)} |"


def conditions(runs: int) -> str:
    """Say where and how the figures were taken."""
    engines = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "polars", "pyarrow"))
    return (
        f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}, {engines}; "
        f"warm page cache, two threads (or worker processes) for every engine, runs taken in turn, "
        f"medians of {runs} runs."
    )
