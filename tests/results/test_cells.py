from __future__ import annotations

import datetime as dt
import decimal

import pytest

from fusionflow_lab.results.cells import cell_text, plain_text, visible


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (False, "false"),
        (-0.0, "-0.0"),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (0.1, "0.1"),
        (0.1 + 0.2, "0.3"),
        (5.000000000000001, "5.0"),
        (1e300, "1e+300"),
        (123456789.123456789, "123456789.12"),
        (12345678901.5, "12345678901.5"),
        (1.23456789012345e-7, "1.23456789e-07"),
        (2**63 - 1, "9223372036854775807"),
        (decimal.Decimal("1.50"), "1.50"),
        (decimal.Decimal(10) ** 37, "1" + "0" * 37),
        (dt.date(2024, 1, 2), "2024-01-02"),
        (dt.datetime(2024, 1, 2, 3, 4, 5), "2024-01-02 03:04:05"),  # noqa: DTZ001 - without zone on purpose
        (b"\x00\xff", "\\x00\\xFF"),
        ([1, None, "a"], "[1, NULL, a]"),
        ({"a": 1, "b": None}, "{'a': 1, 'b': NULL}"),
        ("NULL", "NULL"),
        ("", ""),
    ],
)
def test_values_show_as_duckdb_would_say_them(value: object, text: str) -> None:
    assert cell_text(value).text == text


def test_null_is_marked() -> None:
    assert cell_text(None).null
    assert not cell_text("NULL").null


def test_what_is_rounded_or_clipped_keeps_its_full_text() -> None:
    assert cell_text(0.1 + 0.2).full == "0.30000000000000004"
    long = cell_text("x" * 100, width=10)
    assert (long.text, long.full) == ("xxxxxxxxx…", "x" * 100)


def test_nothing_breaks_a_line_or_turns_the_writing() -> None:
    assert visible("a\r\nb\tc\x00\u202ed") == "a↵b⇥c\\x00\\u202ed"
    assert "\n" not in cell_text("a\nb").text


def test_bytes_are_cut() -> None:
    assert plain_text(b"a" * 100).endswith("… (100 bytes)")
