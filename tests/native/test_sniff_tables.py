"""Tables that are not all of their file: titles above, odd headers, marks that only the bytes tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from fusionflow_lab._native import FileSniff, sniff_files
from fusionflow_lab.planning.reader_options import CsvOptions

ROWS = "Oslo,1,2.5\nRome,2,3.5\nBern,3,4.5\n"


def sniff(folder: Path, data: str, options: CsvOptions | None = None) -> FileSniff:
    path = folder / "data.csv"
    path.write_bytes(data.encode())
    return sniff_files([str(path)], options or CsvOptions())[0]


def names(found: FileSniff) -> list[str]:
    return [name for name, _ in found.columns]


@pytest.mark.parametrize(
    ("title", "skipped"),
    [
        ("Report of May\n", 1),
        ("Report of May\n\n", 1),
        ("Report of May,,\n", 1),
        ("Report of May,,\n,,\n", 2),
        (",,\n,,\nReport,,\n", 3),
        ("Made by us\nin May, 2020\nsource: ours\n", 3),
    ],
)
def test_titles_are_skipped_and_counted(tmp_path: Path, title: str, skipped: int) -> None:
    found = sniff(tmp_path, f"{title}city,n,x\n{ROWS}")
    assert found.columns == [("city", "VARCHAR"), ("n", "BIGINT"), ("x", "DOUBLE")]
    assert (found.data_start, found.skipped_lines) == (len(title) + 9, skipped)


@pytest.mark.parametrize("header", ["id,,\n", "city,,x\n", "a,\n", "city\n"])
def test_a_header_that_names_few_columns_is_no_title(tmp_path: Path, header: str) -> None:
    width = header.count(",") + 1
    rows = "".join(",".join(["abc", "12", "3.4"][:width]) + "\n" for _ in range(5))
    assert sniff(tmp_path, header + rows).skipped_lines == 0


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("north,,south\nx,y,x\n", ["north x", "north y", "south x"]),
        ("place,size,\n,n,x\n", ["place", "size n", "size x"]),
        ("city,n,x\ncity,n,x\n", ["city", "n", "x"]),
        ("a,,b,c\n", ["a", "b", "c"]),
        ('a,"b,"c"\n', ["a", '"b', "c"]),
        ("a,b,c,\n", ["a", "b", "c"]),
    ],
)
def test_odd_headers_whose_meaning_is_clear(tmp_path: Path, header: str, expected: list[str]) -> None:
    rows = "1,2,3.5\n2,3,4.5\n3,4,5.5\n"
    found = sniff(tmp_path, header + rows)
    assert (names(found), found.data_start) == (expected, len(header))
    assert [kind for _, kind in found.columns] == ["BIGINT", "BIGINT", "DOUBLE"]


def test_names_of_rows_as_r_writes_them(tmp_path: Path) -> None:
    found = sniff(tmp_path, '"n","x"\n"one",1,2.5\n"two",3,4.5\n')
    assert found.columns == [("column0", "VARCHAR"), ("n", "BIGINT"), ("x", "DOUBLE")]


def test_marks_that_the_bytes_tell(tmp_path: Path) -> None:
    escaped = sniff(tmp_path, 'a,b\n"x \\"y\\", z",1\n"plain",2\n')
    assert (escaped.escape, escaped.columns) == ("\\", [("a", "VARCHAR"), ("b", "BIGINT")])
    returns = sniff(tmp_path, "a,b\r1,x\r2,y\r")
    assert (returns.carriage_returns, returns.columns) == (True, [("a", "BIGINT"), ("b", "VARCHAR")])
    assert (returns.data_start, returns.header_lines) == (4, 1)
    mixed = sniff(tmp_path, "a,b\r\n1,x\r2,y\n3,z\r4,w\r\n")
    assert (mixed.carriage_returns, mixed.columns) == (True, [("a", "BIGINT"), ("b", "VARCHAR")])
    inside = sniff(tmp_path, "a,b\n1,x\ry\n2,z\n")
    assert not inside.carriage_returns
    spaced = sniff(tmp_path, 'a, b\n1, "x, y"\n2, "z"\n')
    assert (spaced.delimiter, spaced.columns) == (", ", [("a", "BIGINT"), ("b", "VARCHAR")])


def test_padded_records_follow_the_longest_first(tmp_path: Path) -> None:
    options = CsvOptions(null_padding=True)
    found = sniff(tmp_path, "a,b,c\n1,2\n3,4\n5\n", options)
    assert found.columns == [("a", "BIGINT"), ("b", "BIGINT"), ("c", "VARCHAR")]
