"""Secrets stay where they are: in no database, state, log, event, result, job or error."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fusionflow_lab.api import Session, connect
from fusionflow_lab.errors import FusionflowError, QueryError
from fusionflow_lab.results.message import message_lines
from tests.storage.conftest import Bucket
from tests.storage.s3_server import KEY, SECRET

CANARY = "canary-0b8f2d7c"


def holders(folder: Path, secrets: tuple[str, ...]) -> Iterator[str]:
    """Yield the files below a folder that hold a secret."""
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            yield from (f"{path}: {secret}" for secret in secrets if secret.encode() in content)


def test_a_secret_is_nowhere(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    bucket.put("a.csv", "city,n\nOslo,1\nKyoto,2\n")
    bucket.put("bad.csv", "city,n\n" + "Oslo,1\n" * 50 + "Kyoto,x\n" * 50)
    good = f"SELECT city, sum(n) AS n FROM '{bucket.url}/a.csv' GROUP BY city ORDER BY city"
    bad = f"SELECT sum(n) FROM read_csv('{bucket.url}/bad.csv', types = {{'n': 'BIGINT'}}, max_errors = 1)"
    told = []
    home = tmp_path / "home"
    with connect(home=home, workers=1, runner="detached") as session:
        job = session.sql(good).submit()
        assert job.result(60).arrow().column("n").to_pylist() == [2, 1]
        told += [repr(job), repr(session.jobs()), session.sql(good).explain()]
        for sql in (
            bad,
            f"FROM '{bucket.url}/none.csv'",
            f"FROM 's3://{KEY}:{CANARY}@{bucket.name}/a.csv'",
            f"FROM read_csv('https://host/a.csv?X-Amz-Signature={CANARY}')",
            f"SELECT * FROM glob('s3://{CANARY}@{bucket.name}/*')",
        ):
            with pytest.raises((FusionflowError, OSError)) as error:
                session.sql(sql).result(60)
            told += [str(error.value), repr(error.value), *message_lines(error.value)]
        told += [repr(record) for record in session.jobs()]
        told.append(repr(pickle.dumps(session.sql(good).query)))
    printed = capfd.readouterr()
    told += [printed.out, printed.err]
    secrets = (SECRET, CANARY)
    assert [text for text in told if any(secret in text for secret in secrets)] == []
    assert [*holders(home, secrets)] == []
    assert [*holders(home, ("a.csv",))] != []  # what is looked for would be found


@pytest.mark.parametrize(
    "statement",
    [
        f"SET s3_secret_access_key = '{CANARY}'",
        f"CREATE SECRET s (TYPE s3, KEY_ID 'k', SECRET '{CANARY}')",
        f"FROM read_csv('s3://b/a.csv', secret = '{CANARY}')",
    ],
)
def test_statements_with_secrets_are_refused(s3_session: Session, statement: str) -> None:
    with pytest.raises(QueryError) as error:
        s3_session.command(statement) or s3_session.sql(statement).result(10)
    assert CANARY not in str(error.value)
    assert CANARY not in repr(error.value)


def test_a_profile_is_all_that_a_query_holds(s3_session: Session) -> None:
    query = s3_session.sql("FROM 's3://bucket/a.csv'").query
    access = replace(query.access, s3_profile="reports")
    assert "reports" in repr(access)
    assert SECRET not in repr(access)
