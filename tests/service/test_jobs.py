from __future__ import annotations

import io
import json
from itertools import chain
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from fusionflow_lab.jobs.store import JobStore
from fusionflow_lab.query import Query
from fusionflow_lab.service.wire import ARROW, CSV, NDJSON, PARQUET
from tests.service.conftest import Asker


def typed(path: Path) -> str:
    return f"read_csv('{path}', types = {{'distance': 'BIGINT'}})"


def test_a_job_from_post_to_delete(asker: Asker, trips: Path) -> None:
    sql = f"SELECT city, sum(distance) AS n FROM {typed(trips)} WHERE distance >= $least GROUP BY ALL"
    body = {"sql": sql, "params": {"least": 3}, "name": "trips", "max_errors": "100%"}
    made = asker.json("POST", "jobs", body=body)
    assert asker.session.job(made["id"]).wait(60)
    path = f"jobs/{made['id']}"
    job = asker.json("GET", path)

    assert (job["status"], job["name"], job["sql"]) == ("COMPLETED", "trips", sql)
    assert job["parameters"] == [{"name": "least", "type": "INTEGER", "value": "3"}]
    counters = job["counters"]
    assert counters["rows_read"] == 4
    assert counters["rows_read"] == sum(counters[f"rows_{what}"] for what in ("used", "filtered", "rejected"))
    assert job["has_result"]
    assert asker.send("GET", f"{path}/result").headers["X-Total-Rows"] == "2"
    assert [row["line"] for row in asker.json("GET", f"{path}/rejects")] == [5]
    assert b"COMPLETED" in asker.send("GET", f"{path}/logs").body
    types = [frame["event"]["type"] for frame in asker.json("GET", f"{path}/events")["frames"]]
    assert types[:3] == ["status"] * 3
    assert asker.json("DELETE", path) == {"deleted": [made["id"]]}
    assert asker.problem("GET", path)[0] == 404
    assert not list(Path(asker.session.stores.results.root).glob(f"{made['id']}*"))


def test_results_are_equal_in_every_form(asker: Asker, trips: Path) -> None:
    job = asker.run(f"SELECT city, day, 'a,\"b\"\n' AS odd FROM '{trips}' ORDER BY day")
    forms = {
        media: asker.send("GET", f"jobs/{job}/result", accept=media)
        for media in (ARROW, PARQUET, CSV, NDJSON)
    }
    rows = asker.json("GET", f"jobs/{job}/result")

    arrow = pa.ipc.open_stream(forms[ARROW].body).read_all()
    assert [reply.headers["X-Total-Rows"] for reply in forms.values()] == ["4"] * 4
    assert pq.read_table(io.BytesIO(forms[PARQUET].body)).to_pylist() == arrow.to_pylist()
    assert [{**row, "day": str(row["day"])} for row in arrow.to_pylist()] == rows
    assert [json.loads(line) for line in forms[NDJSON].body.splitlines()] == rows
    read = pyarrow.csv.ParseOptions(newlines_in_values=True)
    assert (
        pyarrow.csv.read_csv(io.BytesIO(forms[CSV].body), parse_options=read).to_pylist() == arrow.to_pylist()
    )


def test_a_job_is_run_again_as_another(asker: Asker, trips: Path) -> None:
    job = asker.run(
        f"SELECT count(*) AS n FROM {typed(trips)} WHERE distance > $x", params={"x": 5}, max_errors="100%"
    )
    again = asker.json("POST", f"jobs/{job}/rerun", body={})
    assert again["id"] != job
    assert again["parameters"] == asker.json("GET", f"jobs/{job}")["parameters"]
    assert asker.session.job(again["id"]).wait(60)
    assert asker.json("GET", f"jobs/{again['id']}")["counters"]["bytes_scanned"] == 0


def test_an_idempotency_key_gives_one_job(asker: Asker) -> None:
    body = {"sql": "SELECT 1 AS one", "idempotency_key": "nightly"}
    first, again = asker.send("POST", "jobs", body=body), asker.send("POST", "jobs", body=body)

    assert (first.status, again.status) == (201, 200)
    assert json.loads(first.body)["id"] == json.loads(again.body)["id"]
    assert asker.problem("POST", "jobs", body={**body, "sql": "SELECT 2 AS two"})[0] == 409


def test_a_job_at_work_is_stopped_and_not_deleted(asker: Asker) -> None:
    store, owner = asker.session.stores.jobs, asker.session.config.user
    job = store.create(Query(text="SELECT 1"), owner=owner).id
    epoch = store.claim(job, "a runner", seconds=600)
    assert store.advance(job, epoch, "queue")
    assert store.advance(job, epoch, "start")
    path = f"jobs/{job}"

    for way, query in ((path, None), ("jobs", {"id": [job]})):
        status, problem = asker.problem("DELETE", way, query=query)
        assert (status, problem["job_id"], problem["hint"]) == (409, job, "stop it first")
    assert asker.problem("GET", f"{path}/result")[0] == 409
    assert asker.json("PATCH", path, body={"status": "STOPPED"})["desired"] == "stop"
    assert store.renew(job, epoch) == "stop"
    assert store.advance(job, epoch, "stop")
    assert store.advance(job, epoch, "finish_stop")
    status, problem = asker.problem("PATCH", path, body={"status": "STOPPED"})
    assert (status, problem["message"]) == (409, "the job has ended: it is STOPPED")


MISTAKES = [
    ("POST", "jobs", {"body": {"sql": "SELECT 1", "sqll": 2}}, 400, "unknown field sqll"),
    ("POST", "jobs", {"body": {}}, 400, "sql: Field required"),
    ("POST", "jobs", {"body": b"{"}, 400, "Invalid JSON: EOF while parsing an object at line 1 column 1"),
    ("POST", "jobs", {"body": {"sql": "SELEC 1"}}, 400, 'syntax error at or near "SELEC"'),
    ("POST", "jobs", {"body": {"sql": "FROM 'nowhere/*.csv'"}}, 404, "no file matches nowhere/*.csv"),
    ("GET", "jobs", {"query": {"limt": "3"}}, 400, "unknown field limt"),
    ("GET", "jobs", {"query": {"limit": "0"}}, 400, "limit: Input should be greater than or equal to 1"),
    ("GET", "jobs", {"query": {"limit": ["1", "2"]}}, 400, "limit is there 2 times"),
    ("GET", "jobs", {"query": {"cursor": "xx"}}, 400, "the cursor is none of a page of this order"),
    ("GET", "jobs/nope", {}, 404, "no job has this id"),
    ("PUT", "jobs", {}, 405, "jobs does not take PUT"),
    ("GET", "job", {}, 404, "there is nothing at job"),
]


@pytest.mark.parametrize(("method", "path", "parts", "status", "message"), MISTAKES)
def test_mistakes_are_told(
    asker: Asker, method: str, path: str, parts: dict[str, object], status: int, message: str
) -> None:
    found, problem = asker.problem(method, path, **parts)

    assert (found, problem["message"]) == (status, message)
    assert set(problem) == {"message", "reason", "where", "hint", "job_id"}


def test_a_place_in_the_sql_is_told(asker: Asker, trips: Path) -> None:
    _, problem = asker.problem("POST", "jobs", body={"sql": f"SELECT ctiy\nFROM '{trips}'"})

    assert problem["where"] == {"file": None, "line": 1, "byte": None, "column": 8}
    assert problem["reason"] == "QueryError"


def test_jobs_page_by_page(asker: Asker) -> None:
    with JobStore(asker.session.config.job_database) as store:
        owner = asker.session.config.user
        ids = [store.create(Query(text="SELECT 1", name=f"paged {n % 5}"), owner=owner).id for n in range(23)]
        store.create(Query(text="SELECT 1", name="paged 1"), owner="another")
    for sort in ("-created", "created", "name", "-name", "-started"):
        pages, query = [], {"q": "PAGED", "limit": "5", "sort": sort}
        while True:
            page = asker.json("GET", "jobs", query=query)
            pages.append([job["id"] for job in page["jobs"]])
            if page["next_cursor"] is None:
                break
            query["cursor"] = page["next_cursor"]

        assert [len(page) for page in pages] == [5, 5, 5, 5, 3]
        assert sorted(chain.from_iterable(pages)) == sorted(ids)
    counts = asker.json("GET", "jobs/count", query={"q": "paged 1"})
    assert (counts["counts"]["CREATED"], counts["total"]) == (5, 5)
    assert asker.json("DELETE", "jobs", query={"id": ids})["deleted"] == ids


FILTERS = [
    ([{"column": "n", "op": ">", "value": 9990}], "n > 9990"),
    ([{"column": "n", "op": "in", "value": [3, 5, 70_000]}], "n IN (3, 5, 70000)"),
    ([{"column": "name", "op": "contains", "value": "'; --"}], "contains(name, '''; --')"),
    ([{"column": "name", "op": "starts_with", "value": "X1"}, {"column": "half", "op": "<=", "value": 50}],
     "starts_with(name, 'x1') AND half <= 50"),
    ([{"column": "name", "op": "is_null"}], "name IS NULL"),
    ([{"column": "name", "op": "not_null"}, {"column": "day", "op": "=", "value": "2024-01-03"}],
     "name IS NOT NULL AND day = DATE '2024-01-03'"),
    ([{"column": "name", "op": "!=", "value": "x1"}], "name != 'x1'"),
    ([], "true"),
]  # fmt: skip
ORDERS = [
    [],
    [{"column": "half", "descending": True}],
    [{"column": "name"}, {"column": "n", "descending": True}],
]
NUMBERS = (
    "SELECT range AS n, range / 2 AS half, CASE WHEN range % 7 > 0 THEN 'x' || range % 50 END AS name, "
    "DATE '2024-01-01' + CAST(range % 9 AS INTEGER) AS day FROM range(10_000)"
)


@pytest.fixture(scope="module")
def numbers(asker: Asker) -> str:
    return asker.run(NUMBERS)


@pytest.mark.parametrize(("conditions", "where"), FILTERS)
@pytest.mark.parametrize("order", ORDERS)
def test_a_page_is_sql_over_the_result(
    asker: Asker,
    numbers: str,
    conditions: list[dict[str, object]],
    where: str,
    order: list[dict[str, object]],
) -> None:
    by = [f"{one['column']} {'DESC' if one.get('descending') else 'ASC'} NULLS LAST" for one in order] + ["n"]
    sql = f"SELECT n FROM ({NUMBERS}) WHERE {where} ORDER BY {', '.join(by)}"
    with duckdb.connect() as connection:
        expected = [n for (n,) in connection.execute(sql).fetchall()]

    reply = asker.send(
        "GET",
        f"jobs/{numbers}/result",
        query={"offset": "3", "limit": "40", "sort": json.dumps(order), "filter": json.dumps(conditions)},
        accept=ARROW,
    )

    rows = pa.ipc.open_stream(reply.body).read_all()
    assert rows.column("n").to_pylist() == expected[3:43]
    assert reply.headers["X-Total-Rows"] == str(len(expected))


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"filter": '[{"column": "nn", "op": "=", "value": 1}]'}, "the result has no column nn"),
        ({"filter": '[{"column": "n", "op": "like", "value": 1}]'}, "filter.0.op: Input should be"),
        ({"filter": '[{"column": "n", "op": "=", "value": "many"}]'}, "Conversion Error"),
        ({"filter": '[{"column": "n", "op": "="}]'}, "= of n takes one value"),
        ({"filter": "n = 1"}, "filter: Invalid JSON"),
        ({"sort": '[{"column": "n; DROP"}]'}, "the result has no column n; DROP"),
    ],
)
def test_wrong_pages_are_refused(asker: Asker, numbers: str, query: dict[str, str], message: str) -> None:
    status, problem = asker.problem("GET", f"jobs/{numbers}/result", query=query)

    assert status == 400
    assert problem["message"].startswith(message)


def test_columns_of_one_name_and_of_odd_types(asker: Asker) -> None:
    columns = "range AS a, -range AS a, sum(range) OVER () AS s, INTERVAL 1 DAY AS i, [range] AS l"
    job = asker.run(f"SELECT {columns} FROM range(3)")
    query = {"sort": '[{"column": "a", "descending": true}]', "limit": "2"}
    rows = pa.ipc.open_stream(
        asker.send("GET", f"jobs/{job}/result", query=query, accept=ARROW).body
    ).read_all()

    assert [column.to_pylist() for column in rows.columns[:3]] == [[2, 1], [-2, -1], [3, 3]]
    assert len(asker.json("GET", f"jobs/{job}/result")) == 3
