"""VARCHAR columns of few texts travel as dictionaries: the same texts, whatever comes later."""

from __future__ import annotations

import random
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from fusionflow_lab._native import CancelToken, Scan
from fusionflow_lab.source import Dialect
from tests.native.scanning import columns, cut, scan_text, source_file

FEW = [
    "a",
    "",
    None,
    "é",
    'say "hi"',
    "two\nlines",
    "sixteen letters!",
    "more than sixteen letters",
    "a\0",
    "12",
]
DICTIONARY = pa.dictionary(pa.int32(), pa.string())


def field(text: str | None) -> str:
    if text is None:
        return ""
    return '"' + text.replace('"', '""') + '"' if not text or set(text) & set('",\n') else text


def csv(texts: list[str | None]) -> str:
    return "".join(f"{field(text)},{row}\n" for row, text in enumerate(texts))


@pytest.mark.parametrize("block_size", [None, 1000, 100_000])
def test_few_texts_are_numbered(block_size: int | None, tmp_path: Path) -> None:
    texts = random.Random(1).choices(FEW, k=20_000)
    table = scan_text(tmp_path, csv(texts), columns("VARCHAR", "BIGINT"), block_size=block_size).table
    assert table.schema.types == [DICTIONARY, pa.int64()]
    assert table.column(0).to_pylist() == texts


def test_many_texts_are_views(tmp_path: Path) -> None:
    texts: list[str | None] = [f"text {row}" for row in range(20_000)]
    table = scan_text(tmp_path, csv(texts), columns("VARCHAR", "BIGINT")).table
    assert table.schema.types == [pa.string_view(), pa.int64()]
    assert table.column(0).to_pylist() == texts


def test_texts_that_become_many_are_read_all_the_same(tmp_path: Path) -> None:
    texts = random.Random(2).choices(FEW, k=10_000)
    texts += [f"text {row % 9000} of a longer kind" for row in range(30_000)]
    texts += random.Random(3).choices(FEW, k=10_000)
    table = scan_text(tmp_path, csv(texts), columns("VARCHAR", "BIGINT")).table
    assert table.schema.types[0] == DICTIONARY
    assert table.column(0).to_pylist() == texts


def test_rejected_rows_leave_the_numbers_right(tmp_path: Path) -> None:
    texts = random.Random(4).choices(FEW, k=5000)
    text = csv(texts).replace(",77\n", ",x\n")
    scanned = scan_text(tmp_path, text, columns("VARCHAR", "BIGINT", fixed=True))
    assert scanned.table.column(0).to_pylist() == texts[:77] + texts[78:]
    assert [reject["reason"] for reject in scanned.rejects] == ['"x" is not a BIGINT']


def test_duckdb_sees_texts(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text(csv(random.Random(5).choices(FEW, k=20_000)))
    queries = [
        "SELECT c0, count(*), sum(c1) FROM t GROUP BY c0 ORDER BY c0",
        "SELECT DISTINCT typeof(c0), upper(c0), length(c0) FROM t ORDER BY ALL",
        "SELECT count(*), min(c0), max(c0), count(c0), count(DISTINCT c0) FROM t WHERE c0 > 'a'",
        "SELECT c0, c1 FROM t WHERE c0 LIKE '%e%' ORDER BY c1",
    ]
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE copy AS FROM read_csv(?, columns = {'c0': 'VARCHAR', 'c1': 'BIGINT'}, "
            "header = false, delim = ',', "
            "quote = '\"', escape = '\"', allow_quoted_nulls = false, auto_detect = false)",
            [str(path)],
        )
        for query in queries:
            chunk = cut(source_file(path), 50_000)
            scan = Scan([chunk], columns("VARCHAR", "BIGINT"), 2, Dialect(), CancelToken())
            connection.register("t", scan)
            assert (
                connection.sql(query).fetchall()
                == connection.sql(query.replace("FROM t", "FROM copy")).fetchall()
            )
            connection.unregister("t")
