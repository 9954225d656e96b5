"""Pieces of SQL about tables of states and about broadcast tables."""

from __future__ import annotations

from fusionflow_lab.query import Broadcast, Stage
from fusionflow_lab.states.casts import quoted


def bucket_sql(stage: Stage, buckets: int) -> str:
    """Write the number of the bucket, of so many, that a row of a state belongs to.

    The same in every process of one version of DuckDB. The second argument of the hash keeps it independent
    of the one that DuckDB groups by.

    Examples
    --------
    >>> from fusionflow_lab.source import Dialect, Source
    >>> source = Source(name="source_0", pattern="a.csv", dialect=Dialect(), columns=(), files=())
    >>> stage = Stage(
    ...     name="s", kind="aggregate", source=source, columns=(), map_sql="FROM source_0", bucket_by=("k0",)
    ... )
    >>> print(bucket_sql(stage, 64))
    hash("k0", 'bucket') % 64
    """
    return f"hash({', '.join(map(quoted, stage.bucket_by))}, 'bucket') % {buckets}"


def broadcast_sql(broadcast: Broadcast, name: str = "", *, temporary: bool = False) -> str:
    """Write the statement that makes an empty table of a broadcast table's columns.

    Examples
    --------
    >>> city = Broadcast(name="table_0", sql="FROM stage_0", stages=("stage_0",), columns=(("k", "DATE"),))
    >>> broadcast_sql(city, temporary=True)
    'CREATE OR REPLACE TEMP TABLE "table_0" ("k" DATE)'
    """
    columns = ", ".join(f"{quoted(column)} {kind}" for column, kind in broadcast.columns)
    kind = "TEMP TABLE" if temporary else "TABLE"
    return f"CREATE OR REPLACE {kind} {quoted(name or broadcast.name)} ({columns})"
