"""Draw a plan as text: its stages, the SQL of each, and what will be read.

::

    final   SELECT k0 AS city, sum(s0) AS n FROM stage_0 GROUP BY k0
    │
    └─ stage_0  aggregate of trips/*.csv: 3 files, 1.2 GiB
         map    SELECT city AS k0, sum(n) AS s0 FROM source_0 GROUP BY 1
         merge  SELECT k0, sum(s0) AS s0 FROM state GROUP BY 1
         reads  city VARCHAR, n BIGINT (2 of 9 columns)
         order  does not matter
         runs   cut; by DuckDB on the workers
         bytes  400.0 MiB to read, 800.0 MiB known; 24 chunks, 16 known
    time    about 1.0 s, at the 400.0 MiB a second of job ab12
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from fusionflow_lab.query import Plan, Stage

_SHOWN_COLUMNS = 12
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_STEP = 1024.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Forecast:
    """What a stage has to read: chunks and bytes in all, and those whose states are stored.

    ``certain`` is False where that shows only when the tables beside the stage are made.
    """

    chunks: int
    chunks_known: int = 0
    bytes_total: int
    bytes_known: int = 0
    certain: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Speed:
    """Bytes a second that an earlier job read."""

    bytes_per_second: float
    job: str


_NONE: Mapping[str, Forecast] = MappingProxyType({})


def explain(plan: Plan, forecasts: Mapping[str, Forecast] = _NONE, speed: Speed | None = None) -> str:
    """Draw a plan.

    Parameters
    ----------
    plan
        The plan.
    forecasts
        What each stage has to read, by the name of the stage.
    speed
        How fast an earlier job read.

    Examples
    --------
    >>> plan = Plan(text="SELECT 1", stages=(), final_sql="SELECT 1", names=("1",), types=("INTEGER",))
    >>> print(explain(plan))
    final   SELECT 1
    """
    lines = [f"final   {plan.final_sql}"]
    for place, stage in enumerate(plan.stages):
        last = place == len(plan.stages) - 1
        lines.append("│")
        lines.append(f"{'└' if last else '├'}─ {stage.name}  {_headline(stage)}")
        details = _details(stage) + _bytes(stage, forecasts.get(stage.name))
        lines += [f"{' ' if last else '│'}    {line}" for line in details]
    return "\n".join(lines + _time(forecasts, speed))


def _bytes(stage: Stage, forecast: Forecast | None) -> list[str]:
    if forecast is None:
        return []
    most = "at most " if stage.kind == "limit" else ""
    if not forecast.certain:
        known = "what is known shows when the tables beside it are made"
        return [f"bytes  {most}{size_text(forecast.bytes_total)} to read; {forecast.chunks} chunks; {known}"]
    left = size_text(forecast.bytes_total - forecast.bytes_known)
    chunks = "1 chunk" if forecast.chunks == 1 else f"{forecast.chunks} chunks"
    known = f"{size_text(forecast.bytes_known)} known; {chunks}, {forecast.chunks_known} known"
    return [f"bytes  {most}{left} to read, {known}"]


def _time(forecasts: Mapping[str, Forecast], speed: Speed | None) -> list[str]:
    """Estimate the seconds, where an earlier job says how fast this goes."""
    left = sum(forecast.bytes_total - forecast.bytes_known for forecast in forecasts.values())
    if speed is None or not left:
        return []
    seconds, rate = left / speed.bytes_per_second, size_text(round(speed.bytes_per_second))
    return [f"time    about {seconds:.1f} s, at the {rate} a second of job {speed.job}"]


def _headline(stage: Stage) -> str:
    count = len(stage.source.files)
    files = "1 file" if count == 1 else f"{count} files"
    return f"{stage.kind} of {stage.source.pattern}: {files}, {size_text(stage.source.size)}"


def _details(stage: Stage) -> list[str]:
    lines = [f"map    {stage.map_sql}"]
    if stage.merge_sql:
        lines.append(f"merge  {stage.merge_sql}")
    if stage.reduce_sql:
        lines.append(f"reduce {stage.reduce_sql}")
    lines.append(f"reads  {_columns(stage)}")
    skipped = sum(file.skipped_lines for file in stage.source.files)
    if skipped:
        lines.append(f"skips  {skipped} {'line' if skipped == 1 else 'lines'} above the header")
    lines.append(f"order  {'as in the files' if stage.ordered else 'does not matter'}")
    lines += [f"beside {entry.name}: {entry.sql}" for entry in stage.broadcast]
    word = "gathered" if stage.kind == "gather" else "rows shipped"
    way = f"{word}, because {stage.reason}" if stage.reason else "cut"
    by = "DuckDB" if stage.native is None else "the native core"
    lines.append(f"runs   {way}; by {by} on the workers")
    return lines


def _columns(stage: Stage) -> str:
    names = [f"{column.name} {column.type}" for column in stage.columns[:_SHOWN_COLUMNS]]
    if len(stage.columns) > _SHOWN_COLUMNS:
        names.append("…")
    total = len(stage.source.columns)
    shown = ", ".join(names) or "only counts rows"
    return f"{shown} ({len(stage.columns)} of {total} columns)"


def size_text(size: int) -> str:
    """Write a number of bytes.

    Examples
    --------
    >>> size_text(512), size_text(1536)
    ('512 B', '1.5 KiB')
    """
    value, unit = float(size), 0
    while value >= _STEP and unit < len(_UNITS) - 1:
        value, unit = value / _STEP, unit + 1
    return f"{size} B" if unit == 0 else f"{value:.1f} {_UNITS[unit]}"
