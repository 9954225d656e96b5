"""What files look like: dialect, header, names and types; DuckDB's ``sniff_csv`` is the oracle."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

from fusionflow_lab._native import FileSniff, sniff_files
from fusionflow_lab.errors import SourceError
from fusionflow_lab.planning.reader_options import CsvOptions

DEFAULTS = CsvOptions()
CANDIDATES = (
    "['BOOLEAN', 'BIGINT', 'HUGEINT', 'DOUBLE', 'TIME', 'DATE', 'TIMESTAMP', 'TIMESTAMPTZ', 'VARCHAR']"
)


def sniff(folder: Path, data: bytes | str, options: CsvOptions = DEFAULTS) -> FileSniff:
    path = folder / "data.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return sniff_files([str(path)], options)[0]


def names(found: FileSniff) -> list[str]:
    return [name for name, _ in found.columns]


def types(found: FileSniff) -> list[str]:
    return [kind for _, kind in found.columns]


WELL_FORMED = {
    "simple": "a,b\n1,2\n3,4\n",
    "no header": "1,2\n3,4\n",
    "all text": "name,city\nBob,Rome\nAnn,Oslo\n",
    "all text, one row": "name,city\nBob,Rome\n",
    "all text, a name is missing": "name,\nAnn,Oslo\n",
    "equal names": "a,a,b,a\n1,2,3,4\n",
    "names equal but for case": "a,A,b\n1,2,3\n",
    "a name is taken by the numbering": "a,a_1,a\n1,2,3\n",
    "header only": "a,b,c\n",
    "header without line feed": "a,b,c",
    "numbers only": "1,2,3\n",
    "one column": "a\n1\n2\n3\n",
    "one column of text": "name\nBob\nAnn\n",
    "one column without header": "1\n2\n3\n",
    "one word": "hello",
    "one number": "5",
    "empty": "",
    "bom": "\ufeffa,b\n1,2\n",
    "crlf": "a,b\r\n1,2\r\n3,4\r\n",
    "no line feed at the end": "a,b\n1,2",
    "semicolon": "a;b\n1,5;2\n3,5;4\n",
    "tab": "a\tb\n1\t2\n",
    "pipe": "a|b\n1|2\n",
    "single quotes": "a,b\n'x,1',2\n'y,2',3\n",
    "quoted header": '"a b","c""d"\n1,2\n',
    "quoted numbers": '"a","b"\n"1","2"\n"3","4"\n',
    "quoted line feeds": 'a,b\n1,"x\ny"\n2,"z"\n',
    "quoted tabs": '"a\tb"\t1\n"c"\t2\n',
    "quoted nothing": 'a,b\n1,""\n3,"4"\n',
    "booleans": "a,b,c,d\ntrue,t,yes,True\nfalse,f,no,FALSE\n",
    "no booleans": "a,b\ny,0\nn,1\n",
    "lossy as numbers": "a,b,c,d,f\n007,+1,00.5,1_000,NULL\n008,+2,00.6,2_000,NULL\n",
    "floats": "a,b,d,e,f\n1.5,nan,1e5,.5,5.\n2,NaN,1E-5,-.5,-5.\n",
    "huge": "a,b\n9223372036854775808,99999999999999999999999999999999999999\n1,1\n",
    "negative": "a,b\n-1,-9223372036854775808\n0,-2\n",
    "spaces around numbers": "a,b\n 1, 2\n 3 ,4 \n",
    "spaces around names": " a , b \n1,2\n",
    "empty columns": "a,b,c\n1,,\n2,,\n",
    "trailing delimiter": "a,b,\n1,2,\n3,4,\n",
    "blank lines": "a,b\n\n1,2\n\n3,4\n",
    "blank lines first": "\n\na,b\n1,2\n",
    "title": "title\na,b,c\n1,2,3\n4,5,6\n",
    "title and blank line": "Report 2020\n\na,b,c\n1,2,3\n4,5,6\n",
    "numbers in the header": "year,2020,2021\n1,1,2\n3,3,4\n",
    "first row fits": "a,2020,2021\nx,1,2\ny,3,4\n",
    "mixed": "a,b\n1,x\ny,2\n",
    "semicolons in text": "a,b\nx;y,1\nz;w,2\n",
    "spaces in text": "a,b\nhello world,1\nfoo bar,2\n",
    "words": "a b\n1 2\n3 4\n",
    "times of day": "a,b\n10:20:30,1\n11:20:30,2\n",
    "dates": "a\n2020-01-01\n2020-1-2\n",
    "no date": "a\n2021-02-29\n",
    "timestamps": "a\n2020-01-01 10:20:30\n2020-1-2T10:20:30.123\n2020-01-02 10:20\n",
    "dates and timestamps": "a,b\n2020-01-01,1\n2020-1-2 10:00:00,2\n",
    "time zones": "a\n2020-01-01 10:20:30+00\n2020-01-01 10:20:30Z\n",
    "empty header": ",,\n1,2,3\n",
    "words of SQL": "select,from\n1,2\n",
    "many columns": ",".join(map(str, range(12))) + "\n" + ",".join(map(str, range(12))) + "\n",
    "free text": "text\nHello, world\nfoo bar\na, b, c\nplain\nx, y\n",
}


@pytest.mark.parametrize("data", WELL_FORMED.values(), ids=WELL_FORMED)
def test_like_duckdb(tmp_path: Path, data: str) -> None:
    found = sniff(tmp_path, data)
    sql = f"SELECT Delimiter, HasHeader, Columns FROM sniff_csv(?, auto_type_candidates = {CANDIDATES})"
    row = duckdb.connect().execute(sql, [found.path]).fetchone()
    assert row is not None
    delimiter, header, columns = row
    if len(columns) > 1:
        assert found.delimiter == delimiter
    assert found.header == header
    assert found.columns == [(column["name"], column["type"]) for column in columns]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("a\n2020-01-01 10:20:30.1234567\n", "VARCHAR"),
        ("a\n01/02/2020\n", "VARCHAR"),
        ("a\n31/12/20\n", "VARCHAR"),
        ("a\ninf\n", "DOUBLE"),
        ("a\n1e400\n", "VARCHAR"),
        ("a\n-00\n", "VARCHAR"),
        ("a\n0x10\n", "VARCHAR"),
        ("a\n2020-01-01 24:00:00\n", "VARCHAR"),
        ("a\n1234567890123456789012345678901234567890\n", "VARCHAR"),
        ("a\n-Infinity\n", "DOUBLE"),
    ],
)
def test_where_duckdb_would_change_the_text(tmp_path: Path, data: str, expected: str) -> None:
    assert types(sniff(tmp_path, data)) == [expected]


@pytest.mark.parametrize(
    "data",
    [
        "a,b,c\n1,2,3\n4,5\n6,7,8\n9,10,11,12\n1,2,3\n",
        "a,b,c\n1,2,3\n4,5,6\n1,2,3\n4,5,6\ntotal\n",
        "a,b,c\n" + "1,2,3\n" * 50 + "1,2\n" + "1,2,3\n" * 50,
        "a,b,c\n1,2\n" + "1,2,3\n" * 50,
        'a,b,c\n1,2,3\n4,"x"y,6\n7,8,9\n4,5,6\n',
    ],
)
def test_ragged_records_do_not_make_one_column(tmp_path: Path, data: str) -> None:
    found = sniff(tmp_path, data)
    assert found.columns == [(name, "BIGINT") for name in "abc"]
    assert found.data_start == 6


@pytest.mark.parametrize(
    ("data", "delimiter"),
    [("a~b\n1~2\n3~4\n", "~"), ("a^b\n1^2\n3^4\n", "^"), ("a\x01b\n1\x012\n3\x014\n", "\x01")],
)
def test_rare_delimiters(tmp_path: Path, data: str, delimiter: str) -> None:
    found = sniff(tmp_path, data)
    assert (found.delimiter, found.columns) == (delimiter, [("a", "BIGINT"), ("b", "BIGINT")])


@pytest.mark.parametrize(
    ("data", "start", "lines"),
    [
        ("a,b\n1,2\n", 4, 1),
        ("1,2\n3,4\n", 0, 0),
        ("\ufeffa,b\r\n1,2\r\n", 8, 1),
        ("\ufeff1,2\n", 3, 0),
        ('"a\nx",b\n1,2\n', 8, 2),
        ("\n\na,b\n1,2\n", 6, 3),
        ("title\na,b\n1,2\n3,4\n", 10, 2),
        ("a,b", 3, 0),
        ("", 0, 0),
    ],
)
def test_where_the_data_starts(tmp_path: Path, data: str, start: int, lines: int) -> None:
    found = sniff(tmp_path, data)
    assert (found.data_start, found.header_lines) == (start, lines)


def test_the_file_as_it_was(tmp_path: Path) -> None:
    found = sniff(tmp_path, "a,b\n1,2\n")
    stat = Path(found.path).stat()
    assert (found.size, found.mtime_ns) == (stat.st_size, stat.st_mtime_ns)


# --- several places -------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [0.25, 0.5, 0.75, 0.999])
def test_a_type_that_changes_late_is_seen(tmp_path: Path, place: float) -> None:
    rows = [f"{number},{number}\n" for number in range(300_000)]
    at = int(len(rows) * place)
    for row in range(at, len(rows)):
        rows[row] = f"{row},x{row}\n"
    found = sniff(tmp_path, "id,value\n" + "".join(rows))
    assert found.columns == [("id", "BIGINT"), ("value", "VARCHAR")]


def test_spots_inside_quoted_text_do_not_confuse_types(tmp_path: Path) -> None:
    text = "one, two\nthree, four\nfive\n" * 40
    rows = "".join(f'{number},"{text}",{number}.5\n' for number in range(2_000))
    found = sniff(tmp_path, "id,text,value\n" + rows)
    assert found.columns == [("id", "BIGINT"), ("text", "VARCHAR"), ("value", "DOUBLE")]


def test_records_longer_than_the_first_look(tmp_path: Path) -> None:
    long = "x" * 700_000
    found = sniff(tmp_path, f'id,text\n1,"{long}\n"\n2,"{long}"\n3,y\n')
    assert found.columns == [("id", "BIGINT"), ("text", "VARCHAR")]


def test_a_record_across_the_end_of_the_first_look(tmp_path: Path) -> None:
    for length in range(131_060, 131_080):
        filler = "x" * (length - len("id,text\n1,\n"))
        found = sniff(tmp_path, f'id,text\n1,{filler}\n2,"a\nb"\n3,c\n')
        assert found.columns == [("id", "BIGINT"), ("text", "VARCHAR")], length


# --- options --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "options", "columns", "header"),
    [
        ("a,b\n3,4\n", CsvOptions(header=False), [("column0", "VARCHAR"), ("column1", "VARCHAR")], False),
        ("1,2\n3,4\n", CsvOptions(header=True), [("1", "BIGINT"), ("2", "BIGINT")], True),
        ("a,b\n3,4\n", CsvOptions(names=("x",)), [("x", "BIGINT"), ("b", "BIGINT")], True),
        ("3,4\n5,6\n", CsvOptions(names=("x",)), [("x", "BIGINT"), ("column1", "BIGINT")], False),
        ("a,b\n3,4\n", CsvOptions(types=(("A", "VARCHAR"),)), [("a", "VARCHAR"), ("b", "BIGINT")], True),
        ("a,b\n3,x\n", CsvOptions(types=(("b", "INTEGER"),)), [("a", "BIGINT"), ("b", "INTEGER")], True),
        ("a,b\n3,4\n", CsvOptions(all_varchar=True), [("a", "VARCHAR"), ("b", "VARCHAR")], True),
        (
            "1,2\n3,4\n",
            CsvOptions(all_varchar=True),
            [("column0", "VARCHAR"), ("column1", "VARCHAR")],
            False,
        ),
        ("1,2\na,b\n3,4\n", CsvOptions(skip=1), [("a", "BIGINT"), ("b", "BIGINT")], True),
        ("a;b,c\n1;2,3\n", CsvOptions(delimiter=","), [("a;b", "VARCHAR"), ("c", "BIGINT")], True),
        ("a,b\n'x,2\n", CsvOptions(quote=""), [("a", "VARCHAR"), ("b", "BIGINT")], True),
        ("a,b\n1,NA\nNA,2\n", CsvOptions(null_string="NA"), [("a", "BIGINT"), ("b", "BIGINT")], True),
        (
            "a,b\n1,2\n",
            CsvOptions(columns=(("x", "DOUBLE"), ("y", "VARCHAR"))),
            [("x", "DOUBLE"), ("y", "VARCHAR")],
            True,
        ),
    ],
)
def test_what_the_user_says_is_taken(
    tmp_path: Path, data: str, options: CsvOptions, columns: list[tuple[str, str]], *, header: bool
) -> None:
    found = sniff(tmp_path, data, options)
    assert (found.columns, found.header) == (columns, header)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            CsvOptions(types=(("citty", "VARCHAR"),)),
            "types names the column citty, which the files do not have; did you mean city?",
        ),
        (CsvOptions(names=("a", "b", "c")), "names has 3 entries, the files have 2 columns"),
        (CsvOptions(delimiter="é"), 'delimiter "é" cannot cut fields; use one ASCII character'),
        (CsvOptions(quote="ä"), 'quote is "ä"; it must be one ASCII character'),
        (CsvOptions(names=("a", "A")), "the name A is given twice"),
        (
            CsvOptions(delimiter=",", quote=","),
            "the quote must be one ASCII character other than the delimiter",
        ),
        (CsvOptions(skip=-1), "skip is -1; it cannot be negative"),
    ],
)
def test_options_that_do_not_fit(tmp_path: Path, options: CsvOptions, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        sniff(tmp_path, "id,city\n1,Rome\n", options)
    assert str(caught.value) == message


def test_a_name_that_the_header_has_too(tmp_path: Path) -> None:
    assert names(sniff(tmp_path, "a,b\n1,2\n", CsvOptions(names=("b",)))) == ["b", "b_1"]


def test_more_lines_to_skip_than_there_are(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="the file has 2 lines, skip says 3"):
        sniff(tmp_path, "a,b\n1,2\n", CsvOptions(skip=3))


def test_columns_that_no_record_has(tmp_path: Path) -> None:
    options = CsvOptions(columns=(("a", "BIGINT"), ("b", "BIGINT"), ("c", "BIGINT")))
    with pytest.raises(SourceError, match="no record has the 3 fields that columns says"):
        sniff(tmp_path, "a,b\n1,2\n", options)


def test_names_for_a_header_that_does_not_fit(tmp_path: Path) -> None:
    found = sniff(tmp_path, "a,b\n1,x,3\n2,y,4\n", CsvOptions(names=("a", "b", "c")))
    assert (names(found), found.header, found.data_start) == (["a", "b", "c"], True, 4)


def test_a_first_line_of_data_that_does_not_fit_is_left_to_the_scan(tmp_path: Path) -> None:
    found = sniff(tmp_path, "7,8\n1,x,3\n2,y,4\n")
    assert (found.header, found.data_start, types(found)) == (False, 0, ["BIGINT", "VARCHAR", "BIGINT"])


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "byte", "what", "hint"),
    [
        (b"a,b\n1,\x00\n", 6, "a NUL byte", r"is it text? remove them: tr -d '\0'"),
        (b"\x1f\x8b\x08\x00data", 0, "the file is gzip-compressed", "say compression = 'gzip'"),
        (b"PAR1data", 0, "the file is a Parquet file", "only CSV files can be read so far"),
        (
            b"a,b\n1,2,3\n3,4,5\n5,6,7\n",
            0,
            "the first line has 2 fields, most records have 3",
            "tell the names of all 3",
        ),
        (
            b'a,"b"x\n1,x,3\n2,y,4\n',
            0,
            "the first line breaks the rules of quoting",
            "tell the names of all 3",
        ),
        (
            b"a,e,b,c\n1,x,3\n2,y,4\n5,z,6\n",
            0,
            "the first line has 4 fields, most records have 3",
            "tell the names",
        ),
    ],
)
def test_files_that_are_refused(tmp_path: Path, data: bytes, byte: int, what: str, hint: str) -> None:
    with pytest.raises(SourceError) as caught:
        sniff(tmp_path, data)
    assert (caught.value.what, caught.value.where) == (what, f"{tmp_path}/data.csv, byte {byte}")
    assert caught.value.hint.startswith(hint)


@pytest.mark.parametrize(
    "data",
    [
        "# remark\n# more\na;b\n# in between\n1;3\n6;7\n# end",
        "# first, second, third\na;b\n1;3\n6;7\n",
    ],
)
def test_remarks_do_not_hide_the_table(tmp_path: Path, data: str) -> None:
    found = sniff(tmp_path, data)
    assert (found.delimiter, found.columns) == (";", [("a", "BIGINT"), ("b", "BIGINT")])


def test_words_are_columns_only_where_many_records_agree(tmp_path: Path) -> None:
    rows = "".join(f'2018-01-{day:02} MG-{day} "$ 74.69, of which tax" x\n' for day in range(1, 13))
    assert sniff(tmp_path, "day id price note\n" + rows).delimiter == " "
    assert sniff(tmp_path, "text\n" + "one two three\nfour five\n" * 10).columns == [("text", "VARCHAR")]


def test_one_bad_byte_among_many_records_is_left_to_the_scan(tmp_path: Path) -> None:
    rows = b"".join(b"%d,text\n" % number for number in range(1_000))
    found = sniff(tmp_path, b"id,text\n" + rows[:500] + b"\n7,\xff\n" + rows[500:])
    assert found.columns == [("id", "BIGINT"), ("text", "VARCHAR")]


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nothing\.csv"):
        sniff_files([str(tmp_path / "nothing.csv")], DEFAULTS)


# --- files made by others -------------------------------------------------------------------------


@pytest.mark.parametrize("corpus", ["csv_spectrum/csvs", "csv_rfc4180/csv", "duckdb_csv/data"])
def test_hostile_files_are_read_or_refused(corpora: Path, corpus: str) -> None:
    files = sorted(path for path in (corpora / corpus).rglob("*") if path.is_file())
    if not files:
        pytest.skip(f"1 corpus is missing: {corpus}")
    for path in files:
        try:
            (found,) = sniff_files([str(path)], DEFAULTS)
        except SourceError:
            continue
        # Places in a packed file are those of its text.
        assert 0 <= found.data_start <= found.size or path.suffix == ".gz"
        assert len(set(map(str.lower, names(found)))) == len(found.columns) > 0
