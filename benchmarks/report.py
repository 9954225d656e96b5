"""The table of ratios, as Markdown."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.measure import Run, median, spread

if TYPE_CHECKING:
    from matplotlib.axes import Axes

OURS = "fusionflow"
LONG_SECONDS: Final = 5.0
FEWER_RUNS: Final = 2
"""How often an engine is run that takes so long, and from where on."""
SHOWN: Final = 2.0
"""Bars of the chart end there."""
GREY: Final = "#7f7f7f"
"""Reads on light and on dark grounds."""
PACKAGES: Final = {
    "DuckDB": "duckdb",
    "Polars": "polars",
    "DataFusion": "datafusion",
    "chDB": "chdb",
    "Dask DataFrame": "dask",
}


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


def ratios(timed: Sequence[Timed], peers: Sequence[str]) -> str:
    """Draw what our run took, and its ratio to every peer: wall, and CPU in brackets (below 1: we are ahead).

    Parameters
    ----------
    timed
        A line each; a peer that does not answer a question has a dash.
    peers
        The other engines.

    Examples
    --------
    >>> import pyarrow as pa
    >>> run = Run(wall=1.0, cpu=2.0, peak=1 << 20, answer=pa.table({}))
    >>> line = Timed(question="q1", rows=10, megabytes=1.0, runs={"fusionflow": [run], "DuckDB": [run]})
    >>> print(ratios([line], ["DuckDB", "Polars"]).splitlines()[-1])
    | q1 | 1 MB | 1 MiB | - | 1.00 (1.00) | - |
    """
    heads = ["", "file", "peak", "first preview s", *(f"to {peer}" for peer in peers)]
    return drawn(heads, [[*_facts(one), *(_ratio(one, peer) for peer in peers)] for one in timed])


def seconds(timed: Sequence[Timed], peers: Sequence[str]) -> str:
    """Draw the medians of wall seconds with half their range, and of CPU seconds in brackets."""
    engines = [OURS, *peers]
    rows = [[one.question, *(_seconds(one, engine) for engine in engines)] for one in timed]
    return drawn(["", *engines], rows)


def chart(timed: Sequence[Timed], peers: Sequence[str], path: Path) -> None:
    """Draw wall seconds of every engine as parts of DuckDB's, an SVG that reads on light and dark grounds."""
    from matplotlib.figure import Figure

    engines = [OURS, *peers]
    figure = Figure(figsize=(9, 0.75 * len(timed) + 1.2), layout="constrained")
    axes = figure.add_subplot()
    height = 0.8 / len(engines)
    for place, engine in enumerate(engines):
        shown = [(at, one) for at, one in enumerate(timed) if engine in one.runs]
        axes.barh(
            [at + place * height for at, _ in shown],
            [one.wall(engine) / one.wall(peers[0]) for _, one in shown],
            height=height * 0.9,
            label=engine,
        )
        for at, one in shown:
            if engine == OURS or one.wall(engine) > SHOWN * one.wall(peers[0]):
                _label(axes, one.wall(engine) / one.wall(peers[0]), at + place * height)
    axes.set_yticks([at + 0.4 for at in range(len(timed))], [one.question for one in timed])
    axes.axvline(1, color=GREY, linewidth=1)
    axes.set_xlabel(f"wall seconds as a part of {peers[0]}'s (shorter is faster)", color=GREY)
    axes.tick_params(colors=GREY)
    axes.invert_yaxis()
    axes.set_xlim(0, SHOWN)
    axes.spines[:].set_visible(False)
    look = {"frameon": False, "labelcolor": GREY, "fontsize": "small"}
    figure.legend(loc="outside upper center", ncols=len(engines), **look)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, format="svg", transparent=True, metadata={"Date": None})


def _label(axes: Axes, ratio: float, at: float) -> None:
    """Write the length of a bar beside it, or at the end of the chart where it is longer."""
    cut = ratio > SHOWN
    axes.annotate(
        f"{ratio:.1f} " if cut else f" {ratio:.2f}",
        (min(ratio, SHOWN), at),
        ha="right" if cut else "left",
        va="center",
        color="white" if cut else GREY,
        fontsize="x-small",
    )


def drawn(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Draw a table as Markdown."""
    lines = [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def _facts(one: Timed) -> list[str]:
    ours = one.runs[OURS]
    previews = [run.preview for run in ours if run.preview is not None]
    peak = f"{max(run.peak for run in ours) / (1 << 20):.0f} MiB"
    return [one.question, f"{one.megabytes:.0f} MB", peak, f"{median(previews):.2f}" if previews else "-"]


def _ratio(one: Timed, peer: str) -> str:
    if peer not in one.runs:
        return "-"
    return f"{one.wall(OURS) / one.wall(peer):.2f} ({one.cpu(OURS) / max(one.cpu(peer), 1e-3):.2f})"


def _seconds(one: Timed, engine: str) -> str:
    if engine not in one.runs:
        return "-"
    part = spread([run.wall for run in one.runs[engine]])
    return f"{one.wall(engine):.2f} ± {100 * part:.0f} % ({one.cpu(engine):.2f})"


def conditions(runs: int, peers: Sequence[str]) -> str:
    """Say where and how the figures were taken."""
    packages = [PACKAGES[peer] for peer in peers if peer in PACKAGES]
    engines = ", ".join(f"{name} {version(name)}" for name in (*packages, "pyarrow"))
    return (
        f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}, {engines}; "
        f"warm page cache, two threads (or worker processes) for every engine, runs taken in turn, "
        f"medians of {runs} runs ({FEWER_RUNS} of what takes longer than {LONG_SECONDS:.0f} s); ± is half of "
        "their range. A dash: the engine is not asked, or does not answer."
    )
