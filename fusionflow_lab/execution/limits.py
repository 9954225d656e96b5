"""How many records may be rejected before a job fails: ``max_errors``."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from fusionflow_lab.errors import SourceError
from fusionflow_lab.execution.stage_run import StageRun
from fusionflow_lab.query import Counters

DEFAULT = "1%"
# A percentage of few records is no record at all.
LEAST = 10


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
    SourceError
        More records of a source were rejected than it may have.
    """
    for run in runs:
        source = run.stage.source
        counters = sum((leaf.counters for leaf in run.needed()), Counters())
        if counters.rows_rejected <= allowed(source.max_errors, counters.rows_read):
            continue
        told = source.max_errors or DEFAULT
        what = f"{counters.rows_rejected} of {counters.rows_read} records were rejected, max_errors is {told}"
        first = rejects.slice(0, 1).to_pylist()
        if first:
            column = f"column {first[0]['column']}, " if first[0]["column"] else ""
            what += f"; the first: {first[0]['file']}, byte {first[0]['byte']}: {column}{first[0]['reason']}"
        hint = f"look at them: FROM rejects('{job}'); read on without them: read_csv(…, max_errors = '100%')"
        raise SourceError(what, where=source.pattern, hint=hint)
