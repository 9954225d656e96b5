"""Scans of several files in turn, with columns that are not in the files: their names, their partitions.

Such a column has one value for all rows of a file (``SourceFile.extra``). It is added to the batches here, as
text, and cast by the map like any other text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import pyarrow as pa

from fusionflow_lab import _native
from fusionflow_lab.query import Chunk, Column, Dialect, SourceFile


class FilesScan:
    """One pass over chunks of several files; what ``_native.Scan`` is for files without such columns.

    Parameters
    ----------
    chunks
        What to read; chunks of one file stand together.
    columns
        The columns to hand over; those whose ordinal is negative are not in the files: -1 is the first
        of ``SourceFile.extra``, -2 the second.
    column_count
        Fields that a record must have.
    dialect
        How fields are cut.
    token
        Cancels the pass.
    excluded
        Rows to leave out, as for ``_native.Scan``, counted over all files.
    """

    def __init__(
        self,
        chunks: Sequence[Chunk],
        columns: Sequence[Column],
        column_count: int,
        dialect: Dialect,
        token: _native.CancelToken,
        *,
        excluded: Sequence[tuple[int, str, str]] = (),
    ) -> None:
        self._files = [(file, [*group]) for file, group in groupby(chunks, lambda chunk: chunk.file)]
        self._columns = columns
        self._in_file = [column for column in columns if column.ordinal >= 0]
        self._count = column_count
        self._dialect = dialect
        self._token = token
        self._excluded = sorted(excluded)
        self._scans: list[_native.Scan] = []
        self._batches = self._read()
        self._first = next(self._batches, None)

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Export the stream."""
        schema = self._empty().schema if self._first is None else self._first.schema
        return pa.RecordBatchReader.from_batches(schema, self._all()).__arrow_c_stream__(requested_schema)

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
        return [entry for scan in self._scans for entry in scan.widened()]

    def failure(self) -> Exception | None:
        """Return what ended the stream early, if anything did."""
        failures = (scan.failure() for scan in self._scans)
        return next((failure for failure in failures if failure is not None), None)

    def _all(self) -> Iterator[pa.RecordBatch]:
        if self._first is not None:
            yield self._first
        yield from self._batches

    def _read(self) -> Iterator[pa.RecordBatch]:
        before = 0
        for file, chunks in self._files:
            rest = [(row - before, column, why) for row, column, why in self._excluded if row >= before]
            scan = _native.Scan(chunks, self._in_file, self._count, self._dialect, self._token, excluded=rest)
            self._scans.append(scan)
            given = 0
            for batch in pa.RecordBatchReader.from_stream(scan):
                given += batch.num_rows
                yield self._completed(batch, file)
            for row, *_ in rest:
                given += row < given + 1
            before += given

    def _completed(self, batch: pa.RecordBatch, file: SourceFile) -> pa.RecordBatch:
        """Add what is not in the file; texts are plain, for each scan chooses its own form of them."""
        arrays = [
            pa.repeat(pa.scalar(file.extra[-1 - column.ordinal], pa.string()), batch.num_rows)
            if column.ordinal < 0
            else _plain(batch.column(column.name))
            for column in self._columns
        ]
        return pa.RecordBatch.from_arrays(arrays, names=[column.name for column in self._columns])

    def _empty(self) -> pa.RecordBatch:
        """Return a batch without rows, of the types that a scan would have."""
        scan = _native.Scan((), self._in_file, self._count, self._dialect, self._token)
        schema = pa.RecordBatchReader.from_stream(scan).schema
        arrays = [pa.array([], field.type) for field in schema]
        file = SourceFile(path="", size=0, mtime_ns=0, data_start=0, extra=("",) * len(self._columns))
        return self._completed(pa.RecordBatch.from_arrays(arrays, schema=schema), file)


def _plain(array: pa.Array) -> pa.Array:
    is_text = array.type == pa.string_view() or pa.types.is_dictionary(array.type)
    return array.cast(pa.string()) if is_text else array
