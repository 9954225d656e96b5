"""What several files that are read together look like: one dialect, one header, types wide enough for all."""

from __future__ import annotations

from pathlib import Path

import pytest

from fusionflow_lab._native import FileSniff, sniff_files
from fusionflow_lab.errors import SourceError
from fusionflow_lab.planning.reader_options import CsvOptions


def sniff_all(folder: Path, files: dict[str, str]) -> list[FileSniff]:
    for name, data in files.items():
        (folder / name).write_text(data, newline="")
    return sniff_files([str(folder / name) for name in files], CsvOptions())


def test_types_are_the_widest_over_all_files(tmp_path: Path) -> None:
    files = {"1.csv": "a,b,c\n1,,1\n", "2.csv": "a,b,c\n2.5,7,x\n", "3.csv": "a,b,c\n", "4.csv": ""}
    for found in sniff_all(tmp_path, files):
        assert found.columns == [("a", "DOUBLE"), ("b", "BIGINT"), ("c", "VARCHAR")]
        assert found.header
    assert [found.data_start for found in sniff_all(tmp_path, files)] == [6, 6, 6, 0]


def test_a_file_without_evidence_follows_the_others(tmp_path: Path) -> None:
    found = sniff_all(tmp_path, {"1.csv": "a;b\n", "2.csv": "a;b\n'1;2';3\n'4';5\n", "3.csv": "a;b\n4;5\n"})
    assert {(one.delimiter, one.quote, one.header) for one in found} == {(";", "'", True)}


def test_a_text_file_follows_files_without_header(tmp_path: Path) -> None:
    found = sniff_all(tmp_path, {"1.csv": "1,x\n2,y\n", "2.csv": ",z\n,w\n"})
    assert [one.header for one in found] == [False, False]
    assert [kind for _, kind in found[0].columns] == ["BIGINT", "VARCHAR"]


@pytest.mark.parametrize(
    ("one", "other", "message"),
    [
        ("a,b\n1,2\n", "a,c\n1,2\n", "column 2 is b in the first and c in the second"),
        ("a,b\n1,2\n", "a,b,c\n1,2,3\n", "the first has 2 columns (cut by ','), the second 3 columns"),
        ("a,b\n1,2\n", "7,8\n1,2\n", "the first has a header, the second has none"),
    ],
)
def test_files_that_disagree(tmp_path: Path, one: str, other: str, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        sniff_all(tmp_path, {"one.csv": one, "other.csv": other})
    text = str(caught.value)
    assert f"the files differ: {tmp_path}/one.csv and {tmp_path}/other.csv: {message}" in text


def test_no_files() -> None:
    assert sniff_files([], CsvOptions()) == []


def test_a_file_that_fits_nothing_alone_is_read_like_the_others(tmp_path: Path) -> None:
    """Most of its records have four fields, and each of those is broken."""
    (tmp_path / "a.csv").write_text("x,y\n1,2\n3,4\n")
    (tmp_path / "b.csv").write_text('x,y\nz,2\n"1"a,2,3,4\n"1"b,2,3,4\n"1"c,2,3,4\n"1"d,2,3,4\n')
    one, other = sniff_files([str(tmp_path / name) for name in ("a.csv", "b.csv")], CsvOptions())
    assert (one.header, one.columns) == (other.header, other.columns)
    assert one.columns == [("x", "VARCHAR"), ("y", "BIGINT")]
    assert (one.data_start, other.data_start) == (4, 4)
