from __future__ import annotations

from collections.abc import Iterator

import pytest

from fusionflow_lab.planning.bind import Binder
from fusionflow_lab.planning.failing import may_fail


@pytest.fixture(scope="module")
def binder() -> Iterator[Binder]:
    binder = Binder()
    yield binder
    binder.close()


@pytest.mark.parametrize(
    ("expression", "fails"),
    [
        ("a::INT", True),
        ("CAST(a AS DATE) > '2020-01-01'", True),
        ("strptime(a, '%Y')", True),
        ("sqrt(a)", True),
        ("TRY_CAST(a AS INT)", False),
        ("a::VARCHAR", False),
        ("DATE '2020-01-01' + 1", False),
        ("a > 1 AND lower(b) LIKE 'x%'", False),
    ],
)
def test_what_may_fail_on_a_row_is_known(expression: str, binder: Binder, *, fails: bool) -> None:
    assert may_fail(binder.parse(f"SELECT {expression} FROM t")) == fails
