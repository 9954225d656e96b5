"""The scan of files that are read whole: documents, and texts as values. What ``_native.Scan`` is for lines.

Each file is one chunk of one block. The digest of its bytes is its identity, so a document that was only
touched or renamed is not read again. One that cannot be read is one reject, whatever is wrong with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from fusionflow_lab import _native
from fusionflow_lab.errors import FusionflowError
from fusionflow_lab.execution.arrow_scan import REJECTS, ArrowReport
from fusionflow_lab.execution.extractor import Extractor, Part
from fusionflow_lab.source import Chunk, Column, SourceFile, Whole
from fusionflow_lab.states.store import BlockRecord

MOST_BYTES = 256 << 20
_TYPES = {
    "page": pa.int64(),
    "title": pa.string(),
    "text": pa.string(),
    "metadata": pa.map_(pa.string(), pa.string()),
    "content": pa.string(),
    "size": pa.int64(),
}


class DocumentScan:
    """One pass over some chunks of whole files, as an Arrow stream that can be consumed once.

    Parameters
    ----------
    chunks
        What to read; one file each.
    columns
        The columns to hand over; those whose ordinal is negative are ``SourceFile.extra``, as text.
    reader
        What the rows are.
    token
        Cancels the pass.
    """

    def __init__(
        self, chunks: Sequence[Chunk], columns: Sequence[Column], reader: Whole, token: _native.CancelToken
    ) -> None:
        self._chunks = chunks
        self._columns = columns
        self._reader = reader
        self._token = token
        self._reports: list[ArrowReport] = []
        self._rejects: list[dict[str, object]] = []
        self._failure: Exception | None = None
        fields = [
            (column.name, pa.string() if column.ordinal < 0 else _TYPES[column.name]) for column in columns
        ]
        self._schema = pa.schema(fields or [("_", pa.null())])
        self._batches = self._read()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Export the stream."""
        stream = pa.RecordBatchReader.from_batches(self._schema, self._batches)
        return stream.__arrow_c_stream__(requested_schema)

    def report(self) -> list[ArrowReport]:
        """Tell what was read, chunk by chunk; what the consumer left unread is read first."""
        for _ in self._batches:
            pass
        return self._reports

    def rejects(self) -> pa.Table:
        """Return the files that could not be read, and why."""
        return pa.Table.from_pylist(self._rejects, schema=REJECTS)

    def widened(self) -> list[tuple[int, str]]:
        """Return the columns whose type must widen: none."""
        return []

    def failure(self) -> Exception | None:
        """Return what ended the stream early, if anything did."""
        return self._failure

    def _read(self) -> Iterator[pa.RecordBatch]:
        try:
            with Extractor(self._token, seconds=self._reader.seconds) as extractor:
                for chunk in self._chunks:
                    yield self._file(chunk, extractor)
        except (FusionflowError, OSError) as error:
            self._failure = error
            raise

    def _file(self, chunk: Chunk, extractor: Extractor) -> pa.RecordBatch:
        file = chunk.file
        found = self._parts(file, extractor)
        identity = _native.digest_ranges(file, [(0, file.size)], self._token)
        unread = int(isinstance(found, str))
        parts = [] if isinstance(found, str) else found
        if isinstance(found, str):
            self._rejects.append(
                {"chunk": chunk.ordinal, "block": 0, "byte": 0, "line": 0, "reason": found, "raw": ""}
            )
        block = BlockRecord(
            offset=0,
            start=0,
            end=file.size,
            rows=len(parts) + unread,
            rejected=unread,
            lines=0,
        )
        self._reports.append(ArrowReport(identity=identity, blocks=(block,)))
        return self._batch(file, parts)

    def _parts(self, file: SourceFile, extractor: Extractor) -> Sequence[Part] | str:
        if self._reader.rows == "documents":
            return extractor.parts(file.path)
        if file.size > MOST_BYTES:
            return f"the file has more than {MOST_BYTES >> 20} MiB; read_lines reads it line by line"
        wanted = any(column.name == "content" for column in self._columns)
        try:
            content = Path(file.path).read_bytes().decode() if wanted else None
        except UnicodeDecodeError as error:
            return f"invalid UTF-8 at byte {error.start} of the file"
        return [{"content": content, "size": file.size}]

    def _batch(self, file: SourceFile, parts: Sequence[Part]) -> pa.RecordBatch:
        if not self._columns:
            return pa.RecordBatch.from_arrays([pa.nulls(len(parts))], schema=self._schema)
        arrays = [
            pa.array(
                [
                    file.extra[-1 - column.ordinal] if column.ordinal < 0 else _value(part, column)
                    for part in parts
                ],
                self._schema.field(column.name).type,
            )
            for column in self._columns
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=self._schema)


def _value(part: Part, column: Column) -> object:
    value = part[column.name]
    return list(value.items()) if isinstance(value, dict) else value
