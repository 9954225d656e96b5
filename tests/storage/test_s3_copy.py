"""COPY to a bucket and back, on a real S3 server behind a proxy that fails."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from fusionflow_lab.api import Session
from fusionflow_lab.errors import QueryError
from tests.storage.conftest import Bucket
from tests.storage.fault_proxy import Fault, Request

ROWS = "k,v\n" + "".join(f"{number % 3},{number}\n" for number in range(3000))


def test_a_dataset_in_a_bucket(bucket: Bucket, s3_session: Session) -> None:
    bucket.put("in/a.csv", ROWS)
    options = "(FORMAT parquet, PARTITION_BY (k)"
    text = f"COPY (FROM '{bucket.url}/in/a.csv') TO '{bucket.url}/out' {options}{{}})"

    def every_fifth_fails(request: Request) -> Fault:
        return "503" if request.number % 5 == 0 else ""

    bucket.proxy.fault = every_fifth_fails
    written = s3_session.sql(text.format("")).result()
    assert sum(written.table.column("rows").to_pylist()) == 3000
    s3_session.sql(text.format(", APPEND")).result()
    again = s3_session.sql(text.format(", OVERWRITE")).result()
    assert sum(again.table.column("rows").to_pylist()) == 3000
    with pytest.raises(QueryError, match="there is a dataset already"):
        s3_session.sql(text.format("")).submit()
    found = s3_session.sql(
        f"SELECT k, count(*) AS n, sum(v) AS s FROM '{bucket.url}/out' GROUP BY k ORDER BY k"
    )
    assert [(row["k"], row["n"]) for row in found.result().arrow().to_pylist()] == [
        (0, 1000),
        (1, 1000),
        (2, 1000),
    ]
    listed = bucket.client.list_objects_v2(Bucket=bucket.name, Prefix="out/k=")["Contents"]
    assert len(listed) == 3
    assert "Uploads" not in bucket.client.list_multipart_uploads(Bucket=bucket.name)


@pytest.mark.long
@pytest.mark.timeout(400)
def test_a_commit_to_a_bucket_survives_death_at_every_change(bucket: Bucket) -> None:
    program = [sys.executable, "-m", "tests.datasets.crash", f"{bucket.url}/out"]
    environment = {**os.environ, "FUSIONFLOW_S3_ENDPOINT": bucket.server.url}
    done = subprocess.run(program, capture_output=True, text=True, check=False, timeout=380, env=environment)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == 6 + 10
