"""Count the rows that a map uses: in its state, or as they come."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pyarrow as pa

from fusionflow_lab.lazily import Lazy
from fusionflow_lab.query import Stage

if TYPE_CHECKING:
    import pyarrow.compute as pc
else:
    pc = Lazy("pyarrow.compute")  # it takes as long as half of pyarrow

# The column of a state that numbers the grouping set of a row, where it has one.
SET = "__set"


class Counted:
    """Record batches on their way, counted."""

    def __init__(self, source: pa.RecordBatchReader) -> None:
        self._source = source
        self.count = 0

    def reader(self) -> pa.RecordBatchReader:
        """Return them, to be read once."""
        return pa.RecordBatchReader.from_batches(self._source.schema, self._batches())

    def _batches(self) -> Iterator[pa.RecordBatch]:
        for batch in self._source:
            self.count += batch.num_rows
            yield batch


def rows_used_of(stage: Stage, state: pa.Table) -> int | None:
    """Return the rows that a map used, by its state; None for all that were read and not rejected."""
    if stage.multiplies:
        return None
    if stage.kind != "aggregate":
        return int(state.num_rows)
    if not stage.used_column:
        return None
    used = state.column(stage.used_column)
    if SET in state.column_names and state.num_rows:  # every row is in each grouping set once
        sets = state.column(SET)
        used = used.filter(pc.equal(sets, sets[0]))
    return int(pc.sum(used).as_py() or 0)
