"""Draw a plan as text: its stages, the SQL of each, and what will be read.

::

    final   SELECT k0 AS city, sum(s0) AS n FROM stage_0 GROUP BY k0
    │
    └─ stage_0  aggregate of trips/*.csv: 3 files, 1.2 GiB to read
         map    SELECT city AS k0, sum(n) AS s0 FROM source_0 GROUP BY 1
         merge  SELECT k0, sum(s0) AS s0 FROM state GROUP BY 1
         reads  city VARCHAR, n BIGINT (2 of 9 columns)
         runs   cut, by DuckDB on the workers
"""

from __future__ import annotations

from fusionflow_lab.query import Plan, Stage

_SHOWN_COLUMNS = 12
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_STEP = 1024.0


def explain(plan: Plan) -> str:
    """Draw a plan.

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
        lines += [f"{' ' if last else '│'}    {line}" for line in _details(stage)]
    return "\n".join(lines)


def _headline(stage: Stage) -> str:
    count = len(stage.source.files)
    files = "1 file" if count == 1 else f"{count} files"
    return f"{stage.kind} of {stage.source.pattern}: {files}, {size_text(stage.source.size)} to read"


def _details(stage: Stage) -> list[str]:
    lines = [f"map    {stage.map_sql}"]
    if stage.merge_sql:
        lines.append(f"merge  {stage.merge_sql}")
    if stage.reduce_sql:
        lines.append(f"reduce {stage.reduce_sql}")
    lines.append(f"reads  {_columns(stage)}")
    lines.append(f"order  {'as in the files' if stage.ordered else 'does not matter'}")
    lines += [f"beside {entry.name}: {entry.sql}" for entry in stage.broadcast]
    word = "gathered" if stage.kind == "gather" else "rows shipped"
    way = f"{word}, because {stage.reason}" if stage.reason else "cut"
    lines.append(f"runs   {way}; by DuckDB on the workers")
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
