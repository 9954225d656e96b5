"""The empty tables that evaluators need before they can run the SQL of a plan."""

from __future__ import annotations

from fusionflow_lab.planning.ast import quoted
from fusionflow_lab.planning.bind import create_as_sql, create_sql
from fusionflow_lab.query import Stage


def source_ddl(stage: Stage) -> str:
    """Write the statement that makes an empty table of what the stage's map reads.

    Examples
    --------
    >>> source_ddl(stage)  # doctest: +SKIP
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
    >>> for statement in state_ddl(stage, "state"):  # doctest: +SKIP
    ...     connection.execute(statement)
    """
    made = create_as_sql(table or stage.name, stage.map_sql)
    return source_ddl(stage), made, f"DROP TABLE {quoted(stage.source.name)}"
