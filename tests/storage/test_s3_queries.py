"""Queries over S3, on a real cluster and a real server: equal to the same over local files."""

from __future__ import annotations

import random

import pyarrow as pa

from fusionflow_lab.api import Session
from tests.storage.conftest import Bucket

CITIES = ("Oslo", "Kyoto", "New\nYork")
GROUPED = "SELECT city, count(*) AS n, sum(amount) AS amount FROM '{}' GROUP BY city ORDER BY city"


def orders(rows: int, seed: int = 1) -> str:
    chance = random.Random(seed)
    lines = [f'{row},"{chance.choice(CITIES)}",{chance.randrange(9999)}' for row in range(rows)]
    return "id,city,amount\n" + "\n".join(lines) + "\n"


def answer(session: Session, pattern: str, sql: str = GROUPED) -> pa.Table:
    return session.sql(sql.format(pattern)).result(60).arrow()


def test_groups_are_those_of_local_files(s3_session: Session, bucket: Bucket) -> None:
    for part in range(3):
        bucket.put(f"2025/{part}.csv", orders(60_000, part))
    found = answer(s3_session, f"{bucket.url}/2025/*.csv")
    assert found == answer(s3_session, f"{bucket.folder}/2025/*.csv")
    assert sum(found.column("n").to_pylist()) == 180_000
