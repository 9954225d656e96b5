"""COPY and CREATE TABLE AS: what is read, and what is refused in which words."""

from __future__ import annotations

import duckdb
import pytest

from fusionflow_lab.errors import QueryError
from fusionflow_lab.planning.copying import Copying, CreateTable, selected, written_query
from fusionflow_lab.sink import Sink

READ = {
    "COPY (SELECT 1) TO 'out'": Sink(url="out", format="csv"),
    "copy (select ')') to 'a''b' with (format parquet);": Sink(
        url="a'b", format="parquet", compression="snappy"
    ),
    "COPY (FROM a) TO 'x.parquet'": Sink(url="x.parquet", compression="snappy", single=True),
    "COPY (FROM a) TO 'x.CSV.GZ'": Sink(url="x.CSV.GZ", format="csv", compression="gzip", single=True),
    "COPY (FROM a) TO 'x.jsonl.zst'": Sink(url="x.jsonl.zst", format="json", compression="zstd", single=True),
    "COPY (FROM a) TO 'x.tsv' (HEADER false, OVERWRITE)": Sink(
        url="x.tsv", format="csv", delimiter="\t", header=False, mode="overwrite", single=True
    ),
    "COPY (FROM a) TO 'x.parquet' (PARTITION_BY (a, \"b c\"), APPEND, CODEC zstd, COMPRESSION_LEVEL 5)": Sink(
        url="x.parquet",
        compression="zstd",
        partition_by=("a", "b c"),
        mode="append",
        compression_level=5,
    ),
    "COPY (FROM a) TO 'x' (PARTITION_BY a, FILE_SIZE_BYTES '256MB', FORMAT 'json')": Sink(
        url="x", format="json", partition_by=("a",), file_size_bytes=256_000_000
    ),
    "COPY (FROM a) TO 'x' (DELIM E'\\t', NULLSTR 'NULL', QUOTE '''', FORCE_QUOTE *)": Sink(
        url="x", format="csv", delimiter="\t", null="NULL", quote="'", force_quote=True
    ),
}
REFUSED = {
    "COPY t TO 'x'": "( is missing",
    "COPY (FROM a) FROM 'x'": "COPY … FROM reads into a table",
    "COPY (FROM a TO 'x'": "a parenthesis is not closed",
    "COPY (FROM a) TO x": "COPY writes to a path or URL in quotes",
    "COPY (FROM a) TO 'x' csv header": "the options of COPY stand in parentheses",
    "COPY (FROM a) TO 'x' (COMPRES zstd)": "COPY has no option COMPRES here",
    "COPY (FROM a) TO 'x' (OVERWRITE_OR_IGNORE)": "COPY has no option OVERWRITE_OR_IGNORE here",
    "COPY (FROM a) TO 'x' (FORMAT orc)": "FORMAT is orc",
    "COPY (FROM a) TO 'x.csv' (COMPRESSION snappy)": "csv is not compressed with snappy",
    "COPY (FROM a) TO 'x' (OVERWRITE, APPEND)": "COPY takes one of OVERWRITE, APPEND and ERROR_IF_EXISTS",
    "COPY (FROM a) TO 'x.csv' (APPEND)": "rows are not appended to one file",
    "COPY (FROM a) TO 'x' (FILE_SIZE_BYTES 'big')": "FILE_SIZE_BYTES is 'big'",
    "COPY (FROM a) TO 'x' (HEADER maybe)": "HEADER is maybe",
    "COPY (FROM a) TO 'x' (QUOTE 'ab')": "QUOTE is 'ab'",
}


@pytest.mark.parametrize("text", READ)
def test_a_copy_is_read(text: str) -> None:
    found = written_query(text)
    assert isinstance(found, Copying)
    assert found.sink == READ[text]


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_not_done_is_refused(text: str) -> None:
    with pytest.raises(QueryError) as caught:
        written_query(text)
    assert caught.value.what == REFUSED[text]


def test_the_query_stays_in_its_place() -> None:
    text = "COPY\n  (SELECT x -- )\n   FROM 'a') TO 'out'"
    query = selected(text)
    assert query.index("FROM") == text.index("FROM")
    assert duckdb.extract_statements(query)[0].type == duckdb.StatementType.SELECT


def test_create_table_as() -> None:
    found = written_query('CREATE OR REPLACE TABLE "my t" AS SELECT 1;')
    assert found == CreateTable(name="my t", text=" " * 34 + "SELECT 1", replace=True)
    assert written_query("CREATE VIEW v AS SELECT 1") is None
