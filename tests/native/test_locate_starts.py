"""Record starts: found by reading on, and any block size gives the same rows."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusionflow_lab._native import CancelToken, locate_starts
from fusionflow_lab.errors import ScanCancelledError, SourceError
from fusionflow_lab.source import Dialect
from tests.native.scanning import columns, cut, run, scan_proven, source_file

DIALECT = Dialect()


def located(path: Path, start: int, offsets: list[int], believed: list[int]) -> list[int]:
    return locate_starts(source_file(path), DIALECT, start, offsets, believed, CancelToken())


def test_starts_are_found_over_quoted_line_feeds(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text('1,"a\nb\nc"\n2,d\n\n3,e\n')
    found = located(path, 0, [0, 1, 3, 10, 11, 14, 15, 19, 99], [])
    assert found == [0, 10, 10, 10, 14, 14, 15, 19, 19]


def test_the_search_stops_where_belief_is_right(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("1,a\n2,b\n3,c\n")
    assert located(path, 0, [1, 5, 9], [4, 8, 12]) == [4]
    assert located(path, 0, [1, 5, 9], [3, 8, 12]) == [4, 8]


def test_a_long_file_is_read_in_steps(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    record = '"' + "some text,\n" * 100_000 + '",1\n'
    path.write_text(record * 4 + "x,2\n")
    assert located(path, 0, [1, len(record) + 1, 4 * len(record) + 1], []) == [
        len(record),
        2 * len(record),
        4 * len(record) + 4,
    ]


def test_a_quote_never_closed_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text('1,a\n2,"b\n3,c\n')
    with pytest.raises(SourceError, match="never closed"):
        located(path, 0, [5], [])


def test_a_missing_file_and_a_raised_token(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        located(tmp_path / "no.csv", 0, [1], [])
    path = tmp_path / "data.csv"
    path.write_text("1,a\n2,b\n")
    token = CancelToken()
    token.cancel()
    with pytest.raises(ScanCancelledError):
        locate_starts(source_file(path), DIALECT, 0, [5], [], token)


FIELDS = st.sampled_from(
    [
        "1",
        "",
        "abc",
        '"q"',
        '""',
        '"a ""b"" c"',
        '"line\nline"',
        '"\n"',
        '"x,y\nz,w\n"',
        '",\n"',
        '"\r\n"',
        "é",
        "5 inch",
    ]
)
FLAWS = st.sampled_from(["one\n", "a,b,c\n", '"a"b,c\n', "\n", 'x"y,z\n', '"",\n'])
FILES = st.lists(
    st.builds(lambda a, b, end: f"{a},{b}{end}", FIELDS, FIELDS, st.sampled_from(["\n", "\r\n"])), min_size=1
)


@settings(max_examples=300)
@given(FILES, st.integers(min_value=64, max_value=400))
def test_any_block_size_gives_the_same_rows(tmp_path: Path, records: list[str], block_size: int) -> None:
    assert_alike(tmp_path, "".join(records) * 4, block_size)


@settings(max_examples=200)
@given(
    st.lists(FILES | st.lists(FLAWS, min_size=1, max_size=2), min_size=1),
    st.integers(min_value=64, max_value=200),
)
def test_any_block_size_gives_the_same_rejects(
    tmp_path: Path, parts: list[list[str]], block_size: int
) -> None:
    assert_alike(tmp_path, "".join(record for part in parts for record in part) * 2, block_size)


def assert_alike(folder: Path, text: str, block_size: int) -> None:
    """Blocks scanned one by one and proven give what one pass over the file gives."""
    path = folder / "data.csv"
    path.write_bytes(text.encode())
    file = source_file(path)
    wanted = columns("VARCHAR", "VARCHAR")
    whole = run([cut(file)], wanted)
    blocks = scan_proven(file, block_size, wanted)
    assert blocks.rows == whole.rows
    places = ("byte", "reason", "raw")
    assert [[reject[place] for place in places] for reject in blocks.rejects] == [
        [reject[place] for place in places] for reject in whole.rejects
    ]
    assert sum(block.lines for block in blocks.blocks) == text.count("\n")
