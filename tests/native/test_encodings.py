"""Texts that are not UTF-8: read in blocks of any size, found by their marks, or refused with a hint."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusionflow_lab._native import FileSniff, sniff_files
from fusionflow_lab.errors import SourceError
from fusionflow_lab.planning.reader_options import CsvOptions
from fusionflow_lab.source import Dialect, SourceFile
from tests.native.scanning import columns, cut, run, scan_proven, source_file

ROWS = [(str(number), f"Größe {number}, 5 €", '"\n"' * (number % 3)) for number in range(200)]
TEXT = "id,text,more\r\n" + "".join(
    '{},"{}","{}"\r\n'.format(*(cell.replace('"', '""') for cell in row)) for row in ROWS
)
TOLD = CsvOptions(all_varchar=True, header=True)


def sniff(folder: Path, data: bytes, options: CsvOptions = TOLD) -> FileSniff:
    path = folder / "data.csv"
    path.write_bytes(data)
    return sniff_files([str(path)], options)[0]


def described(found: FileSniff) -> tuple[SourceFile, Dialect]:
    file = replace(source_file(Path(found.path)), data_start=found.data_start)
    return file, Dialect(column_count=len(found.columns), encoding=found.encoding)


@pytest.mark.parametrize(
    ("encoding", "mark", "told"),
    [
        ("utf-8", b"\xef\xbb\xbf", ""),
        ("utf-16-le", b"\xff\xfe", ""),
        ("utf-16-be", b"\xfe\xff", ""),
        ("utf-16-le", b"", ""),
        ("utf-16-be", b"", ""),
        ("utf-16-be", b"\xfe\xff", "utf-16"),
        ("utf-16-le", b"", "utf-16"),
        ("cp1252", b"", "windows-1252"),
    ],
)
def test_texts_are_read_as_they_are_meant(tmp_path: Path, encoding: str, mark: bytes, told: str) -> None:
    data = mark + TEXT.encode(encoding)
    found = sniff(tmp_path, data, replace(TOLD, encoding=told))
    file, dialect = described(found)
    assert [name for name, _ in found.columns] == ["id", "text", "more"]
    assert found.data_start == len(mark) + len("id,text,more\r\n".encode(encoding))
    wanted = columns(*["VARCHAR"] * 3)
    for scanned in (run([cut(file)], wanted, dialect=dialect), scan_proven(file, 999, wanted, dialect)):
        assert (scanned.rows, scanned.rejects) == (ROWS, [])
        assert scanned.blocks[-1].end == len(data)


def test_latin_1_has_no_euro(tmp_path: Path) -> None:
    found = sniff(tmp_path, b"a,b\n\xe9,\x80\n", replace(TOLD, encoding="latin-1"))
    file, dialect = described(found)
    assert run([cut(file)], columns("VARCHAR", "VARCHAR"), dialect=dialect).rows == [("é", "\x80")]


def test_types_are_seen_far_behind_the_head(tmp_path: Path) -> None:
    rows = "".join(f"{number},{number}\n" for number in range(100_000))
    found = sniff(tmp_path, ("id,value\n" + rows + "7,x\n").encode("utf-16"), CsvOptions())
    assert found.columns == [("id", "BIGINT"), ("value", "VARCHAR")]


def test_half_a_surrogate_pair_is_a_reject(tmp_path: Path) -> None:
    data = ("a,b\n" + "1,x\n" * 20).encode("utf-16-le") + b"2\0,\0\x00\xd8\n\0" + "3,y\n".encode("utf-16-le")
    file, dialect = described(sniff(tmp_path, data))
    scanned = run([cut(file)], columns("VARCHAR", "VARCHAR"), dialect=dialect)
    assert scanned.rows == [("1", "x")] * 20 + [("3", "y")]
    (reject,) = scanned.rejects
    assert (reject["byte"], reject["reason"]) == (168, "invalid UTF-16-LE at byte 4 of the record")


@pytest.mark.parametrize(
    ("data", "options", "what", "hint"),
    [
        ("a,b\n1,é\n2,ü\n".encode("latin-1"), TOLD, "the text is not UTF-8", "encoding = 'windows-1252'"),
        ("a,b\n1,2\n".encode("utf-32"), TOLD, "the text is UTF-32", "iconv -f UTF-32"),
        (b"a,b\n1,\x00\n", TOLD, "a NUL byte", "tr -d"),
    ],
)
def test_what_cannot_be_told_is_refused(
    tmp_path: Path, data: bytes, options: CsvOptions, what: str, hint: str
) -> None:
    with pytest.raises(SourceError) as caught:
        sniff(tmp_path, data, options)
    assert caught.value.what == what
    assert hint in caught.value.hint


def test_a_file_that_ends_within_a_character(tmp_path: Path) -> None:
    file, dialect = described(sniff(tmp_path, "a,b\n1,2\n".encode("utf-16-le") + b"3"))
    with pytest.raises(SourceError, match="ends within a character"):
        run([cut(file)], columns("VARCHAR", "VARCHAR"), dialect=dialect)


def test_files_of_two_encodings(tmp_path: Path) -> None:
    paths = [tmp_path / "1.csv", tmp_path / "2.csv"]
    paths[0].write_bytes(b"a,b\n1,2\n")
    paths[1].write_bytes("a,b\n1,2\n".encode("utf-16"))
    with pytest.raises(SourceError, match="the first is utf-8, the second utf-16-le"):
        sniff_files([str(path) for path in paths], TOLD)


CELLS = st.sampled_from(["1", "é", "€", "\U0001f600", "a,b", "x\ny", 'q"q', "", "long text of words"])


@settings(max_examples=150)
@given(
    st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=20),
    st.sampled_from(["utf-16-le", "utf-16-be"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.integers(min_value=1, max_value=90),
)
def test_any_block_size_gives_the_same_rows(
    tmp_path: Path, rows: list[tuple[str, str]], encoding: str, end: str, block_size: int
) -> None:
    quoted = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    path = tmp_path / "data.csv"
    path.write_bytes(end.join([*quoted, ""]).encode(encoding))
    dialect = Dialect(column_count=2, encoding=encoding, carriage_returns=end == "\r")
    scanned = scan_proven(source_file(path), block_size, columns("VARCHAR", "VARCHAR"), dialect)
    assert (scanned.rows, scanned.rejects) == (rows, [])
