"""Groups merged bucket by bucket are those that are merged in one place, bit for bit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from fusionflow_lab import _native
from fusionflow_lab.api import Session, connect
from fusionflow_lab.execution.bucketing import Stored, bucket_tasks
from fusionflow_lab.execution.finish import PREVIEW_ROWS
from fusionflow_lab.execution.stage_run import StageRun
from fusionflow_lab.execution.tasks import MapTask, map_chunks, merge_bucket
from fusionflow_lab.jobs.events import NoticeEvent
from fusionflow_lab.planning.catalog import Catalog
from fusionflow_lab.planning.plan import Planner, map_hash
from fusionflow_lab.planning.tables import groups_ddl, state_ddl
from fusionflow_lab.query import Plan, Query, Stage
from fusionflow_lab.states.evaluate import Evaluator
from fusionflow_lab.states.store import BUCKETS, SPLIT_ROWS, StateStore
from fusionflow_lab.storage import Folder

ROWS = 220_000
KEYS = 12_000
LARGE_KEYS = 2_200_000

AGGREGATES = """
    count(*) | count(j) | count(j) FILTER (x > 5000) | count_if(j = 3) | sum(j) | sum(x) | avg(j) | avg(x)
    fsum(x) | min(t) | max(x) | bool_and(j > 1) | bit_xor(j) | product(x) | any_value(t) | first(j) | last(j)
    stddev(x) | var_pop(x) | skewness(x) | kurtosis(x) | corr(j, x) | covar_pop(j, x) | regr_slope(j, x)
    arg_min(j, x) | max_by(t, x) | arg_max(j, x, 2) | max(x, 2) | list(j) | list(t ORDER BY x DESC)
    string_agg(t, '-') | string_agg(DISTINCT t, '-' ORDER BY t) | median(x) | quantile_cont(x, 0.3)
    quantile_disc(j, [0.1, 0.9]) | mad(x) | mode(t) | histogram(j) | entropy(t) | approx_count_distinct(j)
    approx_quantile(x, 0.5) | count(DISTINCT j) | sum(DISTINCT j) | list(DISTINCT j ORDER BY j)
"""


class World:
    """A file of some tasks, a planner, a store and an evaluator: all but the cluster."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "t.csv"
        rows = (f"{n * 7919 % KEYS},{n % 7},{n * 0.37},t{n % 11},{n % 2}\n" for n in range(ROWS))
        self.file.write_text("k,j,x,t,half\n" + "".join(rows))
        self.planner = Planner(Catalog(folder / "types"))
        self.store = StateStore(Folder(str(folder / "states")))
        self.evaluator = Evaluator(())
        self.oracle = duckdb.connect(config={"threads": 1})
        self.oracle.execute(f"CREATE TABLE t AS FROM '{self.file}'")

    def mapped(self, sql: str) -> tuple[Plan, StageRun]:
        """Plan a query over ``t``, and scan and map all its tasks."""
        plan = self.planner.plan(Query(text=sql.replace("FROM t", f"FROM '{self.file}'")))
        (stage,) = plan.stages
        run = StageRun(stage, map_hash(stage, plan), {})
        for leaf in run.leaves:
            task = MapTask(
                stage=stage,
                map_hash=run.map_hash,
                settings=plan.settings,
                chunks=leaf.chunks,
                store=self.store.folder,
            )
            report = map_chunks(task, self.evaluator, _native.CancelToken())
            assert report.header is not None
            run.arrived(leaf, report.name, report.header)
        return plan, run

    def whole(self, plan: Plan, run: StageRun) -> pa.Table:
        """Finish in one place."""
        stage = run.stage
        states = [self.store.state(leaf.name) for leaf in run.leaves]
        merged = self.evaluator.merge(stage, state_ddl(stage, "state"), states)
        return self.evaluator.final(plan, {stage.name: state_ddl(stage)}, {stage.name: [merged]})

    def merged(self, plan: Plan, stored: Stored, sql: str, parts: Stage | None = None) -> Stored:
        """Merge stored states bucket by bucket, and return the rows that these give."""
        tasks = bucket_tasks(plan, stored, self.store.folder, sql, parts)
        names = [merge_bucket(task, self.evaluator) for task in tasks]
        headers = self.store.headers(tasks[0].name)
        return Stored(stage=parts or stored.stage, states={name: headers[name] for name in names})

    def by_buckets(self, plan: Plan, run: StageRun) -> pa.Table:
        """Finish bucket by bucket; parts of groups in one place, as they are few."""
        last, stored = plan.bucket_final, Stored.of(run)
        if last is not None and last.parts is not None:
            parts = [
                *map(self.store.state, self.merged(plan, stored, last.parts.sql, last.parts.stage).states)
            ]
            ddl = {"parts": state_ddl(last.parts.stage)}
            return self.evaluator.finish(last.parts.final_sql, ddl, {"parts": parts}, names=plan.names)
        parts = [*map(self.store.state, self.merged(plan, stored, last.bucket_sql if last else "").states)]
        if last is None:
            ddl = {run.stage.name: state_ddl(run.stage)}
            return self.evaluator.final(plan, ddl, {run.stage.name: parts})
        if last.final_sql:
            ddl, tables = {"groups": groups_ddl(stored.stage, last)}, {"groups": parts}
            return self.evaluator.finish(last.final_sql, ddl, tables, names=plan.names)
        return pa.concat_tables(parts).rename_columns(list(plan.names))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("buckets"))


def rows(table: pa.Table) -> Counter[str]:
    return Counter(repr(list(row.values())) for row in table.to_pylist())


@pytest.mark.parametrize(
    "aggregate", [text.strip() for text in AGGREGATES.replace("\n", "|").split("|") if text.strip()]
)
def test_any_aggregate_is_the_same_in_buckets(aggregate: str, world: World) -> None:
    plan, run = world.mapped(f"SELECT k, {aggregate} AS a FROM t GROUP BY k")
    assert len(run.leaves) > 1
    assert all(leaf.header is not None and leaf.header.rows > SPLIT_ROWS for leaf in run.leaves)
    assert rows(world.by_buckets(plan, run)) == rows(world.whole(plan, run))


ENDS = {
    "SELECT k, sum(x) AS s FROM t GROUP BY k HAVING s > 3e5": 0,
    "SELECT k AS j, sum(j) FROM t GROUP BY k HAVING j > 5 ORDER BY j LIMIT 7 OFFSET 3": 7,
    "SELECT k, sum(x) AS s FROM t GROUP BY ALL ORDER BY 2 DESC, 1 LIMIT 9": 9,
    "SELECT k, j FROM t GROUP BY k, j ORDER BY sum(x) DESC LIMIT 4": 4,
    "SELECT k + 1 AS n, count(*) FROM t GROUP BY n ORDER BY count(*) DESC, n + 1 DESC LIMIT 4": 4,
    "SELECT DISTINCT k, j FROM t ORDER BY ALL LIMIT 5": 5,
    "SELECT DISTINCT k, j FROM t": 0,
    "SELECT k, sum(j), rank() OVER (ORDER BY sum(x) DESC) AS r FROM t GROUP BY k QUALIFY r < 4": 3,
    "SELECT DISTINCT sum(j) AS s FROM t GROUP BY k ORDER BY s": 0,
    "SELECT k, sum(j) AS s FROM t GROUP BY k ORDER BY k": KEYS,
    "SELECT k, count(DISTINCT j), sum(DISTINCT j) FROM t GROUP BY k HAVING max(x) > 100": 0,
    "SELECT half, count(DISTINCT k) AS n FROM t GROUP BY half ORDER BY half": 2,
    "SELECT count(DISTINCT k), count(DISTINCT k) FILTER (j = 3), sum(x) FROM t": 1,
    "SELECT count(DISTINCT k) AS n, count(*), sum(j), avg(j), max(t) || 'x' AS m FROM t HAVING n > 5": 1,
    "SELECT count(DISTINCT k) FILTER (half = 1) % 1000, count(DISTINCT j) FROM t": 1,
    "SELECT count(DISTINCT k) FILTER (half = 1) + 1 AS n, min(j) FROM t ORDER BY n": 1,
    "SELECT sum(DISTINCT k), count(DISTINCT k) FROM t": 1,
    "SELECT half, avg(DISTINCT k), median(DISTINCT k), count(DISTINCT k) + 1 FROM t GROUP BY half": 2,
    "SELECT half, sum(DISTINCT k) FILTER (j > 2) AS s, count(*) FROM t GROUP BY half HAVING s > 5": 2,
    "SELECT k, count(DISTINCT t) AS n, avg(j) FROM t GROUP BY k ORDER BY n DESC, k LIMIT 6": 6,
    "SELECT half, count(DISTINCT k) FROM t GROUP BY ROLLUP (half)": 3,
    "SELECT half, sum(DISTINCT k), string_agg(DISTINCT t ORDER BY t) FROM t GROUP BY half": 2,
    "SELECT max(n) FROM (SELECT half, count(DISTINCT k) AS n FROM t GROUP BY half)": 1,
    "SELECT k, j, count(*), grouping(j) FROM t GROUP BY ROLLUP (k, j)": 0,
    "SELECT k, half, list(j ORDER BY x) FROM t GROUP BY CUBE (k, half)": 0,
    "SELECT max(s), count(*) FROM (SELECT k, sum(x) AS s FROM t GROUP BY k)": 1,
    "WITH g AS (SELECT k, sum(x) AS s FROM t GROUP BY k) SELECT count(*) FROM g WHERE s > 3e5": 1,
    "SELECT median(x), mode(t), list(j)[3] FROM t": 1,
}


@pytest.mark.parametrize("sql", ENDS)
def test_any_end_is_the_same_in_buckets(sql: str, world: World) -> None:
    plan, run = world.mapped(sql)
    found = world.by_buckets(plan, run)
    assert rows(found) == rows(world.whole(plan, run))
    assert ENDS[sql] in (0, found.num_rows)
    expected = world.oracle.sql(sql).to_arrow_table()
    assert (found.num_rows, found.column_names) == (expected.num_rows, expected.column_names)
    if "sum(x)" not in sql and "CUBE" not in sql:
        assert rows(found) == rows(expected)


def test_the_first_rows_are_chosen_where_the_groups_are(world: World) -> None:
    plan, run = world.mapped("SELECT k, sum(x) AS s FROM t GROUP BY k ORDER BY s DESC LIMIT 5")
    assert plan.bucket_final is not None
    tasks = bucket_tasks(plan, Stored.of(run), world.store.folder, plan.bucket_final.bucket_sql)
    assert len(tasks) == BUCKETS
    assert world.store.state(merge_bucket(tasks[3], world.evaluator)).num_rows == 5


def test_a_state_that_is_not_split_goes_into_its_buckets(world: World) -> None:
    plan, run = world.mapped(f"SELECT k, sum(x) AS s FROM t WHERE k < {SPLIT_ROWS // 2} GROUP BY k")
    assert rows(world.by_buckets(plan, run)) == rows(world.whole(plan, run))


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file of more groups than are merged in one place."""
    path = tmp_path_factory.mktemp("large") / "large.csv"
    with duckdb.connect() as connection:
        rows = f"SELECT i * 7919 % {LARGE_KEYS} AS k, i * 0.37 AS x FROM range({LARGE_KEYS * 5 // 4}) t(i)"
        connection.execute(f"COPY ({rows}) TO '{path}' (HEADER)")
    return path


@pytest.fixture(scope="module")
def oracle(large: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE t AS FROM '{large}'")
        yield connection


def test_too_many_groups_are_merged_on_the_workers(
    session: Session, large: Path, oracle: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    groups = "SELECT k, count(*) AS n, sum(x) AS s FROM t GROUP BY k"
    sql = groups.replace("FROM t", f"FROM '{large}'")
    result = session.sql(sql).result()
    assert len(result) == LARGE_KEYS
    oracle.register("found", result.arrow())
    join = f"FROM found f ANTI JOIN ({groups}) e ON f.k = e.k AND f.n = e.n AND abs(f.s - e.s) < 1e-6"
    assert oracle.sql(f"SELECT count(*) {join}").fetchall() == [(0,)]
    # Another end scans nothing.
    top = " HAVING n = 2 ORDER BY s DESC LIMIT 3"
    again = session.sql(sql + top).result()
    assert again.counters.bytes_scanned == 0
    assert again.arrow().column("k").to_pylist() == [row[0] for row in oracle.sql(groups + top).fetchall()]
    # One worker makes the same bits, in the same order.
    with connect(home=tmp_path, workers=1, runner="inprocess") as other:
        assert other.sql(sql).result().arrow().equals(result.arrow())


def test_distinct_values_without_keys_are_counted_on_the_workers(session: Session, large: Path) -> None:
    result = session.sql(f"SELECT count(DISTINCT k) AS n, max(x) > 5 AS m FROM '{large}'").result()
    assert result.arrow().to_pylist() == [{"n": LARGE_KEYS, "m": True}]


def test_parts_of_too_many_groups_are_merged_on_the_workers(
    session: Session, large: Path, oracle: duckdb.DuckDBPyConnection
) -> None:
    groups = "SELECT k, count(DISTINCT x) AS n, sum(DISTINCT x) AS s FROM t GROUP BY k"
    sql = f"{groups} ORDER BY n DESC, k LIMIT 9"
    found = session.sql(sql.replace("FROM t", f"FROM '{large}'")).result().arrow()
    assert rows(found) == rows(oracle.sql(sql).to_arrow_table())


@pytest.mark.long
def test_previews_of_too_many_groups_are_a_sample_and_say_so(session: Session, large: Path) -> None:
    sql = f"SELECT k, max(sha256(sha256(x::VARCHAR))) AS m FROM '{large}' GROUP BY k"
    job = session.sql(sql).submit()
    job.result()
    texts = [event.text for event in job.log() if isinstance(event, NoticeEvent)]
    assert all("one in 64" in text for text in texts)
    preview = job.preview()
    assert preview is not None
    assert preview.rows <= PREVIEW_ROWS
