"""Queries over S3, on a real cluster and a real server: equal to the same over local files."""

from __future__ import annotations

import io
import random
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fusionflow_lab.api import Session
from fusionflow_lab.errors import SourceChangedError
from fusionflow_lab.results.result import Result
from tests.storage.conftest import Bucket
from tests.storage.fault_proxy import Fault, Request

CITIES = ("Oslo", "Kyoto", "New\nYork")
GROUPED = "SELECT city, count(*) AS n, sum(amount) AS amount FROM '{}' GROUP BY city ORDER BY city"
BLOCK = 1 << 20


def orders(rows: int, seed: int = 1) -> str:
    chance = random.Random(seed)
    lines = [f'{row},"{chance.choice(CITIES)}",{chance.randrange(9999)}' for row in range(rows)]
    return "id,city,amount\n" + "\n".join(lines) + "\n"


def asked(session: Session, pattern: str, sql: str = GROUPED) -> Result:
    return session.sql(sql.format(pattern)).result(60)


def answer(session: Session, pattern: str, sql: str = GROUPED) -> pa.Table:
    return asked(session, pattern, sql).arrow()


def test_groups_are_those_of_local_files(s3_session: Session, bucket: Bucket) -> None:
    for part in range(3):
        bucket.put(f"2025/{part}.csv", orders(60_000, part))
    found = answer(s3_session, f"{bucket.url}/2025/*.csv")
    assert sum(found.column("n").to_pylist()) == 180_000
    assert found == answer(s3_session, f"{bucket.folder}/2025/*.csv")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM '{}' WHERE amount > 9990 ORDER BY id",
        "SELECT * FROM '{}' LIMIT 5",
        "SELECT median(amount) AS m, list(id ORDER BY id)[1:3] AS l FROM '{}'",
        "SELECT year, count(*) AS n FROM read_csv('{}', hive_partitioning = true) GROUP BY ALL ORDER BY ALL",
        "SELECT count(*) AS n, count(line) AS k FROM read_lines('{}')",
    ],
)
def test_every_kind_of_query_reads_buckets(s3_session: Session, bucket: Bucket, sql: str) -> None:
    for year in (2024, 2025):
        bucket.put(f"year={year}/a.csv", orders(30_000, year))
    there = answer(s3_session, f"{bucket.url}/year=*/a.csv", sql)
    assert there.num_rows > 0
    assert there == answer(s3_session, f"{bucket.folder}/year=*/a.csv", sql)


def test_names_and_sizes_are_listed(s3_session: Session, bucket: Bucket) -> None:
    bucket.put("a/x.csv", "a\n1\n")
    bucket.put("a/b/y.csv", "a\n1\n22\n")
    sql = "SELECT file, size FROM glob('{}') ORDER BY file"
    assert answer(s3_session, f"{bucket.url}/**/*.csv", sql).to_pylist() == [
        {"file": f"{bucket.url}/a/b/y.csv", "size": 7},
        {"file": f"{bucket.url}/a/x.csv", "size": 4},
    ]
    assert answer(s3_session, f"{bucket.url}/none*", sql).num_rows == 0


def test_an_unchanged_object_is_not_read_again(s3_session: Session, bucket: Bucket) -> None:
    bucket.put("a.csv", orders(60_000))
    first = asked(s3_session, f"{bucket.url}/a.csv")
    before = len(bucket.proxy.gets())
    again = asked(s3_session, f"{bucket.url}/a.csv")
    assert again.arrow() == first.arrow()
    assert (again.counters.bytes_scanned, again.counters.bytes_verified) == (0, 0)
    assert len(bucket.proxy.gets()) == before


def test_only_a_changed_object_is_read_again(s3_session: Session, bucket: Bucket) -> None:
    for part in range(5):  # the last has a state that it shares with one other at most
        bucket.put(f"{part}.csv", orders(60_000, part))
    asked(s3_session, f"{bucket.url}/*.csv")
    bucket.proxy.requests.clear()
    text = orders(60_000, 7)
    bucket.put("4.csv", text)
    found = asked(s3_session, f"{bucket.url}/*.csv")
    assert {request.path.partition("?")[0] for request in bucket.proxy.gets()} >= {f"/{bucket.name}/4.csv"}
    assert 0 < found.counters.bytes_scanned <= 2 * len(text)
    assert found.arrow() == answer(s3_session, f"{bucket.folder}/*.csv")


def test_a_chunk_is_one_round_trip(s3_session: Session, bucket: Bucket) -> None:
    text = orders(500_000)
    bucket.put("large.csv", text)
    asked(s3_session, f"{bucket.url}/large.csv", "SELECT count(*) AS n, sum(amount) AS a FROM '{}'")
    blocks = len(text) / BLOCK
    gets = len(bucket.proxy.gets())
    # Blocks of a chunk that touch are one request; a few more look at the head, the middle and the tail.
    assert gets <= blocks + 8
    moved = sum(_length(request) for request in bucket.proxy.gets())
    assert moved <= len(text) * 1.2 + BLOCK


def _length(request: Request) -> int:
    first, last = request.range.removeprefix("bytes=").split("-")
    return int(last) - int(first) + 1


def test_stumbling_stores_change_no_answer(s3_session: Session, bucket: Bucket) -> None:
    for part in range(4):
        bucket.put(f"{part}.csv", orders(40_000, part))
    chance = random.Random(5)
    kinds: tuple[Fault, ...] = ("500", "503", "429", "drop", "cut", "slow")
    bucket.proxy.fault = lambda _: chance.choice(kinds) if chance.random() < 0.3 else ""
    found = asked(s3_session, f"{bucket.url}/*.csv")
    bucket.proxy.fault = lambda _: ""
    assert found.arrow() == answer(s3_session, f"{bucket.folder}/*.csv")
    counters = found.counters
    assert counters.rows_read == counters.rows_used == 160_000


def test_an_object_that_changes_meanwhile_is_no_mix(s3_session: Session, bucket: Bucket) -> None:
    bucket.put("a.csv", orders(400_000))
    other = orders(400_000, 2).encode()
    looks = 6

    def replace_it(request: Request) -> Fault:
        if request.range and len(bucket.proxy.gets()) == looks + 3:
            bucket.client.put_object(Bucket=bucket.name, Key="a.csv", Body=other)
        return ""

    bucket.proxy.fault = replace_it
    with pytest.raises(SourceChangedError, match="changed while it was being read"):
        asked(s3_session, f"{bucket.url}/a.csv")
    bucket.proxy.fault = lambda _: ""
    assert asked(s3_session, f"{bucket.url}/a.csv").counters.rows_read == 400_000


def test_what_is_missing_is_named(s3_session: Session, bucket: Bucket) -> None:
    bucket.put("there.csv", "a\n1\n")
    with pytest.raises(
        FileNotFoundError, match=r"there is no bucket no-such-bucket\ntry: .*endpoint: http://127"
    ):
        asked(s3_session, "s3://no-such-bucket/a.csv")
    with pytest.raises(FileNotFoundError, match=f"there is no object {bucket.url}/a.csv"):
        asked(s3_session, f"{bucket.url}/a.csv")
    with pytest.raises(FileNotFoundError, match="no object matches"):
        asked(s3_session, f"{bucket.url}/x*.csv")


@pytest.mark.parametrize(
    ("profile", "what"),
    [
        ("wrong", r"does not accept profile wrong \(SignatureDoesNotMatch\)\ntry: they are taken where"),
        ("stranger", "does not accept profile stranger"),
        ("anonymous", r"profile anonymous may not read it\ntry: ask for s3:GetObject"),
        ("nobody", r"there is no profile nobody where it is read\ntry: write it to"),
    ],
)
def test_refused_credentials_are_named(s3_session: Session, bucket: Bucket, profile: str, what: str) -> None:
    if not bucket.server.checks_secrets and profile != "nobody":
        pytest.skip("this server takes any secret; make s3 installs one that does not")
    bucket.put("a.csv", "a\n1\n")
    relation = s3_session.sql(f"FROM '{bucket.url}/a.csv'")
    other = replace(relation.query, access=replace(relation.query.access, s3_profile=profile))
    with pytest.raises(PermissionError, match=what):
        replace(relation, query=other).result(30)


def test_row_groups_are_read_by_the_columns_asked_for(s3_session: Session, bucket: Bucket) -> None:
    chance = random.Random(3)
    table = pa.table(
        {
            "city": [chance.choice(CITIES) for _ in range(40_000)],
            "noise": [chance.randbytes(200) for _ in range(40_000)],
            "amount": [chance.randrange(9999) for _ in range(40_000)],
        }
    )
    sink = io.BytesIO()
    pq.write_table(table, sink, row_group_size=10_000, compression="none")
    bucket.client.put_object(Bucket=bucket.name, Key="a.parquet", Body=sink.getvalue())
    bucket.folder.mkdir(parents=True, exist_ok=True)
    (bucket.folder / "a.parquet").write_bytes(sink.getvalue())
    found = asked(s3_session, f"{bucket.url}/a.parquet", GROUPED + " LIMIT 2")
    assert found.arrow() == answer(s3_session, f"{bucket.folder}/a.parquet", GROUPED + " LIMIT 2")
    filtered = "SELECT count(*) AS n FROM '{}' WHERE amount > 5000 AND city < 'L'"
    assert answer(s3_session, f"{bucket.url}/a.parquet", filtered) == answer(
        s3_session, f"{bucket.folder}/a.parquet", filtered
    )
