from __future__ import annotations

import pyarrow as pa

from fusionflow_lab.results.render import shown, table_html, table_text


def test_wide_characters_keep_the_columns_straight() -> None:
    text = table_text(shown(pa.table({"city": ["東京", "Oslo"], "n": [1, 2]}), rows=5)).splitlines()
    assert text[3:] == ["東京         1", "Oslo         2"]


def test_columns_that_do_not_fit_are_counted() -> None:
    table = pa.table({f"column_{n}": [n] for n in range(30)})
    lines = table_text(shown(table, rows=5), width=40).splitlines()
    assert all(len(line) <= 40 for line in lines)
    assert lines[-1] == "… 26 more columns"


def test_one_column_is_always_shown() -> None:
    assert "x" * 60 in table_text(shown(pa.table({"s": ["x" * 60]}), rows=5), width=10)


def test_html_counts_columns_too() -> None:
    part = shown(pa.table({f"c{n}": [n] for n in range(100)}), rows=5, columns=60)
    assert "… 40 more columns" in table_html(part)


def test_the_total_may_be_more_than_the_table_holds() -> None:
    assert shown(pa.table({"n": [1, 2]}), rows=2, total=1_000_000).more == "… 999,998 more rows"


def test_given_types_are_used_in_the_header() -> None:
    assert "UBIGINT" in table_text(shown(pa.table({"n": [1]}), rows=1, types=("UBIGINT",)))


def test_timestamps_of_nanoseconds_show() -> None:
    table = pa.table({"t": pa.array([1_500_000_000], pa.timestamp("ns"))})
    assert "1970-01-01 00:00:01.5" in table_text(shown(table, rows=1))


def test_views_dictionaries_and_nested_types_show() -> None:
    table = pa.table(
        {
            "view": pa.array(["a"], pa.string_view()),
            "dictionary": pa.array(["a"]).dictionary_encode(),
            "map": pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())),
            "struct": pa.array([{"a": [1, None]}]),
        }
    )
    assert "[1, NULL]" in table_text(shown(table, rows=1))


def test_long_names_and_types_leave_room_for_other_columns() -> None:
    text = table_text(shown(pa.table({"a" * 300: [{"b" * 300: 1}], "n": [2]}), rows=5))
    assert max(map(len, text.splitlines())) <= 120
    assert " n" in text.splitlines()[0]
