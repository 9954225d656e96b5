"""Dialects beyond the plain one: what they mean, and that any block size gives the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusionflow_lab.errors import SourceError
from fusionflow_lab.source import Dialect
from tests.native.scanning import columns, cut, run, scan_proven, scan_text, source_file

TWO = columns("VARCHAR", "VARCHAR")
PLAIN = Dialect(column_count=2)
ESCAPED = replace(PLAIN, escape="\\")
REMARKS = replace(PLAIN, comment="#")
PADDED = replace(PLAIN, null_padding=True)
LAX = replace(PLAIN, strict=False)
RETURNS = replace(PLAIN, carriage_returns=True)

LIKE_DUCKDB = [
    ('a,"x\\"y"\nb,"x\\\\y"\nc,"x\\ny"\n', ESCAPED, r"escape = '\'"),
    ('1,2\n#c,d\n3,4#x\n"5#",6\n#\n7,8#', REMARKS, "comment = '#'"),
    ('1,"#"\n#,"\n2,3\n', REMARKS, "comment = '#'"),
    ("1\n\n2,3\n", PADDED, "null_padding = true"),
    ("1\n2,3\n,\n", replace(PADDED, null_string="NA"), "null_padding = true, nullstr = 'NA'"),
    ("1,NA\n-,x\n", replace(PLAIN, null_string="NA", more_nulls=("-",)), "nullstr = ['NA', '-']"),
    ("1||2\n3||4|5\n", replace(PLAIN, delimiter="||"), "delim = '||'"),
    ("1, 2\n3, 4,5\n", replace(PLAIN, delimiter=", "), "delim = ', '"),
    ('1,2\r3,"4\r5"\r', RETURNS, r"new_line = '\r'"),
    ("1;'2;x'\n'3';4\n", replace(PLAIN, delimiter=";", quote="'"), "delim = ';', quote = ''''"),
    ('"1",2"3\n4",5\n', replace(PLAIN, quote=""), "quote = ''"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "dialect", "options"), LIKE_DUCKDB)
def test_like_duckdb(tmp_path: Path, data: str, dialect: Dialect, options: str) -> None:
    found = scan_text(tmp_path, data, TWO, dialect=dialect)
    sql = "FROM read_csv(?, auto_detect = false, header = false, columns = {'a': 'VARCHAR', 'b': 'VARCHAR'}"
    delim = "" if "delim" in options else ", delim = ','"
    quote = "" if "quote" in options else ", quote = '\"'"
    sql = f"{sql}, {options}{delim}{quote})"
    expected = duckdb.connect().execute(sql, [str(tmp_path / "data.csv")]).fetchall()
    assert (found.rows, found.rejects) == (expected, [])


@pytest.mark.parametrize(
    ("data", "dialect", "rows", "reasons"),
    [
        ("1,2\r\n3,4\r5,6\n7,8", RETURNS, [("1", "2"), ("3", "4"), ("5", "6"), ("7", "8")], []),
        ('a,"b" c\nd,e\n', PLAIN, [("d", "e")], ["text after the closing quote of field 2"]),
        ('a,"b" c\nd,e\n', LAX, [("a", '"b" c'), ("d", "e")], []),
        ('a,"b "c" d"\n', LAX, [("a", 'b "c" d')], []),
        ('a,"5" wide, "x"" y"\n', LAX, [("a", '5" wide, "x" y')], []),
        ('"a,b\n"c",d\n', PLAIN, [("c", "d")], ["text after the closing quote of field 1"]),
        ('"a,b\n"c",d\n', LAX, [('"a', "b"), ("c", "d")], []),
        ("1,2,\n3,4,5\n", LAX, [("1", "2")], ["3 fields instead of 2"]),
        ("1\n2,3,4\n", PADDED, [("1", None)], ["3 fields instead of 2"]),
        (r'"a\"",b' + "\n", ESCAPED, [('a"', "b")], []),
        ('"a""",b\n', ESCAPED, [('a"', "b")], []),
    ],
)
def test_what_records_mean(
    tmp_path: Path, data: str, dialect: Dialect, rows: list[tuple[str | None, ...]], reasons: list[str]
) -> None:
    found = scan_text(tmp_path, data, TWO, dialect=dialect)
    assert (found.rows, [reject["reason"] for reject in found.rejects]) == (rows, reasons)


def test_lines_of_rejects_are_counted_by_carriage_returns(tmp_path: Path) -> None:
    found = scan_text(tmp_path, "1,2\r3\r\n4,5\r\r6\r", TWO, dialect=RETURNS)
    assert [reject["line"] for reject in found.rejects] == [1, 4]
    assert [block.lines for block in found.blocks] == [5]


def test_one_bad_record_in_many_is_found_where_it_is(tmp_path: Path) -> None:
    lines = [f"{number},text {number}" for number in range(100_000)]
    for place in (0, 777, 50_000, 99_999):
        lines[place] = f"{place},a,b"
    found = scan_text(tmp_path, "\n".join(lines), columns("BIGINT", "VARCHAR"), dialect=PLAIN)
    assert [reject["line"] for reject in found.rejects] == [0, 777, 50_000, 99_999]
    assert found.table.column(0).to_pylist() == [
        number for number in range(100_000) if number not in {0, 777, 50_000, 99_999}
    ]


PIECES = st.sampled_from(
    ["1", "ab", ",", ",", ",", '"', '""', '"a,b"', '"x\ny"', '"r\rs"', "\\", '\\"', "#", "# x", "\n", "\n",
     "\r\n", "\r", "é", " ", "a long text of many words"]
)  # fmt: skip
DIALECTS = st.builds(
    Dialect,
    escape=st.sampled_from(["", "\\"]),
    comment=st.sampled_from(["", "#"]),
    carriage_returns=st.booleans(),
    null_padding=st.booleans(),
    strict=st.booleans(),
    delimiter=st.sampled_from([",", ",", ", ", ",,"]),
    column_count=st.sampled_from([0, 2, 2]),
)


@settings(max_examples=600)
@given(st.lists(PIECES, min_size=1, max_size=60), DIALECTS, st.integers(min_value=1, max_value=60))
def test_any_block_size_gives_the_same_rows(
    tmp_path: Path, pieces: Sequence[str], dialect: Dialect, block_size: int
) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes("".join(pieces).encode())
    file = source_file(path)
    try:
        whole = run([cut(file)], TWO, dialect=dialect)
    except SourceError:
        return
    blocks = scan_proven(file, block_size, TWO, dialect)
    places = ("byte", "reason", "raw")
    assert blocks.rows == whole.rows
    assert [[reject[place] for place in places] for reject in blocks.rejects] == [
        [reject[place] for place in places] for reject in whole.rejects
    ]
    assert sum(block.lines for block in blocks.blocks) == sum(block.lines for block in whole.blocks)
