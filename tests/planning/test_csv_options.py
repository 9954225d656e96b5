# ruff: noqa: E501, ISC004 - one case a line, its message as it is read
from __future__ import annotations

from collections.abc import Iterator

import pytest

from fusionflow_lab.errors import QueryError
from fusionflow_lab.planning.bind import Binder
from fusionflow_lab.planning.csv_options import read_csv
from fusionflow_lab.planning.reader_options import CsvOptions

READ = [
    ("'x.csv'", CsvOptions()),
    ("'x.csv', auto_detect = true, store_rejects = true, rejects_limit = 5", CsvOptions()),
    ("'x.csv', delim = ';', header = false", CsvOptions(delimiter=";", header=False)),
    ("'x.csv', sep := '\t', quote => ''", CsvOptions(delimiter="\t", quote="")),
    (r"'x.csv', delim = '\t', quote = '''', escape = ''''", CsvOptions(delimiter="\t", quote="'", escape="'")),
    (r"'x.csv', escape = '\', comment = '#', delim = '||'", CsvOptions(escape="\\", comment="#", delimiter="||")),
    (r"'x.csv', null_padding = true, strict_mode = false", CsvOptions(null_padding=True, strict=False)),
    (r"'x.csv', new_line = '\r', parallel = false, sample_size = -1", CsvOptions(new_line="\r")),
    ("'x.csv', encoding = 'UTF-16'", CsvOptions(encoding="utf-16")),
    ("'x.csv', nullstr = ['NA', '-', '']", CsvOptions(null_string="NA", more_nulls=("-", ""))),
    ("'x.csv', nullstr = 'NA', all_varchar = true", CsvOptions(null_string="NA", all_varchar=True)),
    ("'x.csv', nullstr = ['NA'], skip = 1 + 2", CsvOptions(null_string="NA", skip=3)),
    ("'x.csv', names = ['a', 'b']", CsvOptions(names=("a", "b"))),
    ("'x.csv', types = {'a': 'INT', 'B': 'decimal(9, 2)'}", CsvOptions(types=(("a", "INTEGER"), ("B", "DECIMAL(9,2)")))),
    ("'x.csv', types = {'a': 'INT[]', 'b': 'timestamptz'}", CsvOptions(types=(("a", "INTEGER[]"), ("b", "TIMESTAMP WITH TIME ZONE")))),
    ("'x.csv', dateformat = '%d/%m/%Y'", CsvOptions(date_format="%d/%m/%Y", styles=("DATE '%d/%m/%Y'",))),
    ("'x.csv', timestampformat = '%d.%m.%Y %H:%M'", CsvOptions(timestamp_format="%d.%m.%Y %H:%M", styles=("TIMESTAMP '%d.%m.%Y *'",))),
    ("'x.csv', ignore_errors = true", CsvOptions(max_errors="100%")),
    ("'x.csv', max_errors = 5", CsvOptions(max_errors="5")),
    ("'x.csv', max_errors = '2.5%'", CsvOptions(max_errors="2.5%")),
    ("'x.csv', date_format = '%b %d'", CsvOptions(date_format="%b %d")),
    ("'x.csv', dtypes = {'a': 'string'}", CsvOptions(types=(("a", "VARCHAR"),))),
    ("'x.csv', names = ['a'], types = ['int8']", CsvOptions(names=("a",), leading_types=("BIGINT",))),
    ("'x.csv', types = ['int8', 'DATE']", CsvOptions(leading_types=("BIGINT", "DATE"))),
    ("'x.csv', union_by_name = true", CsvOptions(by_name=True)),
    ("'x.csv', normalize_names = true, sample_size = 10", CsvOptions(normal_names=True)),
    ("'x.csv', decimal_separator = '.', thousands = ''", CsvOptions()),
    (
        "'x.csv', auto_detect = false, columns = {'a': 'DATE'}, delim = ';'",
        CsvOptions(
            delimiter=";", quote='"', escape='"', header=False, encoding="utf-8", columns=(("a", "DATE"),)
        ),
    ),
    ("'x.csv', columns = {'a': 'DATE', 'b': 'TIMESTAMP'}", CsvOptions(columns=(("a", "DATE"), ("b", "TIMESTAMP")))),
]  # fmt: skip

REFUSED = [
    (
        "'x.csv', delimeter = ';'",
        "read_csv has no option delimeter here\nwhere: line 1, column 24\n"
        "try: did you mean delim? known options: delim, quote, escape, header, columns, names, types, nullstr and 27 more",
    ),
    ("'x.csv', sep = ';', delim = ','", "read_csv is told delim twice\nwhere: line 1, column 35"),
    (
        "'x.csv', delim = ';;;;;'",
        "delim is one ASCII character, four at most\n"
        "where: line 1, column 24\ntry: for example delim = ';' or delim = '\\t'",
    ),
    (
        "'x.csv', comment = '//'",
        "comment is one ASCII character\nwhere: line 1, column 24\ntry: for example delim = ';' or delim = '\\t'",
    ),
    (
        "'x.csv', new_line = 'x'",
        "new_line is '\\n', '\\r' or '\\r\\n'\nwhere: line 1, column 24\n"
        "try: new_line = '\\r' for lines that end with CR alone; LF and CR LF are always read",
    ),
    (
        "'x.csv', max_errors = 'few'",
        "max_errors is a number of records or a percentage\nwhere: line 1, column 24\n"
        "try: max_errors = 100, or a part of the records: max_errors = '5%'",
    ),
    (
        "'x.csv', decimal_separator = ','",
        "decimal_separator , is not read\nwhere: line 1, column 24\n"
        "try: leave decimal_separator out and cast the text of column x: replace(x, ',', '.')::DOUBLE",
    ),
    ("'x.csv', sample_size = 0", "sample_size is a number of rows, or -1 for all\nwhere: line 1, column 24"),
    ("'x.csv', header = 1", "header is true or false\nwhere: line 1, column 24"),
    ("'x.csv', skip = -1", "skip is a number of lines\nwhere: line 1, column 24"),
    (
        "'x.csv', nullstr = 1",
        "nullstr is a text or a list of texts\nwhere: line 1, column 24\ntry: nullstr = ['NA', '-']",
    ),
    (
        "'x.csv', ignore_errors = false",
        "ignore_errors is always on\nwhere: line 1, column 24\n"
        "try: leave ignore_errors out: rows that cannot be read are kept aside and listed",
    ),
    (
        "'x.csv', columns = {'a': 'INT'}, names = ['b']",
        "columns already says names and types\nwhere: line 1, column 6\ntry: leave out names and types",
    ),
    (
        "some_column",
        "read_csv takes a file pattern as text\nwhere: line 1, column 15\ntry: read_csv('some_column')",
    ),
    (
        "'a.csv', 'b.csv'",
        "read_csv takes one file pattern\nwhere: line 1, column 6\n"
        "try: read_csv('folder/*')",
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def binder() -> Iterator[Binder]:
    binder = Binder()
    yield binder
    binder.close()


def read(arguments: str, binder: Binder) -> tuple[str, CsvOptions]:
    text = f"FROM read_csv({arguments})"
    function = binder.parse(text)["from_table"]
    return read_csv(text, {**function["function"], "query_location": function["query_location"]}, binder)


@pytest.mark.parametrize(("arguments", "options"), READ)
def test_options_are_read_by_the_names_of_duckdb(arguments: str, options: CsvOptions, binder: Binder) -> None:
    assert read(arguments, binder) == ("x.csv", options)


def test_a_list_of_files_is_one_pattern(binder: Binder) -> None:
    assert read("['a.csv', 'b.csv']", binder)[0] == "{a.csv,b.csv}"


@pytest.mark.parametrize(("arguments", "message"), REFUSED)
def test_what_is_not_done_is_refused(arguments: str, message: str, binder: Binder) -> None:
    with pytest.raises(QueryError) as raised:
        read(arguments, binder)
    assert str(raised.value) == message


@pytest.mark.parametrize("kind", ["NULL", "nonsense", "INT); DROP TABLE x; --", "INT)), (SELECT 1", ""])
def test_types_that_are_not_read_are_refused(kind: str, binder: Binder) -> None:
    with pytest.raises(QueryError, match=r"a cannot be read as") as raised:
        read(f"'x.csv', types = {{'a': '{kind}'}}", binder)
    assert len(str(raised.value).splitlines()) <= 12
