"""Whole files of a result: DuckDB over the same rows is the oracle."""

from __future__ import annotations

import io
import json
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fusionflow_lab.service.models import MOST_ROWS, FileQuery
from fusionflow_lab.service.problems import RequestError
from fusionflow_lab.service.row_files import file_of
from fusionflow_lab.service.row_orders import RowOrders
from fusionflow_lab.service.wire import ARROW, CSV, JSON, NDJSON, PARQUET
from fusionflow_lab.states.kept_rows import keep_rows
from fusionflow_lab.storage import Folder
from tests.service.conftest import Asker

ROWS = MOST_ROWS + 50_000
SQL = f"SELECT range AS n, (hash(range) % 997)::INTEGER AS x, '=' || range % 5 AS city FROM range({ROWS})"


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Folder(str(tmp_path_factory.mktemp("results")))
    with duckdb.connect() as connection:
        keep_rows(folder, "r.arrow", connection.sql(SQL).to_arrow_reader(7_777).read_all())
    return folder.path("r.arrow")


def written(path: Path, media: str, **asked: object) -> bytes:
    texts = {name: json.dumps(value) if isinstance(value, list) else value for name, value in asked.items()}
    return b"".join(file_of(path, FileQuery.model_validate(texts), RowOrders(), media))


@pytest.mark.parametrize("media", [CSV, NDJSON, JSON, PARQUET, ARROW])
def test_a_file_holds_all_rows_of_a_view(result: Path, media: str) -> None:
    view = {
        "sort": [{"column": "x", "descending": True}],
        "filter": [{"column": "n", "op": ">=", "value": 20_000}],
        "columns": [0, 2],
    }
    body = written(result, media, **view)
    with duckdb.connect() as connection:
        asked = f"SELECT n, city FROM ({SQL}) WHERE n >= 20000 ORDER BY x DESC, n"
        expected = connection.sql(asked).to_arrow_table()
    match media:
        case "text/csv":
            lines = [f"{n},{city}" for n, city in zip(*expected.to_pydict().values(), strict=True)]
            assert body.decode().splitlines() == ["n,city", *lines]
        case "application/vnd.apache.parquet":
            assert pq.read_table(io.BytesIO(body)).equals(expected)
        case "application/vnd.apache.arrow.stream":
            assert pa.ipc.open_stream(body).read_all().equals(expected)
        case _:
            text = body if media == JSON else b"[" + b",".join(body.splitlines()) + b"]"
            assert json.loads(text) == expected.to_pylist()


def test_formulas_are_escaped_where_that_is_asked(result: Path) -> None:
    body = written(result, CSV, columns=[2], escape_formulas=True)
    assert body.startswith(b"city\n'=0\n'=1\n")
    assert len(body.splitlines()) == ROWS + 1


def test_what_is_wrong_is_told_before_the_first_byte(result: Path) -> None:
    with pytest.raises(RequestError, match="the result has no column nn"):
        file_of(result, FileQuery.model_validate({"sort": '[{"column": "nn"}]'}), RowOrders(), CSV)
    with pytest.raises(RequestError, match="the result has no column 9"):
        file_of(result, FileQuery.model_validate({"columns": "[9]"}), RowOrders(), CSV)
    with pytest.raises(FileNotFoundError):
        file_of(result.parent / "none.arrow", FileQuery.model_validate({}), RowOrders(), CSV)


def test_result_and_rejects_are_files(asker: Asker, trips: Path) -> None:
    text = f"SELECT city, distance FROM read_csv('{trips}', types = {{'distance': 'INTEGER'}})"
    job = asker.run(text, max_errors="100%")
    reply = asker.send("GET", f"jobs/{job}/result/file", query={"format": "csv"})
    assert reply.parts is not None
    assert b"".join(reply.parts) == b"city,distance\nOslo,7\nOslo,5\nBergen,3\n"
    assert reply.headers["Content-Disposition"] == f'attachment; filename="{job}-result.csv"'
    rejects = asker.send("GET", f"jobs/{job}/rejects/file", accept=NDJSON)
    assert rejects.parts is not None
    assert [json.loads(line)["raw"] for line in b"".join(rejects.parts).splitlines()] == [
        "Bergen,x,2024-01-04"
    ]
