"""Map, merge and finish states: the three SQL texts of a plan, run by DuckDB.

The same class serves on workers (map) and beside the driver (merge, preview, final). Every
connection is closed to the outside: no file access, no extension loading, no settings.
"""

from __future__ import annotations

import hashlib
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

import duckdb
import pyarrow as pa

from fusionflow_lab.errors import QueryError
from fusionflow_lab.query import Broadcast, Plan, Stage
from fusionflow_lab.sink import Sink
from fusionflow_lab.states.casts import quoted, read_sql
from fusionflow_lab.states.counting import Counted, rows_used_of
from fusionflow_lab.states.filling import fill
from fusionflow_lab.states.kept_rows import Rows, renamed
from fusionflow_lab.states.store import BUCKETS
from fusionflow_lab.states.streams import ArrowStream, Mapped, Parts
from fusionflow_lab.states.table_sql import broadcast_sql, bucket_sql

_BUCKET = "__bucket"

_BATCH_ROWS = 1 << 17
_WRITTEN_ROWS = 1 << 14
# Broadcast tables that one process keeps for maps to come.
KEPT_BYTES = 256 << 20


class Evaluator:
    """A locked DuckDB connection that evaluates the stages of plans with the same settings.

    Parameters
    ----------
    settings
        Session settings of the plan, as (name, value).
    threads
        Threads a query may use.
    streaming
        Whether it runs maps: then the stream of a scan, whose size DuckDB cannot know, stays on the side
        of a join where it is written, and passes by the other side instead of being held.
    memory
        Bytes that it may take; None for most of the machine's. What can goes to the disk before.
    folder
        Where on the disk; empty for the folder of temporary files.

    Examples
    --------
    >>> with Evaluator((("TimeZone", "UTC"),)) as evaluator:
    ...     evaluator.query("SELECT 42 AS answer").column("answer").to_pylist()
    [42]
    """

    def __init__(
        self,
        settings: Sequence[tuple[str, str]],
        *,
        threads: int = 1,
        streaming: bool = False,
        memory: int | None = None,
        folder: str = "",
    ) -> None:
        spilled = Path(folder or tempfile.gettempdir(), "fusionflow-spill")
        config: dict[str, str | bool | int | float | list[str]] = {
            "threads": threads,
            "temp_directory": str(spilled),
        }
        if memory is not None:
            config["memory_limit"] = f"{memory}B"
        self.memory = memory
        self._root = duckdb.connect(config=config)
        self._kept: OrderedDict[str, int] = OrderedDict()
        self._lock = threading.Lock()
        self._busy: dict[int, tuple[duckdb.DuckDBPyConnection, ...]] = {}
        if streaming:
            self._root.execute("SET disabled_optimizers = 'build_side_probe_side'")
        for name, value in settings:
            self._root.execute(f"SET GLOBAL {quoted(name)} = '{value.replace(chr(39), chr(39) * 2)}'")
        self._root.execute("SET enable_external_access = false; SET lock_configuration = true")

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *exc: object) -> None:
        """Close the connection."""
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._root.close()

    def interrupt(self, thread: int) -> None:
        """End the statement that a thread is in, with an error; nothing happens where it is in none."""
        for cursor in self._busy.get(thread, ()):
            with suppress(duckdb.Error):  # it has just been closed
                cursor.interrupt()

    @contextmanager
    def _interruptible(self) -> Iterator[duckdb.DuckDBPyConnection]:
        thread = threading.get_ident()
        before = self._busy.get(thread, ())
        with self._root.cursor() as cursor:
            self._busy[thread] = (*before, cursor)
            try:
                yield cursor
            finally:
                self._busy[thread] = before
                if not before:
                    del self._busy[thread]

    def query(self, sql: str) -> pa.Table:
        """Run one statement and return its rows."""
        return self._root.sql(sql).to_arrow_table()

    def execute(self, *statements: str) -> None:
        """Run statements for their effect."""
        for sql in statements:
            self._root.execute(sql)

    def map(
        self,
        stage: Stage,
        stream: ArrowStream | Parts,
        tables: Sequence[tuple[str, Callable[[], pa.Table]]] = (),
        *,
        text: frozenset[str] = frozenset(),
        write: Callable[[ArrowStream], tuple[pa.Table, int]] | None = None,
    ) -> Mapped:
        """Run the map of a stage over a scan.

        Parameters
        ----------
        stage
            The stage.
        stream
            The scan.
        tables
            The stage's broadcast tables, in their order: the digest, and a function that loads it.
        text
            Names of columns that the scan hands over as text. All their values are cast before the map
            sees the first: whether a row is rejected does not depend on what is asked about it.
        write
            Writes the rows of a stage that has a sink, and returns its state and the number of rows.

        Raises
        ------
        duckdb.Error
            The SQL failed on a row, or the stream ended with an error.
        """
        with self._interruptible() as cursor:
            self._show(cursor, stage, tables)
            if not isinstance(stream, Parts):
                stream = Parts(streams=(stream,), sql=read_sql(stage.columns, text))
            for name, part in zip(Parts.names(len(stream.streams)), stream.streams, strict=True):
                cursor.register(name, part)
            kind = "TABLE" if text else "VIEW"
            cursor.execute(f"CREATE TEMP {kind} {quoted(stage.source.name)} AS {stream.sql}")
            if stage.sink is not None and write is not None:
                with cursor.sql(stage.sink.sql(stage.map_sql)).to_arrow_reader(_WRITTEN_ROWS) as written:
                    state, rows_used = write(written)
                return Mapped(state=state, rows_used=None if stage.multiplies else rows_used)
            if not stage.reduce_sql:
                if not stage.bucket_by:
                    state = cursor.sql(stage.map_sql).to_arrow_table()
                    return Mapped(state=state, rows_used=rows_used_of(stage, state))
                hashed = f"SELECT *, CAST({bucket_sql(stage, BUCKETS)} AS UTINYINT) AS {_BUCKET}"
                state = cursor.sql(f"{hashed} FROM ({stage.map_sql})").to_arrow_table()
                buckets, state = state.column(_BUCKET), state.drop_columns([_BUCKET])
                return Mapped(state=state, rows_used=rows_used_of(stage, state), buckets=buckets)
            rows = Counted(cursor.sql(stage.map_sql).to_arrow_reader(_BATCH_ROWS))
            with self._interruptible() as reducer:
                reducer.register("state", rows.reader())
                state = reducer.sql(stage.reduce_sql).to_arrow_table()
            return Mapped(state=state, rows_used=None if stage.multiplies else rows.count)

    def table(self, sql: str, name: str, stream: ArrowStream) -> pa.Table:
        """Run one statement over a stream, known to it as ``name``, and return its rows as a table."""
        with self._interruptible() as cursor:
            cursor.register(name, stream)
            return cursor.sql(sql).to_arrow_table()

    def read(self, sql: str, name: str, stream: ArrowStream) -> list[tuple[object, ...]]:
        """Run one statement over a stream, known to it as ``name``, and return its rows."""
        with self._interruptible() as cursor:
            cursor.register(name, stream)
            return cursor.execute(sql).fetchall()

    def _show(
        self,
        cursor: duckdb.DuckDBPyConnection,
        stage: Stage,
        tables: Sequence[tuple[str, Callable[[], pa.Table]]],
    ) -> None:
        """Show broadcast tables to a map. Each is loaded once, and kept as long as there is room.

        The map's transaction begins when it sees them: one that is dropped later stays visible there.
        """
        if not stage.broadcast:
            return
        with self._lock:
            names = [
                self._keep(broadcast, digest, load)
                for broadcast, (digest, load) in zip(stage.broadcast, tables, strict=True)
            ]
            cursor.execute("BEGIN")
            for broadcast, name in zip(stage.broadcast, names, strict=True):
                cursor.execute(f"CREATE TEMP VIEW {quoted(broadcast.name)} AS FROM memory.main.{name}")
            for old in [*self._kept][: -len(names)]:
                if sum(self._kept.values()) > KEPT_BYTES:
                    self._root.execute(f"DROP TABLE {old}")
                    del self._kept[old]

    def _keep(self, broadcast: Broadcast, digest: str, load: Callable[[], pa.Table]) -> str:
        """Keep a broadcast table under a name that tells its content and types."""
        text = f"{digest} {broadcast.columns}"
        name = f"broadcast_{hashlib.blake2b(text.encode(), digest_size=16).hexdigest()}"
        if name not in self._kept:
            table = load()
            with self._root.cursor() as owner:
                fill(owner, name, [broadcast_sql(broadcast, name)], [table])
            self._kept[name] = table.nbytes
        self._kept.move_to_end(name)
        return name

    def merge(self, stage: Stage, state_ddl: Sequence[str], states: Sequence[pa.Table]) -> pa.Table:
        """Merge states of a stage, in order, into one.

        Parameters
        ----------
        stage
            The stage they belong to.
        state_ddl
            Statements that make an empty table ``state`` of the stage's column types.
        states
            The states, in the order of their chunks.
        """
        with self._interruptible() as cursor:
            fill(cursor, "state", state_ddl, states)
            return cursor.sql(stage.merge_sql or stage.reduce_sql or "FROM state").to_arrow_table()

    def bucket(
        self, stage: Stage, state_ddl: Sequence[str], state: pa.Table, number: int, buckets: int
    ) -> pa.Table:
        """Return the rows of a state that are in a bucket, in their order; see ``bucket_sql``."""
        with self._interruptible() as cursor:
            fill(cursor, "state", state_ddl, [state])
            return cursor.sql(f"FROM state WHERE {bucket_sql(stage, buckets)} = {number}").to_arrow_table()

    def final(
        self,
        plan: Plan,
        ddl: Mapping[str, Sequence[str]],
        states: Mapping[str, Sequence[pa.Table]],
        *,
        limit: int | None = None,
    ) -> pa.Table:
        """Run the final SQL over the states of all stages.

        Parameters
        ----------
        plan
            Whose ``final_sql`` reads one table for each stage.
        ddl
            For each stage, statements that make its empty table.
        states
            For each stage, its states in the order of their chunks.
        limit
            Rows to return at most; None for all.
        """
        sql = plan.final_sql if limit is None else f"SELECT * FROM ({plan.final_sql}) LIMIT {limit}"
        names = [stage.name for stage in plan.final_stages]
        tables = {name: states[name] for name in names}
        return self.finish(sql, {name: ddl[name] for name in names}, tables, names=plan.names)

    def finish(
        self,
        sql: str,
        ddl: Mapping[str, Sequence[str]],
        tables: Mapping[str, Iterable[pa.Table]],
        *,
        names: Sequence[str] = (),
    ) -> pa.Table:
        """Run a SELECT over tables that are filled with rows.

        Parameters
        ----------
        sql
            The SELECT.
        ddl
            For each table, statements that make it, empty.
        tables
            For each table, its rows; columns that they lack are NULL.
        names
            Names of the columns of the answer, where they differ from those of the SELECT.
        """
        with self.finishing(sql, ddl, tables, names=names) as rows:
            return self._answer(rows)

    @contextmanager
    def finishing(
        self,
        sql: str,
        ddl: Mapping[str, Sequence[str]],
        tables: Mapping[str, Iterable[pa.Table]],
        *,
        names: Sequence[str] = (),
    ) -> Iterator[pa.RecordBatchReader]:
        """Lend the rows of a SELECT as a stream; see ``finish``."""
        with self._interruptible() as cursor:
            for name, parts in tables.items():
                fill(cursor, name, ddl[name], parts)
            with cursor.sql(sql).to_arrow_reader(_BATCH_ROWS) as rows:
                yield renamed(rows, names) if names else rows

    def _answer(self, rows: pa.RecordBatchReader) -> pa.Table:
        """Read all rows of an answer, which must fit into memory beside what made them."""
        batches, size = [], 0
        for batch in rows:
            size += batch.nbytes
            if self.memory is not None and size > self.memory:
                raise QueryError(
                    f"the answer has more than {self.memory >> 20} MiB, which is the most that is kept here",
                    hint="add a LIMIT, aggregate, or write files: COPY (…) TO 'folder' (FORMAT parquet)",
                )
            batches.append(batch)
        return pa.Table.from_batches(batches, rows.schema)

    def written(self, rows: Rows, sink: Sink, write: Callable[[ArrowStream], pa.Table]) -> pa.Table:
        """Write rows as a sink says, and return what ``write`` makes of it.

        Raises
        ------
        duckdb.Error
            A value cannot be written so.
        """
        with self._interruptible() as cursor:
            cursor.register("__rows", rows)
            with cursor.sql(sink.sql("FROM __rows")).to_arrow_reader(_WRITTEN_ROWS) as written:
                return write(written)

    def broadcast(
        self,
        broadcast: Broadcast,
        ddl: Mapping[str, Sequence[str]],
        states: Mapping[str, Sequence[pa.Table]],
    ) -> pa.Table:
        """Make a broadcast table from the states of its stages; see ``final``."""
        with self._root.cursor() as cursor:
            for name in broadcast.stages:
                fill(cursor, name, ddl[name], states[name])
            return cursor.sql(broadcast.sql).to_arrow_table()


def warm_up() -> None:
    """Pay once for what DuckDB loads at its first look at an Arrow table (0.4 s with pandas installed)."""
    with duckdb.connect() as connection:
        connection.register("nothing", pa.table({"x": [0]}))
