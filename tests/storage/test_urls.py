"""URLs with secrets in them are refused, and told without."""

from __future__ import annotations

import pytest

from fusionflow_lab.errors import QueryError
from fusionflow_lab.storage.urls import check_url, redacted

CANARY = "canary-5d1e"


@pytest.mark.parametrize(
    "url",
    [
        f"s3://AKIA:{CANARY}@bucket/a.csv",
        f"s3://{CANARY}@bucket/a.csv",
        f"https://me:{CANARY}@host/a.csv",
        f"https://host/a.csv?X-Amz-Signature={CANARY}&X-Amz-Date=1",
        f"https://host/a.csv?x=1&sig={CANARY}",
        f"https://host/a.csv?access_token={CANARY}",
        f"https://host/a.csv?apiKey={CANARY}",
        f"https://host/a.csv?AWSAccessKeyId=x&Signature={CANARY}",
        f"s3://bucket/a.csv?s3_secret_access_key={CANARY}",
        f"https://host/a.csv?pass%77ord={CANARY}",
    ],
)
def test_secrets_are_refused_and_not_told(url: str) -> None:
    with pytest.raises(QueryError, match=r"holds a (secret|name or a password)") as told:
        check_url(url)
    assert CANARY not in str(told.value)
    assert CANARY not in redacted(f"SELECT * FROM '{url}' WHERE a = 1")


@pytest.mark.parametrize(
    "url",
    [
        "s3://bucket/a?.csv",
        "s3://bucket/token=1/key=2/*.csv",
        "https://host/a.csv?part=2&format=csv",
        "gs://bucket/a.csv",
    ],
)
def test_others_are_taken(url: str) -> None:
    check_url(url)
    assert redacted(url) == url


@pytest.mark.parametrize(
    ("url", "what"), [("file:///etc/passwd", "file:// is not read here"), ("s3:///a.csv", "names no bucket")]
)
def test_what_is_no_place_is_refused(url: str, what: str) -> None:
    with pytest.raises(QueryError, match=what):
        check_url(url)
