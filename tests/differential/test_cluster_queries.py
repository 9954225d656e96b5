"""The same random queries through everything: CSV files, native scan, real cluster, exact result."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from fusionflow_lab.api import Session
from tests.differential.compare import difference
from tests.differential.generate import COLUMNS, random_queries, random_table

QUERIES = 54
ROWS = 1500
# Wide enough that 1,500 rows make several tasks.
PAD_BYTES = 12_000
SEED = 77


def with_pad(table: pa.Table) -> pa.Table:
    """Add a column of long text with everything that quotes must hold together."""
    rng = random.Random(SEED)
    texts = ["".join(rng.choices('abc ,;"\n', k=PAD_BYTES)) for _ in range(20)]
    return table.append_column("pad", pa.array([rng.choice(texts) for _ in range(table.num_rows)]))


def field(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return '"' + value.replace('"', '""') + '"'
    return str(value).lower() if isinstance(value, bool) else str(value)


def write_csv(folder: Path, table: pa.Table, files: int) -> None:
    """Write the rows, in order, into files of about equal size."""
    folder.mkdir()
    edges = [table.num_rows * place // files for place in range(files + 1)]
    for number, (start, end) in enumerate(pairwise(edges)):
        rows = table.slice(start, end - start).to_pylist()
        lines = [",".join(table.column_names), *(",".join(map(field, row.values())) for row in rows)]
        (folder / f"part{number:03}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def table() -> pa.Table:
    return with_pad(random_table(SEED, ROWS))


@pytest.fixture(scope="module")
def oracle(table: pa.Table) -> Iterator[duckdb.DuckDBPyConnection]:
    columns = ", ".join(f"{name} {kind}" for name, kind, _ in (*COLUMNS, ("pad", "VARCHAR", None)))
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(f"CREATE TABLE rows ({columns})")
        connection.register("arrow_rows", table)
        connection.execute("INSERT INTO rows SELECT * FROM arrow_rows")
        yield connection


@pytest.mark.parametrize("files", [1, 5, 40])
def test_random_queries_through_a_cluster(
    files: int, session: Session, oracle: duckdb.DuckDBPyConnection, table: pa.Table, tmp_path: Path
) -> None:
    write_csv(tmp_path / "data", table, files)
    kinds = ", ".join(f"'{name}': '{kind}'" for name, kind, _ in COLUMNS)
    source = f"read_csv('{tmp_path}/data/*.csv', columns = {{{kinds}, 'pad': 'VARCHAR'}}) AS t"
    wrong = []
    answered = 0
    for mine, theirs in zip(
        random_queries(SEED + files, QUERIES // 3, source),
        random_queries(SEED + files, QUERIES // 3, "rows AS t"),
        strict=True,
    ):
        try:
            expected = oracle.sql(theirs.text).to_arrow_table()
        except duckdb.Error:
            continue
        result = session.sql(mine.text).result()
        answered += 1
        found = difference(mine, _rows(oracle, expected), _rows(oracle, result.arrow()))
        if found:
            wrong.append(f"{theirs.text}\n{found[:500]}")
        counters = result.counters
        assert counters.rows_read == counters.rows_used + counters.rows_filtered + counters.rows_rejected
        assert counters.rows_rejected == 0
    assert not wrong, "\n\n".join(wrong)
    assert answered > QUERIES // 3 * 0.8


def _rows(connection: duckdb.DuckDBPyConnection, table: pa.Table) -> list[tuple[object, ...]]:
    connection.register("answer", table)
    rows = connection.sql("FROM answer").fetchall()
    connection.unregister("answer")
    return rows
