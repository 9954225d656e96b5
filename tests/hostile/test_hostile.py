"""No hostile file is read wrongly in silence, and hardly any is refused without need."""

from __future__ import annotations

from pathlib import Path

import pytest

from fusionflow_lab.api import Session
from tests.hostile.case import Case
from tests.hostile.files import CASES, put
from tests.hostile.judge import judge
from tests.hostile.readers import read_ours

# Why each is not read, though it could be.
REFUSED_WITHOUT_NEED: dict[str, str] = {}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_exact_or_refused(case: Case, session: Session, tmp_path: Path) -> None:
    outcome = judge(case, read_ours(session, put(case, tmp_path)))
    wanted = {"exact", "refused, rightly", "policy difference"}
    if case.name in REFUSED_WITHOUT_NEED:
        wanted = {"wrong refusal"}
    assert outcome in wanted


def test_the_suite_is_large_and_exceptions_are_few() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 100
    assert len(REFUSED_WITHOUT_NEED) <= 2
