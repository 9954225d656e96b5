"""States in a bucket: workers that share nothing else find them again, and damage is no answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from fusionflow_lab.api import Session, connect
from tests.storage.conftest import Bucket


def test_states_in_a_bucket_are_found_again(
    s3_session: Session, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "k,v\n" + "".join(f"{row % 7},{row}\n" for row in range(300_000))
    file = bucket.put("a.csv", text)
    monkeypatch.setenv("FUSIONFLOW_STORE", f"{bucket.url}/states")
    sql = f"SELECT k, sum(v) AS v, count(DISTINCT v) AS n FROM '{file}' GROUP BY k ORDER BY k"
    gathered = f"SELECT a.k, count(*) AS n FROM '{file}' a, '{file}' b WHERE a.v = b.v + 299999 GROUP BY a.k"
    expected = s3_session.sql(sql).result(60).arrow()
    with connect(s3_session.scheduler_address, home=tmp_path / "one") as session:
        assert session.sql(sql).result(60).arrow() == expected
        assert session.sql(gathered).result(60).arrow().num_rows == 1
    names = [entry["Key"] for entry in bucket.client.list_objects_v2(Bucket=bucket.name)["Contents"]]
    states = [name for name in names if name.startswith("states/")]
    assert states != []
    assert not (tmp_path / "one" / "states").exists()
    with connect(s3_session.scheduler_address, home=tmp_path / "two") as session:
        again = session.sql(sql).result(60)
        assert (again.arrow(), again.counters.bytes_scanned) == (expected, 0)
    for name in states:
        bucket.client.put_object(Bucket=bucket.name, Key=name, Body=b"damaged")
    with connect(s3_session.scheduler_address, home=tmp_path / "three") as session:
        again = session.sql(sql).result(60)
        assert (again.arrow(), again.counters.bytes_scanned) == (expected, len(text) - len("k,v\n"))
