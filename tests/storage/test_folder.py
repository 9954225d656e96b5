"""A folder as a store: atomic puts, sorted names, nothing half written."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fusionflow_lab.storage import Folder


def test_put_get_names_delete(tmp_path: Path) -> None:
    folder = Folder(str(tmp_path))
    folder.put("b/2", [b"two"])
    folder.put("b/1", [b"o", b"ne"])
    assert folder.get("b/1") == b"one"
    assert folder.get("b/2", limit=2) == b"tw"
    assert list(folder.names("b")) == ["b/1", "b/2"]
    folder.delete("b/1")
    folder.delete("b/1")
    assert list(folder.names("b")) == ["b/2"]
    assert list(folder.names("nowhere")) == []


def test_a_failed_put_leaves_nothing(tmp_path: Path) -> None:
    folder = Folder(str(tmp_path))
    with pytest.raises(TypeError):
        folder.put("x", [b"one", 2])  # type: ignore[list-item]  # the fault under test
    assert list(tmp_path.iterdir()) == []


def test_of_many_that_put_if_absent_one_wins(tmp_path: Path) -> None:
    folder = Folder(str(tmp_path))
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda n: folder.put_if_absent("log/1.json", [b"%d" % n]), range(32)))
    assert told.count(True) == 1
    assert folder.get("log/1.json") == b"%d" % told.index(True)
    assert list(folder.names("log")) == ["log/1.json"]
    assert [entry.name for entry in (tmp_path / "log").iterdir()] == ["1.json"]


def test_what_is_staged_is_unseen_until_it_is_promoted(tmp_path: Path) -> None:
    folder = Folder(str(tmp_path))
    token = folder.stage("data/part", [b"new"], area="staging/job")
    assert not folder.has("data/part")
    assert list(folder.names("data")) == []
    folder.promote("data/part", token)
    folder.promote("data/part", token)
    assert folder.get("data/part") == b"new"
    folder.drop("data/part", token)
    assert list(folder.names("data")) == ["data/part"]


def test_what_is_dropped_cannot_be_promoted(tmp_path: Path) -> None:
    folder = Folder(str(tmp_path))
    token = folder.stage("data/part", [b"new"], area="staging/job")
    folder.drop("data/part", token)
    folder.drop("data/part", token)
    with pytest.raises(FileNotFoundError):
        folder.promote("data/part", token)
    assert not folder.has("data/part")
    assert list(folder.names("staging/job")) == []
