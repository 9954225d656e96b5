"""How many records may be rejected before a job fails: ``max_errors``."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from fusionflow_lab.errors import RejectsError
from fusionflow_lab.execution.stage_run import StageRun
from fusionflow_lab.results.words import count_text

DEFAULT = "1%"
# A percentage of few records is no record at all.
LEAST = 10
REJECTS_SHOWN = 3


def allowed(max_errors: str, rows: int) -> int:
    """Return how many of some records may be rejected.

    Examples
    --------
    >>> allowed("", 100_000), allowed("", 50), allowed("50%", 50), allowed("0", 100_000)
    (1000, 10, 25, 0)
    """
    if max_errors.endswith("%"):
        return int(rows * float(max_errors[:-1]) / 100)
    return int(max_errors) if max_errors else max(allowed(DEFAULT, rows), LEAST)


def refuse_rejects(runs: Sequence[StageRun], rejects: pa.Table, job: str) -> None:
    """Refuse an answer that leaves out too many records.

    Raises
    ------
    RejectsError
        More records of a source were rejected than it may have.
    """
    for run in runs:
        source = run.stage.source
        counters = run.tallies()[1].counters
        most = allowed(source.max_errors, counters.rows_read)
        if counters.rows_rejected > most:
            told = source.max_errors or f"{DEFAULT}, at least {LEAST}"
            what = (
                f"{counters.rows_rejected} of {counters.rows_read} records were rejected;"
                f" max_errors is {told}: {count_text(most, 'record')}"
            )
            hint = (
                f"look at them: FROM rejects('{job}'); allow more: --max-errors 100%"
                " or read_csv(…, max_errors = '100%'); what was scanned is kept"
            )
            raise RejectsError("\n".join([what, *_first(rejects)]), where=source.pattern, hint=hint)


def _first(rejects: pa.Table) -> list[str]:
    """Write the first rejects, one a line."""
    lines = []
    for reject in rejects.slice(0, REJECTS_SHOWN).to_pylist():
        column = f"column {reject['column']}, " if reject["column"] else ""
        lines.append(f"  {reject['file']}, line {reject['line']}: {column}{reject['reason']}")
    return lines
