"""Datasets: one version after the other, whoever dies, races or wakes up late."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from fusionflow_lab.datasets.dataset import Dataset, LostPartError
from fusionflow_lab.datasets.version import Version
from fusionflow_lab.errors import QueryError, StateError
from fusionflow_lab.storage import Folder
from tests.datasets.crash import FILES, change, seen


def test_a_commit_survives_death_at_every_change(tmp_path: Path) -> None:
    program = [sys.executable, "-m", "tests.datasets.crash", str(tmp_path)]
    done = subprocess.run(program, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    # One version, four promotions and a mark; overwriting removes four files before the mark.
    assert int(done.stdout) == 6 + 10


def test_a_job_commits_once(tmp_path: Path) -> None:
    folder = Folder(str(tmp_path))
    wanted = change(folder, "one", "error")
    first = Dataset(folder).commit(wanted)
    assert Dataset(folder).commit(wanted) == first
    assert Dataset(folder).of_job("one") == first
    with pytest.raises(QueryError, match="there is a dataset already"):
        Dataset(folder).commit(change(folder, "two", "error"))


def test_a_late_driver_does_no_harm(tmp_path: Path) -> None:
    folder = Folder(str(tmp_path))
    late = Dataset(folder).commit(change(folder, "one", "append"))
    Dataset(folder).commit(change(folder, "two", "overwrite"))
    now = seen(folder)
    Dataset(folder)._roll_forward(late)
    assert seen(folder) == now
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.csv")} == now


def test_files_are_not_used_twice(tmp_path: Path) -> None:
    folder = Folder(str(tmp_path))
    wanted = change(folder, "one", "append")
    Dataset(folder).commit(wanted)
    with pytest.raises(LostPartError):
        Dataset(folder).commit(replace(wanted, job="two"))
    kept = Dataset(folder).commit(replace(wanted, job="three", mode="overwrite", parts=wanted.parts[:1]))
    assert (kept.added, len(kept.removed)) == ((), FILES - 1)


def test_only_equal_columns_are_appended(tmp_path: Path) -> None:
    folder = Folder(str(tmp_path))
    Dataset(folder).commit(change(folder, "one", "append"))
    other = replace(change(folder, "two", "append"), columns=(("a", "BIGINT"),))
    with pytest.raises(QueryError, match="another columns: a BIGINT; the dataset has a VARCHAR"):
        Dataset(folder).commit(other)


def test_a_damaged_manifest_is_refused(tmp_path: Path) -> None:
    folder = Folder(str(tmp_path))
    version = Dataset(folder).commit(change(folder, "one", "append"))
    assert Version.from_json(folder.get(version.name), "") == version
    for text in (b"{}", b"[]", b"no", version.to_json().replace(b'"format":1', b'"format":9')):
        folder.put(version.name, [text])
        with pytest.raises(StateError, match="the manifest of a dataset cannot be read"):
            Dataset(folder).current()
