from __future__ import annotations

import io
import json
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from fusionflow_lab.results.write import FileFormat, write_file, write_stream

TABLE = pa.table({"n": [1, None], "s": ["a\n\"b'", ""], "l": [[1, 2], None]})


@pytest.mark.parametrize("file_format", ["csv", "json", "parquet"])
def test_a_file_reads_back(tmp_path: Path, file_format: FileFormat) -> None:
    path = tmp_path / f"it's rows.{file_format}"
    write_file(TABLE, path, file_format)
    quoted = str(path).replace("'", "''")
    with duckdb.connect() as connection:
        rows = connection.execute(f"FROM '{quoted}'").fetchall()
    assert [row[0] for row in rows] == [1, None]
    assert [found.name for found in tmp_path.iterdir()] == [path.name]


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    taken = tmp_path / "rows.csv"
    taken.mkdir()
    with pytest.raises(OSError, match=r"rows\.csv"):
        write_file(TABLE, taken, "csv")
    assert [found.name for found in tmp_path.iterdir()] == ["rows.csv"]


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("old\n" * 1000)
    write_file(pa.table({"n": [1]}), path, "csv")
    assert path.read_text() == "n\n1\n"


def test_a_stream_of_json_has_one_object_a_line() -> None:
    stream = io.BytesIO()
    write_stream(TABLE, stream, "json")
    assert [json.loads(line)["n"] for line in stream.getvalue().splitlines()] == [1, None]


def test_a_stream_of_arrow_is_the_table() -> None:
    stream = io.BytesIO()
    write_stream(TABLE, stream, "arrow")
    assert pa.ipc.open_stream(stream.getvalue()).read_all().equals(TABLE)
