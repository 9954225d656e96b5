"""Types that the user gave: every value and every refusal is that of DuckDB's CAST."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from fusionflow_lab._native import CancelToken
from fusionflow_lab.execution.typed_scan import TypedScan
from fusionflow_lab.query import Stage
from fusionflow_lab.source import Column, Source
from fusionflow_lab.states.evaluate import Evaluator
from fusionflow_lab.states.streams import Mapped
from tests.native.scanning import CSV, cut, source_file

NUMBERS = """
0 7 -7 +7 007 1_000 1__0 0x10 0b11 2.5 -2.5 .5 5. 1e3 1E-1 1e400 -0 -0.0 nan -nan inf -Infinity true x - . 1,5
127 128 -128 -129 255 256 32767 32768 65535 65536 2147483647 2147483648 4294967295 4294967296 1e39 0.1 --1
9223372036854775807 9223372036854775808 -9223372036854775808 18446744073709551615 18446744073709551616 1.2.3
170141183460469231731687303715884105727 170141183460469231731687303715884105728 99.994 99.995 12.345 1e1 1e
340282366920938463463374607431768211455 3.4028236e38 123456789012345678901234567890.5 12e-3
"""
WORDS = "true|F|Yes|no|y|N|1|0|2|on|tr|TRUE | f"
DATES = """
2024-01-02|2024-1-2|2024/01/02|2024 01 02|24-01-02|12024-01-02|2024-02-30|2023-02-29|0001-01-01|9999-12-31
epoch|infinity|2024-01-02 (BC)|2024-01-02 03:04:05|20240102|x|2024-01-02 00:00|01/02/2024
31/12/2024|2024-1-2 |1-1-1|2024-13-01|2024-00-01| 2024-01-02
"""
TIMES = """
12:00|12|1:02:03.5|24:00:00|12:00:00+02|23:59:60|12:00:00.1234567|12:0:0|00:00|x|-01:00|12:60|25:00|12:00:00.
12:00:00.000001|1:2:3|12:00:00.1234567891| 12:00|12:00
"""
STAMPS = """
2024-01-02 03:04:05|2024-01-02T03:04|2024-01-02 03:04:05.123456|2024-01-02 03:04:05.1234567
2024-01-02 24:00:00|2024-01-02 3:4:5|2024-01-02|2024/01/02 03:04:05|2024-01-02  03:04:05
1969-12-31 23:59:59.999999|infinity|x|2024-01-02 03:04:60|0001-01-01 00:00:00| 2024-01-02 03:04:05
"""
ZONES = "|Z|+02|-02:30|+0230| UTC|+02:30:15|+15:59|+16|z| +02|+2|+02:60| "
NESTED = "[1, 2]|[]|[1|[x]|[NULL]|{'a': 1}|{'a': x}|1"


def pieces(text: str) -> list[str]:
    return [piece for line in text.strip("\n").splitlines() for piece in line.split("|")]


MOMENTS = [stamp + zone for stamp in pieces(STAMPS) for zone in pieces(ZONES)]
CASES: dict[str, Sequence[str]] = {
    **dict.fromkeys(["TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT"], NUMBERS.split()),
    **dict.fromkeys(["UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT", "DOUBLE"], NUMBERS.split()),
    **dict.fromkeys(["DECIMAL(4,2)", "DECIMAL(18,3)", "DECIMAL(38,10)"], NUMBERS.split()),
    **dict.fromkeys(["TIMESTAMP", "TIMESTAMPTZ", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"], MOMENTS),
    "BOOLEAN": pieces(WORDS),
    "DATE": pieces(DATES),
    "TIME": pieces(TIMES),
    "UUID": pieces("5d9e8c1a-1111-2222-3333-444455556666|{5D9E8C1A111122223333444455556666}|5d9e8c1a|x|-"),
    "INTERVAL": pieces("1 day|2 years 3 months|01:02:03|1 fortnight|P1D|-5 minutes|x|1 day 1"),
    "BLOB": pieces(r"abc|\xAA|\x|é|a\xAAb"),
    "BIT": pieces("0101|2|1"),
    "INTEGER[]": pieces(NESTED),
    "STRUCT(a INTEGER)": pieces(NESTED),
    "ENUM('a', 'b')": pieces("a|b|c|A"),
    "JSON": pieces("[1]|1|{|x"),
}
ZONE = ("TimeZone", "America/New_York")


@pytest.fixture(scope="module")
def evaluator() -> Iterator[Evaluator]:
    with Evaluator((ZONE,), streaming=True) as evaluator:
        yield evaluator


@pytest.fixture(scope="module")
def oracle() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(f"SET {ZONE[0]} = '{ZONE[1]}'")
        yield connection


class Reading:
    """Reads a file of numbered texts, with a NULL after each, as one type."""

    def __init__(self, folder: Path, evaluator: Evaluator, column: Column) -> None:
        self._path = folder / "v.csv"
        self._evaluator = evaluator
        self._column = column

    def read(self, texts: Sequence[str]) -> tuple[dict[int, str], list[dict[str, object]]]:
        """Return the values that are not NULL by number, and the rejects."""
        lines = [f'{place},"{text}"\n{place},\n' for place, text in enumerate(texts)]
        self._path.write_text("".join(lines), encoding="utf-8")
        file = source_file(self._path)
        columns = (Column(name="id", type="BIGINT", ordinal=0), self._column)
        source = Source(name="source_0", pattern="", dialect=CSV, columns=columns, files=(file,))
        sql = "SELECT id, v::VARCHAR AS v FROM source_0 WHERE id >= 0"
        stage = Stage(name="stage_0", kind="rows", source=source, columns=columns, map_sql=sql)
        made = TypedScan(
            stage=stage,
            chunks=(cut(file, 100),),
            evaluator=self._evaluator,
            tables=(),
            token=CancelToken(),
        ).run()
        assert isinstance(made.mapped, Mapped)
        rows = made.mapped.state.to_pylist()
        rejects = pa.RecordBatchReader.from_stream(made.scan.rejects()).read_all().to_pylist()
        assert sum(row["v"] is None for row in rows) == len(texts)
        assert len(rows) + len(rejects) == 2 * len(texts)
        return {row["id"]: row["v"] for row in rows if row["v"] is not None}, rejects


@pytest.mark.parametrize("kind", CASES)
def test_values_and_rejects_are_those_of_the_cast(
    kind: str, evaluator: Evaluator, oracle: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    cast = f"SELECT TRY(CAST(? AS {kind}))::VARCHAR, typeof(CAST(NULL AS {kind}))"
    answers = [oracle.execute(cast, [text]).fetchall()[0] for text in CASES[kind]]
    expected = {place: value for place, (value, _) in enumerate(answers) if value is not None}
    column = Column(name="v", type=answers[0][1], ordinal=1, fixed=True)
    found, rejects = Reading(tmp_path, evaluator, column).read(CASES[kind])
    assert found == expected
    misfits = [text for place, text in enumerate(CASES[kind]) if place not in expected]
    assert [reject["reason"] for reject in rejects] == [
        f'"{text}" is not a {column.type}' for text in misfits
    ]
    assert [reject["column"] for reject in rejects] == ["v"] * len(misfits)
    # One by one, so that each text is read by the scan alone where the scan can read it.
    plain = [place for place in expected if "." not in CASES[kind][place] or "FLOAT" not in kind][:60]
    for place in plain:
        alone, rejects = Reading(tmp_path, evaluator, column).read([CASES[kind][place]])
        assert (alone, rejects) == ({0: expected[place]}, []), CASES[kind][place]


@pytest.mark.parametrize(
    ("kind", "date_format", "texts"),
    [
        ("DATE", "%d/%m/%Y", "01/02/2024|31/12/2024|1/2/2024|12/31/2024|01/02/24|2024-01-02|x| 01/02/2024"),
        ("DATE", "%b %d %Y", "Jan 5 2024|5 Jan 2024|jan 05 2024"),
        (
            "TIMESTAMP",
            "%d.%m.%Y %H:%M",
            "31.12.2024 10:30|31.12.2024|31.12.2024 10:30:00",
        ),
        ("TIMESTAMP", "%m/%d/%Y %I:%M %p", "12/31/2024 10:30 PM|31.12.2024 10:30|12/31/2024 13:30 PM"),
    ],
)
def test_formats_are_those_of_strptime(
    kind: str,
    date_format: str,
    texts: str,
    evaluator: Evaluator,
    oracle: duckdb.DuckDBPyConnection,
    tmp_path: Path,
) -> None:
    sql = f"SELECT TRY(CAST(strptime(?, '{date_format}') AS {kind}))::VARCHAR"
    answers = [oracle.execute(sql, [text]).fetchall()[0][0] for text in pieces(texts)]
    expected = {place: value for place, value in enumerate(answers) if value is not None}
    column = Column(name="v", type=kind, ordinal=1, fixed=True, format=date_format)
    found, rejects = Reading(tmp_path, evaluator, column).read(pieces(texts))
    assert found == expected
    assert len(rejects) == len(answers) - len(expected)
    plain = replace(column, format="")
    assert Reading(tmp_path, evaluator, plain).read(["2024-01-02"])[0] != {}
