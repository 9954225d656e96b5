"""No hostile JSON file is read wrongly in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from fusionflow_lab.api import Session
from fusionflow_lab.errors import FusionflowError
from tests.hostile.json_files import CASES, JsonCase


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_exact_or_refused(case: JsonCase, session: Session, tmp_path: Path) -> None:
    path = tmp_path / "data.json"
    path.write_bytes(case.data)
    query = session.sql(f"SELECT * FROM '{path}'")
    if case.rows is None:
        with pytest.raises(FusionflowError):
            query.result()
        return
    result = query.result()
    assert result.counters.rows_rejected == case.flawed
    names = list(dict.fromkeys(name for row in case.rows for name in row))
    assert result.table.column_names == names
    assert result.table.to_pylist() == [{name: row.get(name) for name in names} for row in case.rows]
