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
from fusionflow_lab.states.rows_law import BUG_HINT, refuse_broken


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
            refuse_broken(leaf.counters, leaf.where)
            if leaf.header is not None:
                blocks = [block for chunk in leaf.header.chunks for block in chunk.blocks]
                _refuse_other(leaf, "read", leaf.counters.rows_read, sum(block.rows for block in blocks))
                rejected = sum(block.rejected for block in blocks)
                _refuse_other(leaf, "rejected", leaf.counters.rows_rejected, rejected)
                _refuse_other(leaf, "rejected", leaf.header.rejects, rejected)
            total += leaf.counters
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
