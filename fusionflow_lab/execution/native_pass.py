"""Map by the native core: the state that DuckDB would make, straight from the columns of a scan."""

from __future__ import annotations

import pyarrow as pa

from fusionflow_lab import _native
from fusionflow_lab.query import Stage
from fusionflow_lab.states.counting import rows_used_of
from fusionflow_lab.states.evaluate import Evaluator
from fusionflow_lab.states.store import BUCKETS
from fusionflow_lab.states.streams import ArrowStream, Mapped
from fusionflow_lab.states.table_sql import bucket_sql

# Of the memory of an evaluator: the groups of a map, and the state that is made of them.
_SHARE = 2


def map_natively(stage: Stage, stream: ArrowStream, evaluator: Evaluator) -> Mapped | None:
    """Run the map of a stage; None where it is none for the native core, or its rows are left to DuckDB.

    The stream is spent then, too.

    Raises
    ------
    QueryError
        The stream ended with an error.
    """
    if stage.native is None:
        return None
    made = _native.map_rows(stream, stage.native, memory=(evaluator.memory or 0) // _SHARE)
    if made is None:
        return None
    state = pa.RecordBatchReader.from_stream(made).read_all()
    return Mapped(state=state, rows_used=rows_used_of(stage, state))


def buckets_of(stage: Stage, mapped: Mapped, evaluator: Evaluator) -> pa.ChunkedArray | None:
    """Return the bucket of each row of a state, None where it has no keys; DuckDB numbers them all."""
    if mapped.buckets is not None or not stage.bucket_by:
        return mapped.buckets
    sql = f"SELECT CAST({bucket_sql(stage, BUCKETS)} AS UTINYINT) AS bucket FROM __state"
    return evaluator.table(sql, "__state", mapped.state).column("bucket")
