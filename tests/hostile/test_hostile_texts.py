"""No hostile text or document is read wrongly in silence, and none ends a job that need not end."""

from __future__ import annotations

from pathlib import Path

import pytest

from fusionflow_lab.api import Session
from fusionflow_lab.errors import FusionflowError
from tests.hostile.texts import CASES, TextCase, suffix


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_exact_or_refused(case: TextCase, session: Session, tmp_path: Path) -> None:
    path = tmp_path / f"data{suffix(case)}"
    case.write(path)
    job_text = case.query.format(path=path)
    if case.rows is None:
        with pytest.raises(FusionflowError):
            session.sql(job_text).result()
        return
    result = session.sql(job_text).result()
    assert [tuple(row.values()) for row in result.arrow().to_pylist()] == list(case.rows)
    counters = result.counters
    assert counters.rows_rejected == case.rejects
    assert counters.rows_read == counters.rows_used + counters.rows_filtered + counters.rows_rejected


def test_the_suite_is_large() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 30
