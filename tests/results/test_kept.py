from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from fusionflow_lab.results.kept import keep_result, kept_result
from fusionflow_lab.results.result import Result
from fusionflow_lab.states.kept_rows import kept_rows
from fusionflow_lab.storage import Folder


def test_a_result_comes_back_as_it_was(tmp_path: Path) -> None:
    folder = Folder(str(tmp_path))
    table = pa.table({"n": [1, 2], "t": ["a", None]})
    keep_result(folder, "a.arrow", Result(table=table, types=("TINYINT", "VARCHAR"), gathered="why"))
    found = kept_result(folder, "a.arrow")
    assert found.table.equals(table)
    assert found.table.schema.metadata is None
    assert (found.types, found.gathered) == (("TINYINT", "VARCHAR"), "why")


def test_a_large_result_is_mapped_not_read(tmp_path: Path) -> None:
    folder = Folder(str(tmp_path))
    keep_result(folder, "a.arrow", Result(table=pa.table({"n": pa.array(range(1_000_000))})))
    before = pa.total_allocated_bytes()
    table = kept_rows(folder, "a.arrow")
    assert pa.total_allocated_bytes() - before < 100_000
    (tmp_path / "a.arrow").unlink()
    assert table.column("n")[999_999].as_py() == 999_999


def test_a_missing_one_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        kept_result(Folder(str(tmp_path)), "none.arrow")
