"""Scans of files of columns (Parquet): one native scan for each run of files that have the same columns.

The scans are shown to DuckDB one after the other, each under the types of the source: what a file has of
another type is cast, what it does not have is NULL.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import duckdb
import pyarrow as pa

from fusionflow_lab import _native
from fusionflow_lab.query import Passing, Stage
from fusionflow_lab.source import Block, Chunk, Column, ParquetReader, SourceFile
from fusionflow_lab.states.casts import cast_sql, quoted
from fusionflow_lab.states.evaluate import Evaluator
from fusionflow_lab.states.streams import Parts
from fusionflow_lab.storage import RemoteFiles, chunk_files

__all__ = ["ColumnarScan", "PassedOver", "group_identity", "passed_over"]

PassedOver = tuple[int, int, int, int]
"""Rows that nobody needs: place of the chunk, place of the block in it, first row and number of rows."""


class ColumnarScan:
    """One pass over chunks of files; what ``_native.Scan`` is for files that are alike.

    Parameters
    ----------
    chunks
        What to read; chunks of one file stand together.
    columns
        The columns to hand over; those whose ordinal is negative are not in the files.
    reader
        How the files are read.
    token
        Cancels the pass.
    passed_over
        Rows that statistics show to be of no use: they count as read.
    remote
        Opens the files where they lie elsewhere.
    """

    def __init__(
        self,
        chunks: Sequence[Chunk],
        columns: Sequence[Column],
        reader: ParquetReader,
        token: _native.CancelToken,
        *,
        passed_over: Sequence[PassedOver] = (),
        remote: RemoteFiles | None = None,
    ) -> None:
        self._columns = columns
        self.rows_passed = sum(count for *_, count in passed_over)
        self._scans = [
            _native.Scan(
                chunks[first:end],
                columns,
                len(columns),
                reader,
                token,
                remote=remote,
                passed_over=passed,
            )
            for first, end, passed in _runs(chunks, passed_over)
        ]

    def parts(self) -> Parts:
        """Return the streams, and the SQL that brings them together."""
        selects = [
            f"SELECT {', '.join(self._items(scan)) or '*'} FROM {name}"
            for scan, name in zip(self._scans, Parts.names(len(self._scans)), strict=True)
        ]
        return Parts(streams=tuple(self._scans), sql=" UNION ALL ".join(selects))

    def report(self) -> list[_native.ChunkReport]:
        """Tell what was read, chunk by chunk; what the consumer left unread is read first."""
        return [report for scan in self._scans for report in scan.report()]

    def rejects(self) -> object:
        """Return the rejected rows: none, as every row has its types."""
        return self._scans[0].rejects()

    def widened(self) -> list[tuple[int, str]]:
        """Return the columns whose type must widen: none."""
        return []

    def failure(self) -> Exception | None:
        """Return what ended a stream early, if anything did."""
        failures = (scan.failure() for scan in self._scans)
        return next((failure for failure in failures if failure is not None), None)

    def _items(self, scan: _native.Scan) -> Iterator[str]:
        found = set(pa.schema(scan).names)
        for column in self._columns:
            name = quoted(column.name)
            if column.ordinal < 0:
                yield f"{cast_sql(column, name)} AS {name}"
            else:
                yield f"CAST({name if column.name in found else 'NULL'} AS {column.type}) AS {name}"


def passed_over(
    chunks: Sequence[Chunk],
    passing: Passing | None,
    reader: ParquetReader,
    evaluator: Evaluator,
    remote: RemoteFiles | None,
) -> list[PassedOver]:
    """Find the rows that the filters of a map cannot match, as the statistics of the files say."""
    if passing is None:
        return []
    found: list[PassedOver] = []
    sql = f"SELECT chunk, block, first, rows FROM __statistics WHERE NOT ({passing.sql}) ORDER BY ALL"
    for first, end, _ in _runs(chunks, ()):
        try:
            known = _native.parquet_statistics(chunks[first:end], passing.columns, reader, remote)
            rows = evaluator.read(sql, "__statistics", pa.RecordBatchReader.from_stream(known))
        except duckdb.Error:  # the filter fails on a bound: the map will say so, if it meets such a value
            continue
        found += ((first + int(str(c)), int(str(b)), int(str(r)), int(str(n))) for c, b, r, n in rows)
    return found


def group_identity(
    file: SourceFile,
    ranges: Sequence[tuple[int, int]],
    stage: Stage,
    evaluator: Evaluator,
    token: _native.CancelToken,
) -> str:
    """Digest the bytes of a chunk that a scan for a stage would read, without reading rows."""
    reader = stage.source.dialect
    if not isinstance(reader, ParquetReader):
        raise TypeError("only files of columns have row groups")
    blocks = tuple(Block(offset=start, end=end, start=start) for start, end in ranges)
    chunk = Chunk(ordinal=0, file=file, blocks=blocks)
    remote = chunk_files([chunk], stage.source.access, cancelled=lambda: token.cancelled)
    passed = passed_over([chunk], stage.passing, reader, evaluator, remote)
    columns = stage.columns
    scan = _native.Scan(
        [chunk], columns, len(columns), reader, token, remote=remote, passed_over=passed, digest_only=True
    )
    return scan.report()[0].identity


def _runs(
    chunks: Sequence[Chunk], passed_over: Sequence[PassedOver]
) -> Iterator[tuple[int, int, list[PassedOver]]]:
    """Yield the places of chunks whose files are alike, and what is passed over in them."""
    first = 0
    for _, run in groupby(chunks, lambda chunk: chunk.file.shape):
        end = first + len([*run])
        passed = [(place - first, *rest) for place, *rest in passed_over if first <= place < end]
        yield first, end, [(place, block, row, count) for place, block, row, count in passed]
        first = end
