"""Lines, words and matches: any cut of a file gives the whole, and every line has its account."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusionflow_lab._native import CancelToken, locate_starts, sniff_text
from fusionflow_lab.errors import SourceError
from fusionflow_lab.query import WORD_COUNT
from fusionflow_lab.source import Column, Dialect, Text
from tests.native.scanning import Scanned, cut, run, source_file

LINE = Column(name="line", type="VARCHAR", ordinal=0, fixed=True)
BYTE = Column(name="byte", type="BIGINT", ordinal=1, fixed=True)
COUNT = Column(name=WORD_COUNT, type="BIGINT", ordinal=2, fixed=True)
PATTERN = r"(?<a>\w+)=(?<b>\d+)?"
GROUPS = [Column(name=name, type="VARCHAR", ordinal=2 + place) for place, name in enumerate("ab")]
PIECES = ["\n", "\r\n", "\r", "a", "Bc=12", "é", "=", " ", "\0", "漢", "\U0001f600", "x" * 20]


def write(folder: Path, data: bytes) -> Path:
    path = folder / "data.txt"
    path.write_bytes(data)
    return path


def scan(path: Path, how: Text, wanted: list[Column], block: int | None = None) -> Scanned:
    return run([cut(source_file(path), block)], wanted, dialect=how)


def lines_of(text: str) -> list[str]:
    parts = text.split("\n")
    parts = parts[:-1] if parts[-1] == "" else parts
    return [part.removesuffix("\r") for part in parts]


texts = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


@given(text=texts, block=st.integers(1, 60))
def test_any_cut_gives_all_lines(tmp_path_factory: pytest.TempPathFactory, text: str, block: int) -> None:
    path = write(tmp_path_factory.mktemp("lines"), text.encode())
    found = scan(path, Text(), [LINE, BYTE], block)
    assert [row[0] for row in found.rows] == lines_of(text)
    starts = [0, *(place + 1 for place, byte in enumerate(text.encode()) if byte == 10)]
    assert [row[1] for row in found.rows] == starts[: len(found.rows)]
    for one, other in zip(found.blocks, found.blocks[1:], strict=False):
        assert one.end == other.start


@given(text=texts, block=st.integers(1, 60), encoding=st.sampled_from(["utf-16-le", "utf-16-be"]))
def test_any_cut_of_other_encodings(
    tmp_path_factory: pytest.TempPathFactory, text: str, block: int, encoding: str
) -> None:
    path = write(tmp_path_factory.mktemp("lines"), text.encode(encoding))
    found = scan(path, Text(encoding=encoding), [LINE, BYTE], block)
    assert [row[0] for row in found.rows] == lines_of(text)
    for line, byte in found.rows:
        raw = str(line).encode(encoding)
        assert path.read_bytes()[int(str(byte)) :][: len(raw)] == raw


@given(text=texts, block=st.integers(1, 60), lower=st.booleans())
def test_any_cut_gives_all_words(
    tmp_path_factory: pytest.TempPathFactory, text: str, block: int, *, lower: bool
) -> None:
    path = write(tmp_path_factory.mktemp("words"), text.encode())
    how = Text(rows="words", lower=lower)
    expected = [word.lower() if lower else word for word in re.findall(r"[^\W_]+", text)]
    found = scan(path, how, [LINE, BYTE], block)
    assert [row[0] for row in found.rows] == expected
    counted = scan(path, how, [LINE, COUNT], block)
    assert sorted(counted.rows) == sorted(Counter(expected).items())
    assert sum(block.rows for block in counted.blocks) == sum(block.rows for block in found.blocks)


@given(text=texts, block=st.integers(1, 60), unmatched=st.booleans())
def test_any_cut_gives_all_matches(
    tmp_path_factory: pytest.TempPathFactory, text: str, block: int, *, unmatched: bool
) -> None:
    path = write(tmp_path_factory.mktemp("matches"), text.encode())
    found = scan(path, Text(rows="matches", pattern=PATTERN, unmatched=unmatched), [*GROUPS, LINE], block)
    pattern = re.compile(PATTERN.replace("?<", "?P<"), re.ASCII)
    matches = [(pattern.search(line), line) for line in lines_of(text)]
    groups = [(match["a"], match["b"]) if match else (None, None) for match, _ in matches]
    kept = [(*pair, line) for pair, (match, line) in zip(groups, matches, strict=True) if match or unmatched]
    assert found.rows == kept
    assert len(found.rejects) == len(matches) - len(kept)


def test_what_is_no_text_is_rejected_with_its_place(tmp_path: Path) -> None:
    path = write(tmp_path, b"good\nb\xffd one\r\n\xc3\nlast \xe2\x82")
    for how in (Text(), Text(rows="words"), Text(rows="matches", pattern="(?<x>.)")):
        found = scan(path, how, [LINE])
        assert [row[0] for row in found.rows] == ["good"]
        assert [(entry["byte"], entry["line"], entry["reason"]) for entry in found.rejects] == [
            (5, 1, "invalid UTF-8 at byte 1 of the line"),
            (14, 2, "invalid UTF-8 at byte 0 of the line"),
            (16, 3, "invalid UTF-8 at byte 5 of the line"),
        ]
        assert [(block.rows, block.rejected) for block in found.blocks] == [(4, 3)]


def test_types_that_are_given_reject_and_others_widen(tmp_path: Path) -> None:
    path = write(tmp_path, b"n=1\nn=x\nn=\n")
    how = Text(rows="matches", pattern="n=(?<n>.*)")
    given = Column(name="n", type="BIGINT", ordinal=2, fixed=True)
    found = scan(path, how, [given])
    assert found.rows == [(1,), (None,)]
    assert [(entry["column"], entry["reason"]) for entry in found.rejects] == [("n", '"x" is not a BIGINT')]
    with pytest.raises(SourceError, match="wider"):
        scan(path, how, [Column(name="n", type="BIGINT", ordinal=2)])


def test_a_line_beyond_64_mib_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    with path.open("wb") as file:
        file.write(b"short\n")
        file.truncate((65 << 20) + 6)
    with pytest.raises(SourceError, match="a line of more than 64 MiB") as told:
        scan(path, Text(), [LINE], 1 << 20)
    assert "byte 6" in str(told.value)


def test_lines_start_where_the_records_of_plain_text_do(tmp_path: Path) -> None:
    path = write(tmp_path, b"a\n" * 100)
    offsets = list(range(1, 200, 7))
    file = source_file(path)
    found = locate_starts(file, Dialect(quote=""), 0, offsets, [0] * len(offsets), CancelToken())
    assert [start % 2 for start in found] == [0] * len(offsets)


def test_encodings_and_types_are_found_out(tmp_path: Path) -> None:
    marked = tmp_path / "a.txt"
    marked.write_bytes(b"\xff\xfe" + "2024-01-02 7 x\n".encode("utf-16-le"))
    sniff = sniff_text([str(marked)], "", r"(?<day>\S+) (?<n>\d+) (?<what>\w)")
    assert sniff.encoding == "utf-16-le"
    assert sniff.files[0][3] == 2
    assert sniff.groups == [("day", "DATE"), ("n", "BIGINT"), ("what", "VARCHAR")]
    plain = write(tmp_path, b"\xef\xbb\xbfx\n")
    assert sniff_text([str(plain)]).files[0][3] == 3
    with pytest.raises(SourceError, match="utf-8, that of other files utf-16-le"):
        sniff_text([str(marked), str(plain)])
