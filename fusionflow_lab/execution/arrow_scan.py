"""The scan of Arrow IPC files: what ``_native.Scan`` is for text, for rows that are columns already.

A file's bytes are cut into blocks like any other's. An Arrow file has no record at a byte, so its rows
are spread evenly over its bytes: of R rows in S bytes, row r belongs to byte r·S/R. Each block then owns
the rows whose byte lies in it, whatever the record batches are, and the chain of blocks is proven by
construction. The file is mapped into memory; rows that no block asks for are not read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from fusionflow_lab.errors import FusionflowError, ScanCancelledError, SourceChangedError, SourceError
from fusionflow_lab.source import Block, Chunk, Column, SourceFile
from fusionflow_lab.states.store import BlockRecord

REJECTS = pa.schema(
    [
        ("chunk", pa.int32()),
        ("block", pa.int32()),
        ("byte", pa.uint64()),
        ("line", pa.int64()),
        ("column", pa.string()),
        ("reason", pa.string()),
        ("raw", pa.string()),
        ("text", pa.string()),
    ]
)
"""What passes tell of rejected records."""


class Token(Protocol):
    """Says whether the pass is to end early; ``_native.CancelToken`` is one."""

    @property
    def cancelled(self) -> bool:
        """Whether to stop."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ArrowReport:
    """What one chunk turned out to be: a digest of its rows, and one record a block."""

    identity: str
    blocks: tuple[BlockRecord, ...]


class ArrowScan:
    """One pass over some chunks of Arrow files, as an Arrow stream that can be consumed once.

    Parameters
    ----------
    chunks
        What to read; chunks in order, blocks in order.
    columns
        The columns to hand over, by name.
    token
        Cancels the pass.

    Examples
    --------
    >>> import tempfile
    >>> table = pa.table({"x": [1, 2, 3], "y": ["a", "b", "c"]})
    >>> path = Path(tempfile.mkdtemp(), "t.arrow")
    >>> with pa.ipc.new_file(str(path), table.schema) as writer:
    ...     writer.write_table(table)
    >>> stat = path.stat()
    >>> file = SourceFile(path=str(path), size=stat.st_size, mtime_ns=stat.st_mtime_ns, data_start=0)
    >>> chunk = Chunk(ordinal=0, file=file, blocks=(Block(offset=0, end=file.size, start=0),))
    >>> class Never:
    ...     cancelled = False
    >>> scan = ArrowScan([chunk], [Column(name="x", type="BIGINT", ordinal=0)], Never())
    >>> pa.RecordBatchReader.from_stream(scan).read_all().to_pydict()
    {'x': [1, 2, 3]}
    >>> [block.rows for block in scan.report()[0].blocks]
    [3]
    """

    def __init__(self, chunks: Sequence[Chunk], columns: Sequence[Column], token: Token) -> None:
        self._chunks = chunks
        self._names = [column.name for column in columns]
        self._ordinals = [column.ordinal for column in columns]
        self._token = token
        self._reports: list[ArrowReport] = []
        self._failure: Exception | None = None
        self._batches = self._read()
        self._first = next(self._batches, None)

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Export the stream."""
        schema = pa.schema([]) if self._first is None else self._first.schema
        stream = pa.RecordBatchReader.from_batches(schema, self._all())
        return stream.__arrow_c_stream__(requested_schema)

    def report(self) -> list[ArrowReport]:
        """Tell what was read, chunk by chunk; what the consumer left unread is read first."""
        for _ in self._batches:
            pass
        return self._reports

    def rejects(self) -> pa.Table:
        """Return the rejected rows: none, as every row has its types."""
        return REJECTS.empty_table()

    def widened(self) -> list[tuple[int, str]]:
        """Return the columns whose type must widen: none."""
        return []

    def failure(self) -> Exception | None:
        """Return what ended the stream early, if anything did."""
        return self._failure

    def _all(self) -> Iterator[pa.RecordBatch]:
        if self._first is not None:
            yield self._first
        yield from self._batches

    def _read(self) -> Iterator[pa.RecordBatch]:
        try:
            for chunk in self._chunks:
                yield from self._chunk(chunk)
        except (FusionflowError, OSError) as error:
            self._failure = error
            raise

    def _whole(self, chunk: Chunk) -> Iterator[pa.RecordBatch]:
        """Read a file that others wrote, batch by batch; each is checked before anyone relies on it."""
        _check(chunk.file)
        block, rows = chunk.blocks[0], 0
        digest = hashlib.blake2b(digest_size=16)
        for batch in _validated(chunk.file, self._ordinals):
            if self._token.cancelled:
                raise ScanCancelledError("the scan was cancelled")
            digest.update(batch.serialize())
            rows += batch.num_rows
            asked = batch.select(self._names) if self._names else None
            yield asked or pa.record_batch({"_": pa.nulls(batch.num_rows)})
        _check(chunk.file)
        record = BlockRecord(
            offset=block.offset, start=block.offset, end=block.end, rows=rows, rejected=0, lines=0
        )
        self._reports.append(ArrowReport(identity=digest.hexdigest(), blocks=(record,)))

    def _chunk(self, chunk: Chunk) -> Iterator[pa.RecordBatch]:
        if chunk.file.cuts:
            yield from self._whole(chunk)
            return
        _check(chunk.file)
        table = _mapped(chunk.file, self._names)
        digest = hashlib.blake2b(digest_size=16)
        blocks = []
        for block in chunk.blocks:
            if self._token.cancelled:
                raise ScanCancelledError("the scan was cancelled")
            rows = table.slice(*_rows(block, table.num_rows, chunk.file.size))
            for batch in rows.to_batches() or [_empty(rows)]:
                digest.update(batch.serialize())
                yield batch
            blocks.append(
                BlockRecord(
                    offset=block.offset,
                    start=block.offset,
                    end=block.end,
                    rows=rows.num_rows,
                    rejected=0,
                    lines=0,
                )
            )
        _check(chunk.file)
        self._reports.append(ArrowReport(identity=digest.hexdigest(), blocks=tuple(blocks)))


def _rows(block: Block, rows: int, size: int) -> tuple[int, int]:
    """Return the first row of a block and how many there are."""
    first, last = -(-block.offset * rows // size), -(-block.end * rows // size)
    return first, last - first


def _validated(file: SourceFile, ordinals: list[int]) -> Iterator[pa.RecordBatch]:
    """Yield the record batches of a file, at least these columns of theirs."""
    options = pa.ipc.IpcReadOptions(included_fields=sorted(ordinals) or [0], use_threads=False)
    try:
        with pa.memory_map(file.path) as source, pa.ipc.open_file(source, options=options) as reader:
            for number in range(reader.num_record_batches):
                batch = reader.get_batch(number)
                batch.validate(full=True)
                yield batch
            if not reader.num_record_batches:
                yield pa.RecordBatch.from_pylist([], schema=reader.schema)
    except (pa.ArrowException, MemoryError, OverflowError) as error:
        what = (str(error) or "it is too large").splitlines()[0]
        hint = "write the file again, or name files that leave it out"
        raise SourceError(f"this Arrow file is damaged: {what}", where=file.path, hint=hint) from error


def _mapped(file: SourceFile, names: list[str]) -> pa.Table:
    try:
        with pa.memory_map(file.path) as source:
            table = pa.ipc.open_file(source).read_all()
    except pa.ArrowInvalid as error:
        raise SourceError(f"this is no Arrow file: {error}", where=file.path) from None
    if names:
        return table.select(names)
    return pa.table({"_": pa.nulls(table.num_rows)})


def _empty(table: pa.Table) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([], schema=table.schema)


def _check(file: SourceFile) -> None:
    stat = Path(file.path).stat()
    if (stat.st_size, stat.st_mtime_ns) != (file.size, file.mtime_ns):
        raise SourceChangedError(
            "the file changed while it was read", where=file.path, hint="run the query again"
        )
