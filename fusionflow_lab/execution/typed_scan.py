"""Scan and map the chunks of a task until DuckDB's cast has the last word on every value.

The native scan reads plain values of common types. Columns of other types it hands over as text, which is
cast before the map. A value of a type that the user gave, and that the scan did not take, is asked of
DuckDB: where its CAST takes it, the pass is made again with that column as text. Rows whose text cannot be
cast are found by their number, and the pass is made again without them: rejects like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import duckdb
import pyarrow as pa

from fusionflow_lab import _native
from fusionflow_lab.errors import QueryError
from fusionflow_lab.execution.arrow_scan import ArrowScan
from fusionflow_lab.execution.columnar_scan import ColumnarScan, passed_over
from fusionflow_lab.execution.document_scan import DocumentScan
from fusionflow_lab.execution.files_scan import FilesScan
from fusionflow_lab.execution.native_pass import map_natively
from fusionflow_lab.query import Stage
from fusionflow_lab.source import Chunk, Column, JsonDialect, ParquetReader, Whole
from fusionflow_lab.states.casts import castable_sql, misfits_sql
from fusionflow_lab.states.evaluate import Evaluator
from fusionflow_lab.states.streams import ArrowStream, Mapped
from fusionflow_lab.storage import chunk_files

Tables = Sequence[tuple[str, Callable[[], pa.Table]]]
Excluded = tuple[int, str, str]
AnyScan: TypeAlias = _native.Scan | ArrowScan | ColumnarScan | DocumentScan | FilesScan
"""A pass over chunks, whatever their format."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pass:
    """A pass that was made, and what the map made of it: a state, or the error that ended it."""

    scan: AnyScan
    mapped: Mapped | duckdb.Error | QueryError


@dataclass(frozen=True, kw_only=True, slots=True)
class TypedScan:
    """Passes over the same chunks.

    Parameters
    ----------
    stage
        Whose columns are read and whose map is run.
    chunks
        What to read.
    evaluator
        Runs the map and the casts.
    tables
        The stage's broadcast tables.
    token
        Cancels the passes.
    write
        Writes the rows of a stage that has a sink; see ``Evaluator.map``. What a pass wrote that is made
        again is nobody's.
    """

    stage: Stage
    chunks: tuple[Chunk, ...]
    evaluator: Evaluator
    tables: Tables
    token: _native.CancelToken
    write: Callable[[ArrowStream], tuple[pa.Table, int]] | None = None

    def run(self) -> Pass:
        """Make passes until every value has its verdict; most data needs one."""
        stage = self.stage
        if stage.source.format == "arrow":
            return self._pass(ArrowScan(self.chunks, stage.columns, self.token), frozenset())
        if isinstance(stage.source.dialect, Whole):
            return self._pass(
                DocumentScan(self.chunks, stage.columns, stage.source.dialect, self.token), frozenset()
            )
        if isinstance(stage.source.dialect, ParquetReader):
            remote = chunk_files(self.chunks, stage.source.access, cancelled=lambda: self.token.cancelled)
            reader = stage.source.dialect
            passed = passed_over(self.chunks, stage.passing, reader, self.evaluator, remote)
            scan = ColumnarScan(
                self.chunks, stage.columns, reader, self.token, passed_over=passed, remote=remote
            )
            return self._pass(scan, frozenset())
        text = frozenset(column.name for column in stage.columns if not self._is_read(column))
        excluded: Sequence[Excluded] = ()
        while True:
            made = None if text or stage.native is None else self._native_pass(excluded)
            made = made or self._pass(self._scan(stage.columns, text, excluded), text)
            failed = not isinstance(made.mapped, Mapped)
            if made.scan.widened() or made.scan.failure() is not None or self.token.cancelled:
                return made
            if failed and text and not excluded:
                excluded = self._misfits(text)
                if excluded:
                    continue
            castable = frozenset() if failed else self._castable(made.scan) - text
            if not castable:
                return made
            text, excluded = text | castable, ()

    def _native_pass(self, excluded: Sequence[Excluded]) -> Pass | None:
        """Make a pass by the native core; None where its rows must be left to DuckDB."""
        scan = self._scan(self.stage.columns, frozenset(), excluded)
        try:
            mapped = map_natively(self.stage, scan, self.evaluator)
        except QueryError as error:
            return Pass(scan=scan, mapped=error)
        return None if mapped is None else Pass(scan=scan, mapped=mapped)

    def _pass(self, scan: AnyScan, text: frozenset[str]) -> Pass:
        stream = scan.parts() if isinstance(scan, ColumnarScan) else scan
        try:
            mapped = self.evaluator.map(self.stage, stream, self.tables, text=text, write=self.write)
            return Pass(scan=scan, mapped=mapped)
        except duckdb.Error as error:
            return Pass(scan=scan, mapped=error)

    def _scan(
        self, columns: Iterable[Column], text: frozenset[str], excluded: Sequence[Excluded]
    ) -> _native.Scan | FilesScan:
        source = self.stage.source
        dialect = source.dialect
        if isinstance(dialect, JsonDialect):
            whole = tuple(
                (column.name, column.type)
                for column in source.columns
                if column.ordinal >= 0 and not column.fixed
            )
            complete = bool(whole) and self.stage.columns == source.columns
            dialect = replace(dialect, complete=complete, whole=whole)
        read = [
            replace(column, type="VARCHAR", format="") if column.name in text else column
            for column in columns
        ]
        count = sum(column.ordinal >= 0 for column in source.columns)
        alike = not source.by_name and all(column.ordinal >= 0 for column in read)
        made = _native.Scan if alike else FilesScan
        # Of a columnar file only what is asked for is fetched, unless that is about all of it.
        foreseen = source.format != "parquet" or 2 * len(read) >= count
        remote = chunk_files(
            self.chunks, source.access, foreseen=foreseen, cancelled=lambda: self.token.cancelled
        )
        return made(self.chunks, read, count, dialect, self.token, excluded=excluded, remote=remote)

    def _misfits(self, text: frozenset[str]) -> list[Excluded]:
        """Find the rows whose text cannot be cast; all columns are read, so that rows count alike."""
        scan = self._scan(self.stage.columns, text, ())
        sql = misfits_sql(column for column in self.stage.columns if column.name in text)
        rows = self.evaluator.read(sql, "__scan", scan)
        return [(int(str(row)), str(column), str(reason)) for row, column, reason in rows]

    def _castable(self, scan: AnyScan) -> frozenset[str]:
        """Name the columns of which values were rejected that DuckDB can cast."""
        rejects = pa.RecordBatchReader.from_stream(scan.rejects()).read_all()
        if not rejects.num_rows:
            return frozenset()
        names = set(rejects.column("column").to_pylist())
        asked = [column for column in self.stage.columns if column.name in names]
        counts = {
            column.name: self.evaluator.read(castable_sql(column), "__rejects", rejects)[0][0]
            for column in asked
        }
        return frozenset(name for name, count in counts.items() if count)

    def _is_read(self, column: Column) -> bool:
        """Tell whether the scan reads a column's type itself."""
        reads = _native.reads_json_type if self.stage.source.format == "json" else _native.reads_type
        return column.ordinal < 0 or reads(column.type, column.format)
