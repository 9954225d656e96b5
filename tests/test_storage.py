"""Storage: atomic puts, sorted names, nothing half written."""

from __future__ import annotations

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
