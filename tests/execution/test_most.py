"""What is too much is refused by name within seconds, and the next job runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fusionflow_lab.api import Session
from fusionflow_lab.errors import FusionflowError, QueryError
from fusionflow_lab.planning.most import MOST_CHARACTERS, MOST_COLUMNS

SECONDS = 10.0
MIB = 1 << 20


def _line(path: Path) -> str:
    path.write_text("a,b\n1,2\n3," + "x" * (65 * MIB) + "\n4,5\n")
    return f"SELECT count(*) FROM '{path}'"


def _quote(path: Path) -> str:
    path.write_text("a,b\n1,2\n" * 500 + '3,"' + "x\n" * (33 * MIB) + '"\n4,5\n')
    return f"SELECT count(*) FROM '{path}'"


def _columns(path: Path) -> str:
    path.write_text(",".join(f"c{n}" for n in range(MOST_COLUMNS + 1)) + "\n" + "1," * MOST_COLUMNS + "1\n")
    return f"SELECT count(*) FROM '{path}'"


def _depth(_: Path) -> str:
    return f"SELECT {'(' * 3000}1{')' * 3000}"


def _sum(_: Path) -> str:
    return "SELECT " + " + ".join(["1"] * 20_000)


def _length(_: Path) -> str:
    return f"SELECT '{'x' * MOST_CHARACTERS}' AS a"


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (_line, "a record of more than 64 MiB"),
        (_quote, "a record of more than 64 MiB; is a quote never closed?"),
        (_columns, "a record has 100,001 columns; 100,000 are the most"),
        (_depth, "nested too deeply"),
        (_sum, "nested too deeply"),
        (_length, "the query has 1,048,590 characters; 1,048,576 are the most"),
    ],
)
def test_too_much_is_refused_and_the_next_job_runs(
    made: Callable[[Path], str], told: str, session: Session, tmp_path: Path
) -> None:
    sql = made(tmp_path / "much.csv")
    begin = time.monotonic()
    with pytest.raises(FusionflowError, match=told.replace("?", r"\?")):
        session.sql(sql).result(60)
    assert time.monotonic() - begin < 3 * SECONDS  # ten on a machine that does nothing else
    path = tmp_path / "next.csv"
    path.write_text("a\n1\n2\n")
    assert session.sql(f"SELECT sum(a) AS s FROM '{path}'").result(60).arrow().to_pylist() == [{"s": 3}]


@pytest.mark.long
def test_an_answer_that_is_too_large_is_refused(session: Session) -> None:
    with pytest.raises(QueryError, match="the answer has more than 1024 MiB"):
        session.sql("SELECT * FROM range(1000000000) t(i)").result(100)
