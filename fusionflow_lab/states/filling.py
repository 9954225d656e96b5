"""Temporary tables of a cursor, which are gone when it is closed, filled with states."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import duckdb
import pyarrow as pa

from fusionflow_lab.states.casts import quoted

_INSERT_BYTES = 8 << 20
_INSERT_STATES = 64


def fill(
    cursor: duckdb.DuckDBPyConnection, name: str, ddl: Sequence[str], states: Iterable[pa.Table]
) -> None:
    """Make a table and insert states, some at a time: DuckDB may put on the disk what it has.

    Not in a transaction, which would hold the states themselves to its end.
    """
    for statement in ddl:
        cursor.execute(statement)
    for alike in _alike(states):
        schema = alike[0].schema
        # Rows of buckets come without the columns that nobody reads.
        by_name = "" if len({column.lower() for column in schema.names}) < len(schema) else "BY NAME "
        cursor.register("__state", pa.concat_tables(alike))
        cursor.execute(f"INSERT INTO {quoted(name)} {by_name}SELECT * FROM __state")
        cursor.unregister("__state")
        alike.clear()  # the next ones are made before this name is theirs


def _alike(states: Iterable[pa.Table]) -> Iterator[list[pa.Table]]:
    """Yield runs of states of one schema: one statement costs far more than the few rows of most."""
    run: list[pa.Table] = []
    for state in states:
        if run and state.schema != run[0].schema:
            yield run
            run = []
        run.append(state)
        del state
        if run[-1].nbytes > _INSERT_BYTES or len(run) > _INSERT_STATES:
            yield run
            run = []
    if run:
        yield run
