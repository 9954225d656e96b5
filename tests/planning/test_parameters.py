from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal

import duckdb
import numpy as np
import pandas as pd  # noqa: TID253 - it is what is tested
import pytest

from fusionflow_lab.errors import QueryError
from fusionflow_lab.jobs.codec import decode_query, encode_query
from fusionflow_lab.planning.bind import Binder
from fusionflow_lab.planning.parameters import bind, parameter
from fusionflow_lab.query import Query

DAY = dt.datetime.fromisoformat("2024-01-01")
VALUES = [
    None, True, 7, -7, 1 << 31, 1 << 62, 1 << 100, 1.5, 0.1, float("inf"), "Oslo", "", "'; DROP TABLE t",
    b"\x00'a", dt.date(1, 2, 3), dt.datetime.fromisoformat("2024-01-02T03:04:05.000006"), dt.time(1, 2, 3),
    dt.datetime(2024, 1, 2, tzinfo=dt.timezone(dt.timedelta(hours=2))), dt.timedelta(days=-1, seconds=5),
    Decimal("1.50"), Decimal("1E+3"), uuid.UUID(int=7), [], [1, 2], ["a", None], [1, 2.5], [[1], [2, 3]],
    np.datetime64("2024-01-01"), np.array([1, 2]), np.str_("x"), pd.Timestamp("2024-01-01 10:00"), pd.NaT,
]  # fmt: skip


@pytest.fixture(scope="module")
def asked() -> Iterator[Callable[[object], tuple[object, ...]]]:
    binder = Binder()
    yield lambda value: answer(binder, value)
    binder.close()


def answer(binder: Binder, value: object) -> tuple[object, ...]:
    """Store the parameter, read it again, bind it, and ask DuckDB."""
    stored = json.loads(encode_query(Query(text="SELECT $x", parameters=(parameter("x", value),))))
    query = decode_query(json.dumps(stored))
    tree = binder.parse("SELECT typeof($x), $x")
    bind("", tree, {bound.name: bound for bound in query.parameters})
    sql = binder.sql(tree)
    with duckdb.connect() as connection:
        return tuple(connection.execute(sql).fetchall()[0])


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_means_what_duckdb_makes_of_it(
    asked: Callable[[object], tuple[object, ...]], value: object
) -> None:
    with duckdb.connect() as connection:
        expected = connection.execute("SELECT typeof($x), $x", {"x": value}).fetchall()[0]
    assert repr(asked(value)) == repr(tuple(expected))


class Slider:
    """Stands for a control of ipywidgets."""

    value = 5


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.int8(3), ("INTEGER", 3)),
        (np.float32(1.5), ("DOUBLE", 1.5)),
        (np.True_, ("BOOLEAN", True)),
        (np.timedelta64(5, "s"), ("INTERVAL", dt.timedelta(seconds=5))),
        (pd.NA, ('"NULL"', None)),
        (pd.Series(["a", "b"]), ("VARCHAR[]", ["a", "b"])),
        (pd.Timestamp("2024-01-01 00:00:00.000000001"), ("TIMESTAMP_NS", DAY)),
        (np.datetime64("2024-01-01T00:00:00.000000001"), ("TIMESTAMP_NS", DAY)),
        ([Decimal("1.5"), Decimal("10.25")], ("DECIMAL(4,2)[]", [Decimal("1.50"), Decimal("10.25")])),
        pytest.param(Slider(), ("INTEGER", 5), id="a control"),
    ],
    ids=repr,
)
def test_values_that_wrap_others_are_unwrapped(
    asked: Callable[[object], tuple[object, ...]], value: object, expected: tuple[object, ...]
) -> None:
    assert asked(value) == expected


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": 1}, "$x is a dict, which cannot be a parameter"),
        (object(), "$x is a object, which cannot be a parameter"),
        (1 << 200, "$x is too large for a number of DuckDB"),
        ([1, "a"], "$x is a list of INTEGER and VARCHAR"),
    ],
)
def test_other_values_are_refused(value: object, message: str) -> None:
    with pytest.raises(QueryError) as caught:
        parameter("x", value)
    assert caught.value.what == message
