"""Scans of files that differ, one after the other: in what their paths say, or in their layouts.

The name of a file and its partitions have one value for all its rows (``SourceFile.extra``). They are added
to the batches here, as text, and cast by the map like any other text. Files that are united by name are each
scanned as their ``Layout`` says; a column that a file does not have is NULL there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import pyarrow as pa

from fusionflow_lab import _native
from fusionflow_lab.source import Chunk, Column, Reader, SourceFile
from fusionflow_lab.storage import RemoteFiles


class FilesScan:
    """One pass over chunks of several files; what ``_native.Scan`` is for files that are alike.

    Parameters
    ----------
    chunks
        What to read; chunks of one file stand together.
    columns
        The columns to hand over; those whose ordinal is negative are not in the files: -1 is the first
        of ``SourceFile.extra``, -2 the second.
    column_count
        Fields that a record must have, where its file has no layout.
    dialect
        How fields are cut, where the file has no layout.
    token
        Cancels the pass.
    excluded
        Rows to leave out, as for ``_native.Scan``, counted over all files.
    remote
        Opens files that lie elsewhere.
    """

    def __init__(
        self,
        chunks: Sequence[Chunk],
        columns: Sequence[Column],
        column_count: int,
        dialect: Reader,
        token: _native.CancelToken,
        *,
        excluded: Sequence[tuple[int, str, str]] = (),
        remote: RemoteFiles | None = None,
    ) -> None:
        self._remote = remote
        self._files = [(file, [*group]) for file, group in groupby(chunks, lambda chunk: chunk.file)]
        self._columns = columns
        self._in_file = [column for column in columns if column.ordinal >= 0]
        self._count = column_count
        self._dialect = dialect
        self._token = token
        self._excluded = sorted(excluded)
        self._scans: list[_native.Scan] = []
        self._ordinals: list[dict[int, int]] = []
        self._types = self._column_types()
        self._batches = self._read()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Export the stream."""
        return pa.RecordBatchReader.from_batches(pa.schema(self._types), self._batches).__arrow_c_stream__(
            requested_schema
        )

    def report(self) -> list[_native.ChunkReport]:
        """Tell what was read, chunk by chunk; what the consumer left unread is read first."""
        for _ in self._batches:
            pass
        return [report for scan in self._scans for report in scan.report()]

    def rejects(self) -> pa.Table:
        """Return the rejected records."""
        tables = [pa.RecordBatchReader.from_stream(scan.rejects()).read_all() for scan in self._scans]
        return pa.concat_tables(tables)

    def widened(self) -> list[tuple[int, str]]:
        """Return (ordinal, wider type) of sniffed columns whose type does not hold their values."""
        return [
            (ordinals[place], kind)
            for scan, ordinals in zip(self._scans, self._ordinals, strict=True)
            for place, kind in scan.widened()
        ]

    def failure(self) -> Exception | None:
        """Return what ended the stream early, if anything did."""
        failures = (scan.failure() for scan in self._scans)
        return next((failure for failure in failures if failure is not None), None)

    def _read(self) -> Iterator[pa.RecordBatch]:
        before = 0
        for file, chunks in self._files:
            rest = [(row - before, column, why) for row, column, why in self._excluded if row >= before]
            scan = self._scan(file, chunks, rest)
            given = 0
            for batch in pa.RecordBatchReader.from_stream(scan):
                given += batch.num_rows
                yield self._completed(batch, file)
            before += given + self._left_out(scan)

    def _scan(
        self, file: SourceFile, chunks: Sequence[Chunk], excluded: Sequence[tuple[int, str, str]]
    ) -> _native.Scan:
        """Begin to scan one file as it is written."""
        columns, count = self._in_file, self._count
        dialect: Reader = self._dialect
        found = dict(zip((column.ordinal for column in columns), columns, strict=True))
        if file.layout is not None:
            dialect, count = file.layout.dialect, file.layout.dialect.column_count
            placed = {ordinal: file.layout.column(column) for ordinal, column in found.items()}
            found = {ordinal: column for ordinal, column in placed.items() if column is not None}
        scan = _native.Scan(
            chunks, [*found.values()], count, dialect, self._token, excluded=excluded, remote=self._remote
        )
        self._scans.append(scan)
        self._ordinals.append({column.ordinal: ordinal for ordinal, column in found.items()})
        return scan

    def _left_out(self, scan: _native.Scan) -> int:
        """Count the records of a scan that ended which were left out as the caller asked."""
        if not self._excluded or scan.failure() is not None:
            return 0
        asked = {(column, why) for _, column, why in self._excluded}
        rejects = pa.RecordBatchReader.from_stream(scan.rejects()).read_all()
        found = zip(rejects.column("column").to_pylist(), rejects.column("reason").to_pylist(), strict=True)
        return sum(pair in asked for pair in found)

    def _completed(self, batch: pa.RecordBatch, file: SourceFile) -> pa.RecordBatch:
        """Add what is not in the file; texts are plain, for each scan chooses its own form of them."""
        if not self._columns:
            return batch
        arrays = [self._array(column, batch, file) for column in self._columns]
        return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(self._types))

    def _array(self, column: Column, batch: pa.RecordBatch, file: SourceFile) -> pa.Array:
        if column.ordinal < 0:
            return pa.repeat(pa.scalar(file.extra[-1 - column.ordinal], pa.string()), batch.num_rows)
        kind = self._types[column.name]
        if file.layout is not None and file.layout.column(column) is None:
            return pa.nulls(batch.num_rows, kind)
        return batch.column(column.name).cast(kind)

    def _column_types(self) -> dict[str, pa.DataType]:
        """Return the types that the columns have in every batch: those of a scan that meets nothing."""
        count = max((column.ordinal for column in self._in_file), default=0) + 1
        scan = _native.Scan((), self._in_file, count, self._dialect, self._token)
        schema = pa.RecordBatchReader.from_stream(scan).schema
        if not self._columns:
            return {field.name: field.type for field in schema}
        return {
            column.name: pa.string() if column.ordinal < 0 else _plain(schema.field(column.name).type)
            for column in self._columns
        }


def _plain(kind: pa.DataType) -> pa.DataType:
    return pa.string() if kind == pa.string_view() or pa.types.is_dictionary(kind) else kind
