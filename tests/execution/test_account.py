"""Every row that is read is used, filtered out or rejected, whatever the stage; a job that lost one fails."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from fusionflow_lab.api import Session
from fusionflow_lab.errors import AccountError
from fusionflow_lab.execution.account import account_rows, refuse_missing_rejects
from fusionflow_lab.execution.stage_run import Leaf, StageRun
from fusionflow_lab.query import Counters, Stage
from fusionflow_lab.source import Dialect, Source, SourceFile
from fusionflow_lab.states.store import BlockRecord, BlockRecords, ChunkRecord, StateHeader

ROWS = 3000
QUERIES = {
    "aggregate": "SELECT k, sum(x) FROM t WHERE x > 5 GROUP BY k",
    "rollup": "SELECT k, j, sum(x) FROM t WHERE x > 5 GROUP BY ROLLUP (k, j)",
    "rollup in order": "SELECT k, j, list(x ORDER BY x)[1] FROM t WHERE x > 5 GROUP BY ROLLUP (k, j)",
    "distinct": "SELECT DISTINCT k FROM t WHERE x > 5",
    "count of distinct": "SELECT count(DISTINCT j) FROM t WHERE x > 5",
    "values kept": "SELECT k, mode(x), median(x) FROM t WHERE x > 5 GROUP BY k",
    "top k": "SELECT * FROM t WHERE x > 5 ORDER BY x DESC LIMIT 3",
    "limit": "SELECT * FROM t WHERE x > 5 LIMIT 3",
    "rows": "SELECT * FROM t WHERE x > 5",
    "window": "SELECT x FROM t WHERE x > 5 QUALIFY row_number() OVER (PARTITION BY k ORDER BY x) = 1",
    "shipped": "SELECT x, sum(x) OVER () FROM t WHERE x > 5",
    "correlated": "SELECT x FROM t AS a WHERE x > (SELECT avg(x) FROM t AS b WHERE b.k = a.k)",
    "union": "SELECT x FROM t WHERE x > 5 UNION ALL SELECT j FROM t WHERE x <= 5",
}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file of 3,000 records and one that is short."""
    path = tmp_path_factory.mktemp("account") / "t.csv"
    path.write_text("k,j,x\n" + "".join(f"{n % 3},{n % 2},{n}\n" for n in range(ROWS)) + "1,2\n")
    return path


@pytest.mark.parametrize("name", QUERIES)
def test_the_law_holds(name: str, session: Session, path: Path) -> None:
    counters = session.sql(QUERIES[name].replace("FROM t", f"FROM '{path}'")).result().counters
    passes = counters.rows_read // (ROWS + 1)
    assert counters.rows_read == passes * (ROWS + 1)
    assert counters.rows_rejected == passes
    assert counters.rows_used + counters.rows_filtered == passes * ROWS
    if name not in ("union", "correlated"):
        assert (passes, counters.rows_filtered) == (1, 6)


def leaf(counters: Counters, *, blocks: int = 3, rejects: int = 1) -> Leaf:
    block = BlockRecord(offset=0, start=0, end=9, rows=blocks, rejected=1, lines=3)
    record = ChunkRecord(key="k", identity="i", blocks=BlockRecords.of([block]))
    header = StateHeader(map_hash="m", chunks=(record,), counters=counters, rows=1, rejects=rejects)
    leaf = Leaf(chunks=())
    leaf.header = header
    return leaf


def run_of(leaf: Leaf) -> StageRun:
    file = SourceFile(path="a.csv", size=9, mtime_ns=0, data_start=0)
    source = Source(name="s", pattern="a.csv", dialect=Dialect(), columns=(), files=(file,))
    run = StageRun(Stage(name="s", kind="rows", source=source, columns=(), map_sql=""), "m", {})
    leaf.chunks = run.leaves[0].chunks
    run.leaves = [leaf]
    return run


GOOD = Counters(rows_read=3, rows_used=2, rows_rejected=1)


def test_what_adds_up_is_added_up() -> None:
    assert account_rows([run_of(leaf(GOOD)), run_of(leaf(GOOD))]) == GOOD + GOOD


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (leaf(Counters(rows_read=3, rows_used=1, rows_rejected=1)), "read 3, used 1, filtered 0, rejected 1"),
        (leaf(GOOD, blocks=4), "3 read by one count, 4 by another"),
        (leaf(GOOD, rejects=2), "2 rejected by one count, 1 by another"),
    ],
)
def test_what_does_not_add_up_is_our_bug_and_says_where(broken: Leaf, told: str) -> None:
    with pytest.raises(AccountError, match=told) as raised:
        account_rows([run_of(broken)])
    assert "where: a.csv, bytes 0-9" in str(raised.value)
    assert "report it" in str(raised.value)


def test_rejects_that_are_not_listed_are_our_bug() -> None:
    one = leaf(GOOD)
    run_of(one)
    refuse_missing_rejects(one, pa.table({"chunk": [0]}))
    with pytest.raises(AccountError, match="1 rejected by one count, 0 by another"):
        refuse_missing_rejects(one, None)
