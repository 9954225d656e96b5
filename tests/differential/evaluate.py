"""Run a plan in process: slice Arrow into chunks, map each, merge in two levels, finish."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise

import duckdb
import pyarrow as pa

from fusionflow_lab.execution.native_pass import map_natively
from fusionflow_lab.planning.reader_options import CsvOptions
from fusionflow_lab.planning.tables import state_ddl
from fusionflow_lab.query import Plan, Stage
from fusionflow_lab.states.evaluate import Evaluator
from fusionflow_lab.storage import RemoteFiles


@dataclass(frozen=True)
class TableFile:
    """A file that is really an Arrow table, as the sniffer would see it."""

    path: str
    columns: list[tuple[str, str]]
    size: int = 1
    mtime_ns: int = 1
    etag: str = ""
    compression: str = ""
    members: bool = False
    data_start: int = 0
    header_lines: int = 1
    skipped_lines: int = 0
    delimiter: str = ","
    quote: str = '"'
    escape: str = ""
    carriage_returns: bool = False
    encoding: str = "utf-8"
    header: bool = True
    unseen: list[int] = field(default_factory=list)


class TableSniffer:
    """Knows tables by file name."""

    def __init__(
        self, columns: Mapping[str, Sequence[tuple[str, str]]], sizes: Mapping[str, int] | None = None
    ) -> None:
        self.columns = columns
        self.sizes = sizes or {}

    def list_files(self, pattern: str) -> list[str]:
        if pattern not in self.columns:
            raise FileNotFoundError(pattern)
        return [pattern]

    def sniff_files(
        self, paths: Sequence[str], options: CsvOptions, remote: RemoteFiles | None = None
    ) -> list[TableFile]:
        assert options is not None
        assert remote is None
        return [TableFile(path, list(self.columns[path]), self.sizes.get(path, 1)) for path in paths]

    def stat_files(self, paths: Sequence[str]) -> list[tuple[int, int] | None]:
        return [(self.sizes.get(path, 1), 1) for path in paths]


def shipped(table: pa.Table) -> pa.Table:
    """Send a table through Arrow IPC."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return pa.ipc.open_stream(sink.getvalue()).read_all()


def digest(table: pa.Table) -> str:
    """Tell tables apart by what they hold."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return hashlib.blake2b(sink.getvalue()).hexdigest()


def slices(table: pa.Table, chunks: int) -> list[pa.Table]:
    """Cut a table into chunks of rows, some of them empty when there are few."""
    edges = [table.num_rows * place // chunks for place in range(chunks + 1)]
    return [table.slice(start, end - start) for start, end in pairwise(edges)]


def scanned(stage: Stage, chunk: pa.Table) -> pa.Table:
    """Give the columns of a stage as a scan does."""
    if not stage.columns:
        return pa.table([pa.nulls(chunk.num_rows)], names=["_"])
    return chunk.select([column.name for column in stage.columns])


def run_stage(
    evaluator: Evaluator,
    stage: Stage,
    table: pa.Table,
    chunks: int,
    broadcast: Mapping[str, pa.Table] | None = None,
) -> tuple[pa.Table, int]:
    """Return the merged state of a stage and the rows its map used."""
    states, used = [], 0
    held = [((broadcast or {})[entry.name]) for entry in stage.broadcast]
    tables = [(digest(entry), partial(shipped, entry)) for entry in held]
    for chunk in slices(table, chunks):
        native = map_natively(stage, scanned(stage, chunk).to_reader(), evaluator)
        mapped = native or evaluator.map(stage, scanned(stage, chunk).to_reader(), tables)
        states.append(shipped(mapped.state))
        used += chunk.num_rows if mapped.rows_used is None else mapped.rows_used
    ddl = state_ddl(stage, "state")
    while len(states) > 1:
        groups = [states[start : start + 7] for start in range(0, len(states), 7)]
        states = [shipped(evaluator.merge(stage, ddl, group)) for group in groups]
    return states[0], used


def run_plan(evaluator: Evaluator, plan: Plan, tables: Mapping[str, pa.Table], chunks: int) -> pa.Table:
    """Run a plan over tables by file name."""
    states: dict[str, list[pa.Table]] = {}
    ddl = {stage.name: state_ddl(stage) for stage in plan.stages}
    made: dict[str, pa.Table] = {}
    for stage in plan.stages:
        for entry in stage.broadcast:
            if entry.name not in made:
                made[entry.name] = evaluator.broadcast(entry, ddl, states)
        state, _ = run_stage(evaluator, stage, tables[stage.source.pattern], chunks, made)
        states[stage.name] = [state]
    return evaluator.final(plan, ddl, states)


def rows_of(table: pa.Table) -> list[tuple[object, ...]]:
    """Read the rows of a table as DuckDB gives them."""
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("answer", table)
        return connection.execute("FROM answer").fetchall()
