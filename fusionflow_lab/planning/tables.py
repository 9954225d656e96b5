"""The empty tables that evaluators need before they can run the SQL of a plan."""

from __future__ import annotations

from fusionflow_lab.planning.bind import create_as_sql, create_sql
from fusionflow_lab.query import BucketFinal, Stage
from fusionflow_lab.states.casts import quoted
from fusionflow_lab.states.table_sql import broadcast_sql


def source_ddl(stage: Stage) -> str:
    """Write the statement that makes an empty table of what the stage's map reads.

    Examples
    --------
    >>> from fusionflow_lab.source import Column, Dialect, Source
    >>> city = Column(name="city", type="VARCHAR", ordinal=0)
    >>> source = Source(name="source_0", pattern="a.csv", dialect=Dialect(), columns=(city,), files=())
    >>> stage = Stage(name="s", kind="rows", source=source, columns=(city,), map_sql="FROM source_0")
    >>> source_ddl(stage)
    'CREATE OR REPLACE TEMP TABLE "source_0" ("city" VARCHAR)'
    """
    return create_sql(stage.source.name, stage.columns)


def state_ddl(stage: Stage, table: str = "") -> tuple[str, ...]:
    """Write the statements that make an empty table of the stage's state columns.

    Parameters
    ----------
    stage
        Whose states will be inserted.
    table
        Name of the table; empty for the one that the final SQL reads, ``stage.name``.

    Examples
    --------
    >>> from fusionflow_lab.source import Dialect, Source
    >>> source = Source(name="source_0", pattern="a.csv", dialect=Dialect(), columns=(), files=())
    >>> stage = Stage(name="stage_0", kind="rows", source=source, columns=(), map_sql="FROM source_0")
    >>> print(*state_ddl(stage, "state"), sep=chr(10))
    CREATE OR REPLACE TEMP TABLE "source_0" ("_" INTEGER)
    CREATE OR REPLACE TEMP TABLE "state" AS SELECT * FROM (FROM source_0) LIMIT 0
    DROP TABLE "source_0"
    """
    read = [
        source_ddl(stage),
        *(broadcast_sql(broadcast, temporary=True) for broadcast in stage.broadcast),
    ]
    names = [stage.source.name, *(broadcast.name for broadcast in stage.broadcast)]
    dropped = [f"DROP TABLE {quoted(name)}" for name in names]
    return *read, create_as_sql(table or stage.name, stage.map_sql), *dropped


def groups_ddl(stage: Stage, final: BucketFinal) -> tuple[str, ...]:
    """Write the statements that make an empty table ``groups`` of what the buckets of a stage give.

    Examples
    --------
    >>> from fusionflow_lab.source import Dialect, Source
    >>> source = Source(name="source_0", pattern="a.csv", dialect=Dialect(), columns=(), files=())
    >>> stage = Stage(name="stage_0", kind="aggregate", source=source, columns=(), map_sql="FROM source_0")
    >>> print(*groups_ddl(stage, BucketFinal(bucket_sql="FROM stage_0"))[-2:], sep=chr(10))
    CREATE OR REPLACE TEMP TABLE "groups" AS SELECT * FROM (FROM stage_0) LIMIT 0
    DROP TABLE "stage_0"
    """
    made = create_as_sql("groups", final.bucket_sql)
    return *state_ddl(stage), made, f"DROP TABLE {quoted(stage.name)}"
