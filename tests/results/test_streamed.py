from __future__ import annotations

import io
import threading
from collections.abc import Iterator

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fusionflow_lab.results.streamed import PIECE_BYTES, streamed
from fusionflow_lab.results.write import FileFormat, write_stream

SCHEMA = pa.schema([("n", pa.int64()), ("text", pa.string())])
BATCH = 5_000


def reader(batches: int, taken: list[int] | None = None, *, breaks: bool = False) -> pa.RecordBatchReader:
    def made() -> Iterator[pa.RecordBatch]:
        for at in range(batches):
            if taken is not None:
                taken.append(at)
            if breaks and at == batches - 1:
                raise OSError("the disk is gone")
            rows = range(at * BATCH, (at + 1) * BATCH)
            texts = [f'a "{row}",\n' for row in rows]
            yield pa.RecordBatch.from_arrays([pa.array(rows), pa.array(texts)], schema=SCHEMA)

    return pa.RecordBatchReader.from_batches(SCHEMA, made())


@pytest.mark.parametrize("file_format", ["csv", "json", "arrow"])
def test_the_pieces_are_the_file(file_format: FileFormat) -> None:
    whole = io.BytesIO()
    write_stream(reader(20).read_all(), whole, file_format)
    pieces = list(streamed(reader(20), file_format))
    assert {len(piece) for piece in pieces[:-1]} == {PIECE_BYTES}
    assert b"".join(pieces) == whole.getvalue()


def test_parquet_and_a_list_of_json_read_back() -> None:
    rows = reader(20).read_all()
    parquet = b"".join(streamed(reader(20), "parquet"))
    assert pq.read_table(io.BytesIO(parquet)).equals(rows)
    listed = b"".join(streamed(reader(1), "json", listed=True))
    with duckdb.connect() as connection:
        asked = "SELECT unnest(from_json($text, '[\"JSON\"]'))->>'text'"
        found = connection.execute(asked, {"text": listed.decode()}).fetchall()
    assert [text for (text,) in found] == reader(1).read_all().column("text").to_pylist()


def test_rows_are_taken_as_far_as_they_are_read() -> None:
    taken: list[int] = []
    pieces = streamed(reader(2_000, taken), "csv")
    next(pieces)
    pieces.close()
    assert len(taken) < 1_000
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("fusionflow-file")]


def test_what_breaks_off_is_an_error() -> None:
    pieces = streamed(reader(20, breaks=True), "csv")
    with pytest.raises(OSError, match="the disk is gone"):
        list(pieces)
