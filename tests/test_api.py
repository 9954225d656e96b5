"""The main job, end to end: text in, exact result out, through a real cluster of processes."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from fusionflow_lab.api import Session, connect
from fusionflow_lab.errors import ClusterError, QueryError, SourceError
from fusionflow_lab.jobs.events import Event, PreviewEvent, ProgressEvent, StatusEvent


@pytest.fixture(scope="module")
def cities(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write three CSV files with quoted newlines, 60,000 rows in all."""
    folder = tmp_path_factory.mktemp("cities")
    random_source = random.Random(7)
    for number in range(3):
        lines = ["city,amount,day,note"]
        for row in range(20_000):
            city = random_source.choice(["Oslo", "Łódź", "São Paulo", "Xi'an", ""])
            note = '"two\nlines, ""quoted"""' if row % 50 == 0 else "plain"
            lines.append(f"{city},{random_source.randrange(-500, 5000) / 8},2024-{row % 12 + 1:02}-15,{note}")
        (folder / f"part{number}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def oracle(sql: str, folder: Path) -> list[tuple[object, ...]]:
    """Ask plain DuckDB over the same files."""
    reader = f"read_csv('{folder}/*.csv', allow_quoted_nulls = false, quote = '\"')"
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE cities AS FROM {reader}")
        return connection.execute(sql.format(t="cities")).fetchall()


QUERIES = [
    "SELECT city, count(*) AS n, sum(amount) AS total FROM {t} GROUP BY city ORDER BY city",
    "SELECT city, avg(amount) FROM {t} WHERE amount > 99 GROUP BY 1 HAVING count(*) > 9 ORDER BY 1 LIMIT 3",
    "SELECT count(*) FROM {t}",
    "SELECT day, note FROM {t} WHERE note <> 'plain' AND amount > 600 ORDER BY ALL",
    "SELECT * FROM {t} ORDER BY amount DESC, city, day, note LIMIT 7",
    "SELECT city, amount FROM {t} LIMIT 12",
    "SELECT city, amount FROM {t} WHERE amount < -60",
    "SELECT city, row_number() OVER (ORDER BY city, amount, day, note) AS r FROM {t} ORDER BY r LIMIT 5",
    "SELECT count(DISTINCT city), min(day), max(note) FROM {t}",
    """SELECT a.city, count(*) FROM {t} a JOIN (SELECT DISTINCT city FROM {t} WHERE amount > 600) b
       USING (city) GROUP BY ALL ORDER BY ALL""",
    """WITH big AS (SELECT * FROM {t} WHERE amount > 300)
       SELECT month(day) AS m, first(city) FROM big GROUP BY m ORDER BY m""",
]


@pytest.mark.parametrize("sql", QUERIES)
def test_answers_equal_duckdb(session: Session, cities: Path, sql: str) -> None:
    result = session.sql(sql.format(t=f"'{cities}/*.csv'")).result()
    found = [tuple(row.values()) for row in result.arrow().to_pylist()]
    assert found == oracle(sql, cities)
    counters = result.counters
    assert counters.rows_read == counters.rows_used + counters.rows_filtered + counters.rows_rejected


def test_an_unchanged_query_scans_nothing(session: Session, cities: Path) -> None:
    sql = f"SELECT city, median(amount) AS m FROM '{cities}/*.csv' GROUP BY city"
    first = session.sql(sql).result()
    assert first.counters.bytes_scanned > 0
    again = session.sql(sql).result()
    assert again.counters.bytes_scanned == 0
    assert again.counters.bytes_reused == first.counters.bytes_scanned
    other = session.sql(f"{sql} HAVING count(*) > 5 ORDER BY m LIMIT 2").result()
    assert len(other) == 2


@pytest.mark.parametrize(
    ("sql", "then"),
    [
        (
            "SELECT city, max(amount) AS m FROM {t} GROUP BY city",
            " HAVING max(amount) > 0 ORDER BY m LIMIT 2",
        ),
        ("SELECT city, day FROM {t} LIMIT 5", None),
        ("SELECT amount FROM {t} ORDER BY amount LIMIT 5", None),
    ],
)
def test_a_new_limit_or_having_scans_nothing(
    session: Session, cities: Path, sql: str, then: str | None
) -> None:
    text = sql.format(t=f"'{cities}/*.csv'")
    session.sql(text).result()
    changed = text + then if then is not None else text.replace("LIMIT 5", "LIMIT 9")
    assert session.sql(changed).result().counters.bytes_scanned == 0


def test_a_new_file_scans_that_file(session: Session, tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"{number}.csv").write_text("a,b\n" + f"{number},x\n" * 1000)
    sql = f"SELECT sum(a) AS total, count(*) AS n FROM '{tmp_path}/*.csv'"
    assert session.sql(sql).result().arrow().to_pylist() == [{"total": 10_000, "n": 5000}]
    (tmp_path / "9.csv").write_text("a,b\n" + "9,x\n" * 10)
    result = session.sql(sql).result()
    assert result.arrow().to_pylist() == [{"total": 10_090, "n": 5010}]
    assert result.counters.bytes_scanned == 40


def test_late_type_surprise_widens(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "late.csv"
    rows = [str(number) for number in range(400_000)]
    rows[123_456] = "12.5"
    path.write_text("v\n" + "\n".join(rows) + "\n")
    sql = f"SELECT sum(v) AS s, count(*) AS n FROM '{path}'"
    result = session.sql(sql).result()
    assert result.arrow().to_pylist() == [{"s": sum(map(float, rows)), "n": 400_000}]
    assert session.sql(sql).result().counters.bytes_scanned == 0


def test_rejects_have_their_place(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "dirty.csv"
    path.write_text('a,b\n1,"two\nlines"\n2,x,y\n3,z\nfour,w\n')
    sql = f"SELECT count(*) AS n, sum(a) AS s FROM read_csv('{path}', types = {{'a': 'INTEGER'}})"
    job = session.sql(sql).submit()
    result = job.result()
    assert result.arrow().to_pylist() == [{"n": 2, "s": 4}]
    counters = result.counters
    assert (counters.rows_read, counters.rows_used, counters.rows_rejected) == (4, 2, 2)
    rejects = job.rejects().to_pylist()
    assert [(row["byte"], row["line"], row["column"], row["raw"]) for row in rejects] == [
        (18, 4, None, "2,x,y"),
        (28, 6, "a", "four,w"),
    ]
    data = path.read_bytes()
    assert all(data[row["byte"] :].startswith(row["raw"].encode()) for row in rejects)
    assert all(row["file"] == str(path) and row["reason"] for row in rejects)


def test_events_tell_the_whole_story(session: Session, cities: Path) -> None:
    job = session.sql(
        f"SELECT note, count(*) AS n FROM '{cities}/*.csv' GROUP BY note", use_cache=False
    ).submit()

    async def collect() -> list[Event]:
        return [event async for event in job]

    events = asyncio.run(collect())
    statuses = [event.status for event in events if isinstance(event, StatusEvent)]
    assert statuses == ["CREATED", "QUEUED", "IN_PROGRESS", "COMPLETED"]
    assert [event.seq for event in events if event.durable] == [1, 2, 3, 4]
    progress = [event for event in events if isinstance(event, ProgressEvent)]
    assert progress[-1].bytes_done == progress[-1].bytes_total > 0
    assert session.job(job.id).status == "COMPLETED"
    again = asyncio.run(collect())
    assert [event.seq for event in again if event.durable] == [1, 2, 3, 4]


def test_errors_name_the_place(session: Session, cities: Path, tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="citty"):
        session.sql(f"SELECT citty FROM '{cities}/*.csv'").submit()
    with pytest.raises(FileNotFoundError):
        session.sql(f"SELECT * FROM '{tmp_path}/none*.csv'").submit()
    bad = tmp_path / "bad.csv"
    bad.write_text("a\n9223372036854775807\n1\n")
    with pytest.raises(QueryError) as caught:
        session.sql(f"SELECT a + 1 AS b FROM '{bad}'").result()
    assert str(bad) in caught.value.where
    assert len(str(caught.value).splitlines()) <= 12
    assert caught.value.job_id


def test_an_unclosed_quote_is_refused(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "open.csv"
    path.write_text("a,b\n" + "1,x\n" * 50_000 + '2,"never closed\n' + "3,y\n" * 50_000)
    with pytest.raises(SourceError, match="quote"):
        session.sql(f"SELECT count(*) FROM read_csv('{path}', quote = '\"')").result()


def test_a_closed_job_store_keeps_its_jobs(session: Session, cities: Path) -> None:
    job = session.sql(f"SELECT count(*) AS n FROM '{cities}/*.csv'").submit()
    expected = job.result().arrow()
    with Session(session.config, "local") as other:
        assert other.job(job.id).result().arrow().equals(expected)
        assert isinstance(other.job(job.id).rejects(), pa.Table)


def test_previews_end_in_the_result(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "big.csv"
    block = "".join(f"{number % 100},{number}\n" for number in range(100_000))
    with path.open("w") as file:
        file.write("k,v\n")
        for _ in range(60):
            file.write(block)
    job = session.sql(
        f"SELECT k, count(*) AS n, max(sha256(sha256(v::VARCHAR))) FROM '{path}' GROUP BY k ORDER BY k",
        use_cache=False,
    ).submit()

    async def previews() -> list[PreviewEvent]:
        return [event async for event in job if isinstance(event, PreviewEvent)]

    seen = asyncio.run(previews())
    assert seen
    assert [event.fraction for event in seen] == sorted(event.fraction for event in seen)
    assert job.result().arrow().column("n").to_pylist() == [60_000] * 100


def test_what_is_known_needs_no_cluster(session: Session, cities: Path) -> None:
    sql = f"SELECT day, count(*) AS n FROM '{cities}/*.csv' GROUP BY day"
    expected = session.sql(sql).result()
    with connect("tcp://127.0.0.1:9", home=session.config.home) as nowhere:
        assert nowhere.sql(sql).result().arrow().equals(expected.arrow())
        assert nowhere.sql("SELECT 40 + 2 AS answer").result().arrow().to_pylist() == [{"answer": 42}]
        with pytest.raises(ClusterError, match="no Dask scheduler answers"):
            nowhere.sql(sql, use_cache=False).result()


def test_views_parameters_and_tables_meet_files(session: Session, cities: Path) -> None:
    session.register("bonus", pa.table({"city": ["Oslo", "Łódź"], "factor": [2, 3]}))
    session.command(f"CREATE OR REPLACE VIEW large AS FROM '{cities}/*.csv' WHERE amount > $least")
    sql = (
        "SELECT city, sum(amount * factor) AS total FROM large JOIN bonus USING (city) GROUP BY 1 ORDER BY 1"
    )
    result = session.sql(sql, params={"least": 600}).result()
    plain = """SELECT city, sum(amount * factor) FROM {t}
        JOIN (VALUES ('Oslo', 2), ('Łódź', 3)) b(city, factor) USING (city)
        WHERE amount > 600 GROUP BY 1 ORDER BY 1"""
    assert [tuple(row.values()) for row in result.arrow().to_pylist()] == oracle(plain, cities)


def test_queries_over_one_view_scan_once(session: Session, cities: Path) -> None:
    session.command(
        f"CREATE OR REPLACE VIEW noted AS SELECT city, amount FROM '{cities}/*.csv' WHERE note <> ''"
    )
    first = session.sql("SELECT city, sum(amount) FROM noted GROUP BY 1").result()
    again = session.sql(
        "SELECT city, sum(amount) AS s FROM noted GROUP BY 1 ORDER BY s DESC LIMIT 2"
    ).result()
    assert first.counters.bytes_scanned > 0
    assert again.counters.bytes_scanned == 0


def test_a_table_of_the_program_is_scanned_once(session: Session) -> None:
    rows = pa.table({"n": range(1000)})
    first, again = (session.sql("SELECT sum(n) FROM t", scope={"t": rows}).result() for _ in range(2))
    assert first.arrow() == again.arrow()
    assert (first.counters.rows_read, again.counters.bytes_scanned) == (1000, 0)
