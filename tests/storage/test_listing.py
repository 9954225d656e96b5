from __future__ import annotations

from pathlib import Path

import pytest

from fusionflow_lab.access import Access
from fusionflow_lab.errors import QueryError
from fusionflow_lab.storage import listing
from fusionflow_lab.storage.listing import list_bucket, list_folder
from tests.storage.conftest import Bucket


def test_a_bucket_is_listed_folder_by_folder(bucket: Bucket) -> None:
    for key in ("top.csv", "sales/a.csv", "sales/2025/b.csv", "sales/2025/c d.csv", "other/x.csv"):
        bucket.put(key, "n\n1\n")
    access = Access(s3_endpoint=bucket.proxy.url)

    top = list_bucket(f"{bucket.url}/", access)
    inner = list_bucket(f"{bucket.url}/sales/", access)
    deep = list_bucket(f"{bucket.url}/sales/2025", access)
    buckets = list_bucket("s3://", access)

    assert [(one.name, one.folder) for one in top.entries] == [
        ("other", True),
        ("sales", True),
        ("top.csv", False),
    ]
    assert [one.path for one in inner.entries] == [f"{bucket.url}/sales/2025/", f"{bucket.url}/sales/a.csv"]
    assert [(one.name, one.size) for one in deep.entries] == [("b.csv", 4), ("c d.csv", 4)]
    assert all(one.modified for one in deep.entries)
    assert f"{bucket.url}/" in [one.path for one in buckets.entries]


def test_what_is_no_bucket_is_told(bucket: Bucket) -> None:
    access = Access(s3_endpoint=bucket.proxy.url)

    with pytest.raises(FileNotFoundError, match="there is no bucket nobodys-bucket"):
        list_bucket("s3://nobodys-bucket/", access)
    with pytest.raises(QueryError, match="is not read here"):
        list_bucket("file:///etc/", access)


def test_large_folders_are_cut_and_odd_entries_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MOST_ENTRIES", 3)
    for name in ("b", "a", "c", "d", ".hidden"):
        (tmp_path / name).touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "nowhere").symlink_to(tmp_path / "none")
    found = list_folder(str(tmp_path))

    assert ([one.name for one in found.entries], found.more) == (["folder", "a", "b"], True)
