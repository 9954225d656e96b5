"""Pages of a result: DuckDB over the same rows is the oracle."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from fusionflow_lab.service.models import RowsQuery
from fusionflow_lab.service.problems import NotReadyError, RequestError
from fusionflow_lab.service.row_orders import RowOrders
from fusionflow_lab.service.row_pages import Page, page_of
from fusionflow_lab.service.row_query import RowQuery
from fusionflow_lab.states.kept_rows import keep_rows
from fusionflow_lab.storage import Folder

ROWS = 50_000
SQL = f"""
    SELECT range AS n, hash(range) % 997 AS x, CASE WHEN range % 7 > 0 THEN 'c' || range % 5 END AS city
    FROM range({ROWS})
"""


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Folder(str(tmp_path_factory.mktemp("results")))
    with duckdb.connect() as connection:
        numbers = connection.execute(SQL).fetchall()
    columns = [list(column) for column in zip(*numbers, strict=True)]
    batches = pa.table(columns, names=["n", "x", "city"]).to_batches(max_chunksize=777)
    keep_rows(folder, "r.arrow", pa.Table.from_batches(batches))
    return folder.path("r.arrow")


def page(path: Path, orders: RowOrders | None = None, /, **asked: object) -> Page:
    texts = {name: json.dumps(value) if isinstance(value, list) else value for name, value in asked.items()}
    return page_of(path, RowsQuery.model_validate(texts), orders or RowOrders())


@pytest.mark.parametrize("offset", [0, 776, 9_990, 30_000, 49_990, 60_000])
@pytest.mark.parametrize("step", [1, 13])
@pytest.mark.parametrize("direction", ["", "ASC", "DESC"])
@pytest.mark.parametrize("city", [None, "c1"])
def test_a_page_is_what_sql_gives(
    result: Path, offset: int, step: int, direction: str, city: str | None
) -> None:
    asked: dict[str, object] = {"offset": offset, "limit": 20, "step": step}
    where, by = "true", "n"
    if direction:
        asked["sort"] = [{"column": "x", "descending": direction == "DESC"}]
        by = f"x {direction}, n"
    if city is not None:
        asked["filter"] = [{"column": "city", "op": "=", "value": city}]
        where = f"city = '{city}'"
    with duckdb.connect() as connection:
        rows = connection.execute(f"SELECT n FROM ({SQL}) WHERE {where} ORDER BY {by}").fetchall()
    expected = [n for (n,) in rows]

    found = page(result, None, **asked)

    assert found.rows.column("n").to_pylist() == expected[offset : offset + 20 * step : step]
    assert found.total == len(expected)


def test_an_order_is_found_once(result: Path) -> None:
    orders = RowOrders()
    sort = [{"column": "x"}]
    first = page(result, orders, sort=sort, limit=5).rows
    query = RowQuery(order=tuple(RowsQuery.model_validate({"sort": json.dumps(sort)}).sort))
    assert not orders.known(result, query)  # the first rows need no order of all
    page(result, orders, sort=sort, offset=ROWS - 5, limit=5)
    assert orders.known(result, query)
    assert page(result, orders, sort=sort, limit=5).rows.equals(first)


def test_who_cannot_wait_is_told_to_ask_again(result: Path) -> None:
    orders = RowOrders(patience=0)
    sort = [{"column": "city", "descending": True}]
    with orders._one_at_work, pytest.raises(NotReadyError, match="still being sorted"):
        page(result, orders, sort=sort, offset=40_000)
    query = RowQuery(order=tuple(RowsQuery.model_validate({"sort": json.dumps(sort)}).sort))
    while True:
        try:
            numbers = orders.numbers(result, query)
        except NotReadyError:
            continue
        break
    assert len(numbers) == ROWS
    assert numbers.taken(ROWS - 1, 5) == [ROWS - 1 - (ROWS - 1) % 7]  # NULL comes last


def test_columns_are_chosen_by_their_places(result: Path) -> None:
    assert page(result, columns=[2, 0], limit=1).rows.column_names == ["city", "n"]
    assert page(result, columns=[2], sort=[{"column": "n"}], limit=1).rows.column_names == ["city"]
    with pytest.raises(RequestError, match="no column 3"):
        page(result, columns=[3])


def test_no_rows_tell_names_types_and_how_many(result: Path) -> None:
    found = page(result, limit=0)
    assert (found.rows.num_rows, found.rows.column_names, found.total) == (0, ["n", "x", "city"], ROWS)


def test_long_texts_are_cut_and_a_page_is_no_larger_than_asked(tmp_path: Path) -> None:
    long = "æ" * 100_000
    table = pa.table({"text": [long, "short", None] * 200, "blob": [b"b" * 3000] * 600})
    keep_rows(Folder(str(tmp_path)), "r.arrow", table)
    path = tmp_path / "r.arrow"

    found = page(path, cut=10, limit=3).rows
    assert found.column("text").to_pylist() == ["æ" * 10 + "…", "short", None]
    assert found.column("blob").to_pylist() == [b"b" * 10] * 3

    fitting = page(path, cut=1000, max_bytes=100_000, limit=600)
    assert 10 < fitting.rows.num_rows < 100
    assert fitting.total == 600
    assert page(path, max_bytes=300_000, limit=600).rows.num_rows in {1, 2, 3}
    with pytest.raises(RequestError, match="one row has more than 1,000 bytes"):
        page(path, max_bytes=1000)


def test_types_that_arrow_does_not_have_stand_beside_the_column(tmp_path: Path) -> None:
    facts = json.dumps({"types": ["UUID", "BIGINT"]})
    table = pa.table({"id": ["a"], "n": [1]}).replace_schema_metadata({"fusionflow": facts})
    keep_rows(Folder(str(tmp_path)), "r.arrow", table)
    schema = page(tmp_path / "r.arrow").rows.schema
    assert schema.field("id").metadata == {b"duckdb_type": b"UUID"}
    assert schema.field("n").metadata is None
    assert schema.metadata is None
