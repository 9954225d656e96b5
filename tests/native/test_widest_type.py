"""How sniffed types meet."""

from __future__ import annotations

import itertools

import pytest

from fusionflow_lab._native import widest_type

SNIFFED = ["BOOLEAN", "BIGINT", "HUGEINT", "DOUBLE", "DATE", "TIMESTAMP", "VARCHAR"]


def test_numbers_widen_among_themselves_and_all_else_to_text() -> None:
    assert widest_type("BIGINT", "HUGEINT") == "HUGEINT"
    assert widest_type("HUGEINT", "DOUBLE") == "DOUBLE"
    assert widest_type("DATE", "TIMESTAMP") == "VARCHAR"
    assert widest_type("BOOLEAN", "BIGINT") == "VARCHAR"


@pytest.mark.parametrize(("one", "other"), list(itertools.product(SNIFFED, SNIFFED)))
def test_widening_is_a_join(one: str, other: str) -> None:
    wide = widest_type(one, other)
    assert wide == widest_type(other, one)
    assert widest_type(wide, one) == wide
    assert widest_type(one, one) == one
    for third in SNIFFED:
        assert widest_type(wide, third) == widest_type(one, widest_type(other, third))


def test_unknown_types_are_refused() -> None:
    with pytest.raises(ValueError, match="type FANCY cannot be read from a file"):
        widest_type("FANCY", "BIGINT")
