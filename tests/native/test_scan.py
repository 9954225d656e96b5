"""The scan: records, fields, NULLs, rejects, reports, errors."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pyarrow as pa
import pytest

from fusionflow_lab import _native
from fusionflow_lab._native import CancelToken, Scan
from fusionflow_lab.errors import NativePanicError, ScanCancelledError, SourceChangedError, SourceError
from fusionflow_lab.source import Block, Chunk, Column, Dialect
from tests.native.scanning import Scanned, columns, cut, run, scan_text, source_file

TEXTS = columns("VARCHAR", "VARCHAR")
UTF8_BOM = b"\xef\xbb\xbf"

RECORDS: dict[str, tuple[str, list[tuple[str | None, ...]]]] = {
    "line feeds": ("a,b\nc,d\n", [("a", "b"), ("c", "d")]),
    "no line feed at the end": ("a,b\nc,d", [("a", "b"), ("c", "d")]),
    "carriage returns": ("a,b\r\nc,d\r\n", [("a", "b"), ("c", "d")]),
    "mixed line ends": ("a,b\r\nc,d\ne,f\r\n", [("a", "b"), ("c", "d"), ("e", "f")]),
    "carriage return at the end": ("a,b\r\nc,d\r", [("a", "b"), ("c", "d")]),
    "carriage return inside": ("a\rx,b\n", [("a\rx", "b")]),
    "quoted": ('"a","b"\n"c,","d"\n', [("a", "b"), ("c,", "d")]),
    "quoted, carriage returns": ('"a","b"\r\n"c","d"\r\n', [("a", "b"), ("c", "d")]),
    "quoted line feeds": ('"a\nx","b"\n"c\r\ny","d"\n', [("a\nx", "b"), ("c\r\ny", "d")]),
    "doubled quotes": ('"say ""hi""",""""\n', [('say "hi"', '"')]),
    "long doubled quotes": (
        '"a ""quoted"" text of many words",b\n',
        [('a "quoted" text of many words', "b")],
    ),
    "long texts": (
        "a text that is longer,than twelve bytes\n",
        [("a text that is longer", "than twelve bytes")],
    ),
    "bare quotes are text": ('5" pipe,a"b\nc,d\n', [('5" pipe', 'a"b'), ("c", "d")]),
    "NULL and empty": (',""\n"",\n', [(None, ""), ("", None)]),
    "spaces are kept": (" a , b\n", [(" a ", " b")]),
    "blank lines are no rows": ("a,b\n\nc,d\n\r\n\n", [("a", "b"), ("c", "d")]),
    "unicode": ("é,日本語のテキスト\n", [("é", "日本語のテキスト")]),
    "nothing": ("", []),
}


@pytest.mark.parametrize("case", RECORDS)
def test_records_are_cut(case: str, tmp_path: Path) -> None:
    text, expected = RECORDS[case]
    scanned = scan_text(tmp_path, text, TEXTS)
    assert scanned.rows == expected
    assert scanned.rejects == []


@pytest.mark.parametrize("level", ["portable", "avx2", "avx512"])
@pytest.mark.parametrize("case", RECORDS)
def test_every_instruction_set_cuts_alike(
    case: str, level: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FUSIONFLOW_SIMD", level)
    text, expected = RECORDS[case]
    many = text * 40 if text.endswith("\n") else text
    assert scan_text(tmp_path, many, TEXTS).rows == expected * (40 if text.endswith("\n") else 1)


def test_a_file_with_a_mark_of_byte_order(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(UTF8_BOM + b"a,b\n1,2\n")
    file = source_file(path, data_start=7)
    scanned = run([cut(file)], columns("BIGINT", "BIGINT"))
    assert scanned.rows == [(1, 2)]
    assert (scanned.blocks[0].start, scanned.blocks[0].end) == (7, 11)


def test_other_dialects(tmp_path: Path) -> None:
    tabs = Dialect(delimiter="\t", quote="'", null_string="NA")
    assert scan_text(tmp_path, "a\t'b\tc'\nNA\t'NA'\n", TEXTS, dialect=tabs).rows == [
        ("a", "b\tc"),
        (None, "NA"),
    ]
    plain = Dialect(delimiter="|", quote="")
    assert scan_text(tmp_path, '"a|b"\n', TEXTS, dialect=plain).rows == [('"a', 'b"')]


def test_one_column_has_null_rows_where_lines_are_blank(tmp_path: Path) -> None:
    assert scan_text(tmp_path, "a\n\nb\n", columns("VARCHAR")).rows == [("a",), (None,), ("b",)]


def test_wanted_columns_in_wanted_order(tmp_path: Path) -> None:
    wanted = (
        Column(name="third", type="BIGINT", ordinal=2),
        Column(name="first", type="VARCHAR", ordinal=0),
    )
    scanned = scan_text(tmp_path, "a,b,1,d\ne,f,2,h\n", wanted, column_count=4)
    assert scanned.table.to_pylist() == [{"third": 1, "first": "a"}, {"third": 2, "first": "e"}]


def test_without_columns_rows_are_counted(tmp_path: Path) -> None:
    scanned = scan_text(tmp_path, "a,b\nc\nd,e\n", (), column_count=2)
    assert scanned.table.schema == pa.schema([("_", pa.null())])
    assert (scanned.table.num_rows, len(scanned.rejects)) == (2, 1)


def test_types_of_arrow(tmp_path: Path) -> None:
    wanted = columns(
        "VARCHAR", "HUGEINT", "DECIMAL(5,2)", "TIMESTAMP", "DATE", "BOOLEAN", "FLOAT", "UTINYINT"
    )
    schema = scan_text(tmp_path, "", wanted).table.schema
    assert schema.types == [
        pa.string_view(),
        pa.decimal128(38, 0),
        pa.decimal128(5, 2),
        pa.timestamp("us"),
        pa.date32(),
        pa.bool_(),
        pa.float32(),
        pa.uint8(),
    ]


REJECTS: dict[str, tuple[bytes | str, int, int, str | None, str, str]] = {
    "too few fields": ("a,b\nc\nd,e\n", 4, 1, None, "1 field instead of 2", "c"),
    "too many fields": ("a,b\nc,d,e\nf,g\n", 4, 1, None, "3 fields instead of 2", "c,d,e"),
    "text after a closing quote": (
        'a,b\n"c"x,d\n',
        4,
        1,
        None,
        "text after the closing quote of field 1",
        '"c"x,d',
    ),
    "invalid UTF-8": (b"a,b\nc,\xff\n", 4, 1, None, "invalid UTF-8 at byte 2 of the record", "c,�"),
    "invalid UTF-8 in no wanted column": (
        b"a,b\n\xc3,d\n",
        4,
        1,
        None,
        "invalid UTF-8 at byte 0 of the record",
        "�,d",
    ),
    "unclosed quote": ('a,b\nc,"d', 4, 1, None, "the quote of field 2 is never closed", 'c,"d'),
    "after quoted lines": ('"a\n\n",b\nc\n', 8, 3, None, "1 field instead of 2", "c"),
}


@pytest.mark.parametrize("case", REJECTS)
def test_flawed_records_are_located(case: str, tmp_path: Path) -> None:
    data, byte, line, column, reason, raw = REJECTS[case]
    scanned = scan_text(tmp_path, data, TEXTS)
    place = {"chunk": 0, "block": 0, "byte": byte, "line": line}
    assert scanned.rejects == [place | {"column": column, "reason": reason, "raw": raw, "text": None}]
    assert "c" not in [row[0] for row in scanned.rows]
    assert_law(scanned)


def test_values_that_do_not_fit_a_given_type_are_located(tmp_path: Path) -> None:
    text = "1,2020-01-01\nx,2020-01-02\n3,2020-02-30\n4,\n"
    scanned = scan_text(tmp_path, text, columns("TINYINT", "DATE", fixed=True))
    assert [row[0] for row in scanned.rows] == [1, 4]
    assert [
        (reject["byte"], reject["line"], reject["column"], reject["reason"]) for reject in scanned.rejects
    ] == [
        (13, 1, "c0", '"x" is not a TINYINT'),
        (26, 2, "c1", '"2020-02-30" is not a DATE'),
    ]
    assert_law(scanned)


def assert_law(scanned: Scanned) -> None:
    """Rows read are rows given and rows rejected."""
    assert sum(block.rows for block in scanned.blocks) == scanned.table.num_rows + len(scanned.rejects)
    assert sum(block.rejected for block in scanned.blocks) == len(scanned.rejects)


def test_lines_and_bytes_of_blocks_add_up(tmp_path: Path) -> None:
    text = 'a,"b\nb"\nc\n\nd,e\r\n' * 50
    scanned = scan_text(tmp_path, text, TEXTS, block_size=64)
    assert sum(block.lines for block in scanned.blocks) == text.count("\n")
    assert sum(block.end - block.start for block in scanned.blocks) == len(text)
    assert [reject["raw"] for reject in scanned.rejects] == ["c"] * 50
    line_of = {
        block: sum(one.lines for one in scanned.blocks[:block]) for block in range(len(scanned.blocks))
    }
    for reject in scanned.rejects:
        block, line, byte = int(str(reject["block"])), int(str(reject["line"])), int(str(reject["byte"]))
        assert text[:byte].count("\n") == line_of[block] + line


def test_a_sniffed_type_widens_and_the_scan_ends(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("1,1,2020-01-01\n2.5,99999999999999999999,soon\n007,3,\n")
    scan = Scan([cut(source_file(path))], columns("BIGINT", "BIGINT", "DATE"), 3, Dialect(), CancelToken())
    with pytest.raises(pa.ArrowInvalid, match="wider than the types sniffed"):
        pa.RecordBatchReader.from_stream(scan).read_all()
    assert scan.widened() == [(0, "VARCHAR"), (1, "HUGEINT"), (2, "VARCHAR")]
    assert isinstance(scan.failure(), SourceError)


def test_a_false_start_does_not_widen_a_type(tmp_path: Path) -> None:
    inner = "".join(f"x{line},y\n" for line in range(40))
    text = f'1,"{inner}"\n2,b\n' * 3
    scanned = scan_text(tmp_path, text, columns("BIGINT", "VARCHAR"), block_size=64)
    assert [row[0] for row in scanned.rows] == [1, 2] * 3


@pytest.mark.parametrize("text", ['a,b\n"c,d\ne,f\n', 'a,b\nc,"d\n\n\ne,f'])
def test_a_quote_that_swallows_lines_is_an_error(text: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="never closed") as caught:
        scan_text(tmp_path, text, TEXTS)
    assert caught.value.where.endswith("data.csv, byte 4")


def test_a_record_that_never_ends_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    with path.open("wb") as file:
        file.write(b'a,b\nc,"')
        file.truncate(70 << 20)
        file.seek(0, os.SEEK_END)
        file.write(b'"\n')
    first = Chunk(ordinal=0, file=source_file(path), blocks=(Block(offset=0, end=1 << 20),))
    with pytest.raises(SourceError, match="more than 64 MiB") as caught:
        run([first], TEXTS)
    assert caught.value.where.endswith("byte 4")


def test_identity_is_the_content(tmp_path: Path) -> None:
    text = "".join(f"{row},x\n" for row in range(100))
    one = scan_text(tmp_path, text, TEXTS).chunks[0].identity
    assert scan_text(tmp_path, text, TEXTS, block_size=64).chunks[0].identity == one
    assert scan_text(tmp_path, text.replace("57", "58"), TEXTS).chunks[0].identity != one
    assert len(one) == 32


def test_a_stream_is_consumed_once(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("a,b\n")
    scan = Scan([cut(source_file(path))], TEXTS, 2, Dialect(), CancelToken())
    pa.RecordBatchReader.from_stream(scan).read_all()
    with pytest.raises(ValueError, match="consumed once"):
        pa.RecordBatchReader.from_stream(scan)


def test_a_report_covers_what_the_consumer_left_unread(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("a,b\nc,d\ne\n")
    scan = Scan([cut(source_file(path), 4)], TEXTS, 2, Dialect(), CancelToken())
    assert pa.RecordBatchReader.from_stream(scan).read_next_batch().num_rows == 1
    assert sum(block.rows for block in scan.report()[0].blocks) == 3


def test_a_raised_token_ends_the_scan(tmp_path: Path) -> None:
    token = CancelToken()
    token.cancel()
    path = tmp_path / "data.csv"
    path.write_text("a,b\n")
    with pytest.raises(ScanCancelledError):
        run([cut(source_file(path))], TEXTS, token=token)


def test_a_token_raised_during_a_scan_ends_it(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("a,b\n" * 1000)
    token = CancelToken()
    scan = Scan([cut(source_file(path), 100)], TEXTS, 2, Dialect(), token)
    reader = pa.RecordBatchReader.from_stream(scan)
    assert reader.read_next_batch().num_rows > 0
    token.cancel()
    with pytest.raises(pa.ArrowInvalid, match="cancelled"):
        reader.read_all()
    assert isinstance(scan.failure(), ScanCancelledError)


def test_a_file_changed_before_the_scan(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("a,b\n")
    chunk = cut(source_file(path))
    path.write_text("a,c\n")
    os.utime(path, ns=(0, 0))
    with pytest.raises(SourceChangedError):
        run([chunk], TEXTS)


@pytest.mark.parametrize("change", ["touch", "truncate", "append"])
def test_a_file_changed_during_the_scan(change: str, tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("a,b\n" * 1000)
    scan = Scan([cut(source_file(path), 400)], TEXTS, 2, Dialect(), CancelToken())
    reader = pa.RecordBatchReader.from_stream(scan)
    reader.read_next_batch()
    if change == "touch":
        os.utime(path, ns=(1, 1))
    else:
        os.truncate(path, 1000 if change == "truncate" else 5000)
    with pytest.raises(pa.ArrowInvalid, match="changed"):
        reader.read_all()
    assert isinstance(scan.failure(), SourceChangedError)


def test_a_missing_file_is_not_found(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("a,b\n")
    chunk = cut(source_file(path))
    path.unlink()
    with pytest.raises(FileNotFoundError) as caught:
        run([chunk], TEXTS)
    assert caught.value.filename == str(path)


def test_arguments_are_checked() -> None:
    for dialect in (
        Dialect(delimiter=""),
        Dialect(delimiter="a\n"),
        Dialect(delimiter=";", escape=";"),
        Dialect(comment='"'),
        Dialect(delimiter="é"),
        Dialect(quote=","),
    ):
        with pytest.raises(ValueError, match=r"delimiter|quote|escape"):
            Scan([], TEXTS, 2, dialect, CancelToken())
    with pytest.raises(ValueError, match="does not read INTERVAL"):
        Scan([], columns("INTERVAL"), 1, Dialect(), CancelToken())
    with pytest.raises(ValueError, match="ordinal 1"):
        Scan([], TEXTS, 1, Dialect(), CancelToken())


def test_other_threads_run_during_a_scan(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(b"some text,1.5\n" * 2_000_000)
    ticks, done = 0, threading.Event()

    def tick() -> None:
        nonlocal ticks
        while not done.is_set():
            ticks += 1

    ticker = threading.Thread(target=tick)
    ticker.start()

    def ticks_meanwhile() -> int:
        scan = Scan([cut(source_file(path))], columns("VARCHAR", "DOUBLE"), 2, Dialect(), CancelToken())
        before = ticks
        scan.report()
        return ticks - before

    try:
        # Others may have all processors for the moment that one scan takes.
        assert any(ticks_meanwhile() > 1000 for _ in range(20))
    finally:
        done.set()
        ticker.join()


def test_a_bug_becomes_an_exception() -> None:
    with pytest.raises(NativePanicError, match="a bug on demand"):
        _native._panic("a bug on demand")


def test_unread_buffers_outlive_the_scan(tmp_path: Path) -> None:
    text = "".join(f"a text longer than twelve bytes {row},{row}\n" for row in range(2000))
    table = scan_text(tmp_path, text, columns("VARCHAR", "BIGINT"), block_size=4096).table
    assert table.column(0).to_pylist() == [f"a text longer than twelve bytes {row}" for row in range(2000)]
    assert table.column(1).to_pylist() == list(range(2000))
