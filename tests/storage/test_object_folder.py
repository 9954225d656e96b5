"""A prefix of a bucket as a store: the same promises as those of a folder, on a real server."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from fusionflow_lab.query import Access
from fusionflow_lab.storage import ObjectFolder
from tests.storage.conftest import Bucket
from tests.storage.fault_proxy import Fault, Request


@pytest.fixture
def folder(bucket: Bucket) -> ObjectFolder:
    return ObjectFolder(f"{bucket.url}/deep/er", Access(s3_endpoint=bucket.proxy.url))


def test_put_get_names_delete(folder: ObjectFolder) -> None:
    folder.put("b/2", [b"two"])
    folder.put("b/1", [b"o", memoryview(b"ne")])
    folder.put("b/deeper/3", [b"three"])
    folder.put("empty", [])
    assert folder.get("b/1") == b"one"
    assert folder.get("b/2", limit=2) == b"tw"
    assert folder.get("b/2", start=1, limit=9) == b"wo"
    assert folder.get("b/2", start=2) == b"o"
    assert folder.get("empty", limit=5) == b""
    assert list(folder.names("b")) == ["b/1", "b/2"]
    assert folder.has("b/1")
    folder.delete("b/1")
    folder.delete("b/1")
    assert not folder.has("b/1")
    assert list(folder.names("b")) == ["b/2"]
    assert list(folder.names("nowhere")) == []
    with pytest.raises(FileNotFoundError):
        folder.get("b/1")


def test_of_many_that_put_if_absent_one_wins(folder: ObjectFolder) -> None:
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda n: folder.put_if_absent("log/1.json", [b"%d" % n]), range(16)))
    assert told.count(True) == 1
    assert folder.get("log/1.json") == b"%d" % told.index(True)


def test_a_lost_answer_is_no_lost_race(bucket: Bucket, folder: ObjectFolder) -> None:
    def lose_first_answer(request: Request) -> Fault:
        return "cut" if request.method == "PUT" and request.number == first else ""

    first = len(bucket.proxy.requests)
    bucket.proxy.fault = lose_first_answer
    assert folder.put_if_absent("log/2.json", [b"mine"])
    assert not folder.put_if_absent("log/2.json", [b"another"])


def test_what_is_staged_is_unseen_until_it_is_promoted(folder: ObjectFolder) -> None:
    token = folder.stage("data/part", [b"n", b"ew"], area="staging/job")
    assert folder.waits("data/part", token)
    assert not folder.has("data/part")
    assert list(folder.names("data")) == []
    folder.promote("data/part", token)
    folder.promote("data/part", token)
    assert folder.get("data/part") == b"new"
    assert not folder.waits("data/part", token)
    folder.drop("data/part", token)
    assert list(folder.names("data")) == ["data/part"]


def test_what_is_dropped_cannot_be_promoted(folder: ObjectFolder, bucket: Bucket) -> None:
    if bucket.server.fails_without_upload:
        pytest.skip("this server fails where an upload is gone; make s3 installs one that says so")
    token = folder.stage("data/part", [b"new"], area="staging/job")
    folder.drop("data/part", token)
    folder.drop("data/part", token)
    assert not folder.waits("data/part", token)
    with pytest.raises(FileNotFoundError):
        folder.promote("data/part", token)


def test_faults_are_asked_again(bucket: Bucket, folder: ObjectFolder) -> None:
    faults: dict[int, Fault] = {0: "503", 1: "drop", 3: "500", 5: "cut", 7: "429", 8: "drop"}
    first = len(bucket.proxy.requests)
    bucket.proxy.fault = lambda request: faults.get(request.number - first, "")
    folder.put("a", [b"x" * 100_000])
    assert folder.get("a") == b"x" * 100_000
    token = folder.stage("b", [b"y"], area="")
    folder.promote("b", token)
    assert folder.get("b") == b"y"
    assert len(bucket.proxy.requests) - first >= 12


def test_a_bucket_that_is_not_there_is_named(bucket: Bucket) -> None:
    folder = ObjectFolder("s3://no-such-bucket/x", Access(s3_endpoint=bucket.proxy.url))
    with pytest.raises(FileNotFoundError, match="there is no bucket no-such-bucket"):
        folder.put("a", [b""])
