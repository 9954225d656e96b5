from __future__ import annotations

import pytest

from fusionflow_lab.planning.messages import listed, nearest, place, suggestion


@pytest.mark.parametrize(
    ("text", "offset", "expected"),
    [
        ("SELECT x", 7, "line 1, column 8"),
        ("SELECT\n  x", 9, "line 2, column 3"),
        ("SELECT 'é', x", 13, "line 1, column 13"),
        ("", 0, "line 1, column 1"),
    ],
)
def test_places_are_lines_and_columns(text: str, offset: int, expected: str) -> None:
    assert place(text, offset) == expected


@pytest.mark.parametrize(("name", "expected"), [("ctiy", "City"), ("PRICE", "price"), ("zzz", "")])
def test_the_nearest_name_is_found(name: str, expected: str) -> None:
    assert nearest(name, ["City", "price"]) == expected


def test_long_lists_are_cut() -> None:
    assert listed([f"c{place}" for place in range(10)]) == "c0, c1, c2, c3, c4, c5, c6, c7 and 2 more"
    assert suggestion("x", [], "columns") == ""
