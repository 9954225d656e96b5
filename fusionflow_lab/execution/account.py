"""The rows law, checked: every record that was read is used, filtered out, or rejected.

The counts of a state come from its scan (read, rejected) and from its map (used). A job whose counts do not
add up has lost rows by a mistake of ours, and gives no answer.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from fusionflow_lab.errors import AccountError
from fusionflow_lab.execution.stage_run import Leaf, StageRun
from fusionflow_lab.query import Counters
from fusionflow_lab.states.rows_law import BUG_HINT, adds_up, refuse_broken


def account_rows(runs: Sequence[StageRun]) -> Counters:
    """Add up what the leaves of all stages counted, and return it where the law holds.

    Raises
    ------
    AccountError
        It does not: for a leaf, or between the blocks of a leaf and what its state says of them.
    """
    total = Counters()
    for run in runs:
        for leaf in run.needed():
            counters = leaf.counters
            if not adds_up(counters):
                refuse_broken(counters, leaf.where)
            if leaf.header is not None:
                blocks = [counted for chunk in leaf.header.chunks for counted in chunk.blocks.rows()]
                _refuse_other(leaf, "read", counters.rows_read, sum(rows for rows, _ in blocks))
                rejected = sum(rejected for _, rejected in blocks)
                _refuse_other(leaf, "rejected", counters.rows_rejected, rejected)
                _refuse_other(leaf, "rejected", leaf.header.rejects, rejected)
            total += counters
    refuse_broken(total, "")
    return total


def refuse_missing_rejects(leaf: Leaf, rejects: pa.Table | None) -> None:
    """Refuse a table of rejects that is shorter or longer than what the scan has counted.

    Raises
    ------
    AccountError
        It is.
    """
    counted = leaf.header.rejects if leaf.header is not None else 0
    _refuse_other(leaf, "rejected", counted, rejects.num_rows if rejects is not None else 0)


def _refuse_other(leaf: Leaf, what: str, one: int, other: int) -> None:
    if one != other:
        raise AccountError(
            f"rows are not accounted for: {one} {what} by one count, {other} by another",
            where=leaf.where,
            hint=BUG_HINT,
        )
