"""Bars and bins of a whole result: DuckDB over the same rows is the oracle."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from fusionflow_lab.service.charts import chart_of
from fusionflow_lab.service.models import ChartQuery
from fusionflow_lab.service.problems import RequestError
from fusionflow_lab.states.kept_rows import keep_rows
from fusionflow_lab.storage import Folder

SQL = """
    SELECT CASE WHEN range % 11 > 0 THEN 'c' || range % 50 END AS city, range % 997 AS n,
           (range % 13 / 7)::DOUBLE AS x, DATE '2024-01-01' + (range % 60)::INTEGER AS day,
           (range % 100)::DECIMAL(9, 2) AS price
    FROM range(20000)
"""


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Folder(str(tmp_path_factory.mktemp("results")))
    with duckdb.connect() as connection:
        relation = connection.sql(SQL)
        assert relation is not None
        keep_rows(folder, "r.arrow", relation.to_arrow_table())
    return folder.path("r.arrow")


def asked(**parts: object) -> ChartQuery:
    texts = {name: json.dumps(one) if isinstance(one, list) else one for name, one in parts.items()}
    return ChartQuery.model_validate(texts)


@pytest.mark.parametrize(("y", "value"), [(None, "count(*)"), (1, "sum(n)"), (4, "sum(price)")])
def test_bars_are_the_largest_groups(result: Path, y: int | None, value: str) -> None:
    found = chart_of(result, asked(kind="bar", x=0, y=y))
    by = f"{value}::DOUBLE AS value, count(*) AS rows"
    with duckdb.connect() as connection:
        text = f"SELECT city, {by} FROM ({SQL}) GROUP BY ALL ORDER BY 2 DESC, city LIMIT 30"
        expected = connection.execute(text).fetchall()
    assert [tuple(row.values()) for row in found.rows.to_pylist()] == expected
    assert found.total == 51


@pytest.mark.parametrize(("x", "number"), [(1, "n"), (2, "x"), (3, "epoch(day)"), (4, "price")])
def test_bins_hold_every_row_between_their_edges(result: Path, x: int, number: str) -> None:
    rows = chart_of(result, asked(kind="histogram", x=x)).rows.to_pylist()
    assert sum(row["rows"] for row in rows) == 20_000
    assert 1 < len(rows) <= 32
    with duckdb.connect() as connection:
        for row in rows:
            text = f"SELECT count(*) FROM ({SQL}) WHERE {number} >= ? AND {number} < ?"
            counted = connection.execute(text, [row["low"], row["high"]]).fetchone()
            assert counted == (row["rows"],)


def test_only_rows_that_pass_are_counted(result: Path) -> None:
    condition = [{"column": "city", "op": "=", "value": "c7"}]
    found = chart_of(result, asked(kind="bar", x=0, filter=condition))
    assert [row["label"] for row in found.rows.to_pylist()] == ["c7"]
    assert chart_of(result, asked(kind="histogram", x=1, filter=condition)).total > 1
    none = [{"column": "n", "op": "<", "value": -1}]
    assert chart_of(result, asked(kind="histogram", x=1, filter=none)).rows.num_rows == 0
    with pytest.raises(RequestError, match="Could not convert"):
        chart_of(result, asked(kind="bar", x=0, filter=[{"column": "n", "op": "=", "value": "Oslo"}]))


def test_what_is_no_number_has_no_bins(result: Path) -> None:
    with pytest.raises(RequestError, match="city holds no numbers: it is VARCHAR"):
        chart_of(result, asked(kind="histogram", x=0))
    with pytest.raises(RequestError, match="no column 9"):
        chart_of(result, asked(kind="bar", x=9))


def test_numbers_without_a_place_on_an_axis_are_left_out(tmp_path: Path) -> None:
    values = [1.0, float("nan"), float("inf"), None, 2.0]
    keep_rows(Folder(str(tmp_path)), "r.arrow", pa.table({"x": values, "k": ["a", "a", "b", "b", "b"]}))
    rows = chart_of(tmp_path / "r.arrow", asked(kind="histogram", x=0)).rows
    assert sum(rows.column("rows").to_pylist()) == 2
    bars = chart_of(tmp_path / "r.arrow", asked(kind="bar", x=1, y=0)).rows.to_pylist()
    assert [(bar["label"], bar["value"]) for bar in bars] == [("b", 2.0), ("a", 1.0)]
