"""Values: what each type reads, what it refuses, and that DuckDB reads the same."""

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.native.scanning import columns, plain, scan_text

LIMITS: list[tuple[str, str, object]] = [
    ("BOOLEAN", "true", True),
    ("BOOLEAN", "F", False),
    ("BOOLEAN", "Yes", True),
    ("BOOLEAN", "0", False),
    ("BOOLEAN", "2", None),
    ("TINYINT", "127", 127),
    ("TINYINT", "-128", -128),
    ("TINYINT", "128", None),
    ("SMALLINT", "-32768", -32768),
    ("SMALLINT", "32768", None),
    ("INTEGER", "2147483647", 2147483647),
    ("INTEGER", "-2147483649", None),
    ("BIGINT", "9223372036854775807", 9223372036854775807),
    ("BIGINT", "-9223372036854775808", -9223372036854775808),
    ("BIGINT", "9223372036854775808", None),
    ("BIGINT", "007", 7),
    ("BIGINT", "+7", 7),
    ("BIGINT", " 7 ", 7),
    ("BIGINT", "-0", 0),
    ("BIGINT", "1.0", None),
    ("BIGINT", "1e3", None),
    ("BIGINT", "1_000", None),
    ("BIGINT", "0x10", None),
    ("BIGINT", "-", None),
    ("BIGINT", " ", None),
    ("BIGINT", "12345678901234567", 12345678901234567),
    ("UTINYINT", "255", 255),
    ("UTINYINT", "-1", None),
    ("USMALLINT", "65536", None),
    ("UINTEGER", "4294967295", 4294967295),
    ("UBIGINT", "18446744073709551615", 18446744073709551615),
    ("UBIGINT", "18446744073709551616", None),
    ("HUGEINT", "9" * 38, Decimal("9" * 38)),
    ("HUGEINT", "-" + "9" * 38, Decimal("-" + "9" * 38)),
    ("HUGEINT", "1" + "0" * 38, None),
    ("DOUBLE", "0.1", 0.1),
    ("DOUBLE", "1.7976931348623157e308", 1.7976931348623157e308),
    ("DOUBLE", "4.9e-324", 5e-324),
    ("DOUBLE", "1e400", None),
    ("DOUBLE", "123456789012345678901234567890.5", 1.2345678901234568e29),
    ("DOUBLE", "9007199254740993", 9007199254740992.0),
    ("DOUBLE", "-inf", -math.inf),
    ("DOUBLE", "Infinity", math.inf),
    ("DOUBLE", ".5", 0.5),
    ("DOUBLE", "5.", 5.0),
    ("DOUBLE", "1.2.3", None),
    ("DOUBLE", "1,5", None),
    ("FLOAT", "0.5", 0.5),
    ("FLOAT", "3.5e38", None),
    ("DECIMAL(4,2)", "99.99", Decimal("99.99")),
    ("DECIMAL(4,2)", "99.995", None),
    ("DECIMAL(4,2)", "0.125", Decimal("0.13")),
    ("DECIMAL(4,2)", "-0.125", Decimal("-0.13")),
    ("DECIMAL(4,2)", "1.25e1", Decimal("12.50")),
    ("DECIMAL(38,0)", "9" * 38, Decimal("9" * 38)),
    ("DECIMAL(38,38)", "0." + "9" * 38, Decimal("0." + "9" * 38)),
    ("DATE", "2024-02-29", date(2024, 2, 29)),
    ("DATE", "2024-2-9", date(2024, 2, 9)),
    ("DATE", "0001-01-01", date(1, 1, 1)),
    ("DATE", "9999-12-31", date(9999, 12, 31)),
    ("DATE", "2023-02-29", None),
    ("DATE", "0000-01-01", None),
    ("DATE", "01/02/2024", None),
    ("TIMESTAMP", "2024-02-29 23:59:59.999999", datetime.fromisoformat("2024-02-29T23:59:59.999999")),
    ("TIMESTAMP", "2024-02-29T01:02", datetime.fromisoformat("2024-02-29T01:02:00")),
    ("TIMESTAMP", "2024-02-29", datetime.fromisoformat("2024-02-29T00:00:00")),
    ("TIMESTAMP", "0001-01-01 00:00:00", datetime.fromisoformat("0001-01-01T00:00:00")),
    ("TIMESTAMP", "9999-12-31 23:59:59.999999", datetime.fromisoformat("9999-12-31T23:59:59.999999")),
    ("TIMESTAMP", "2024-02-29 24:00:00", None),
    ("TIMESTAMP", "2024-02-29 01:02:03.1234567", None),
    ("TIMESTAMP", "2024-02-29 01:02:03Z", None),
]


@pytest.mark.parametrize("mark", ["", '"'])
@pytest.mark.parametrize(("kind", "text", "value"), LIMITS)
def test_each_type_reads_its_texts_and_no_others(
    kind: str, text: str, value: object, mark: str, tmp_path: Path
) -> None:
    mark = mark or ('"' if "," in text else "")
    field = f"{mark}{text}{mark}"
    scanned = scan_text(tmp_path, f"{field},x\n", columns(kind, "VARCHAR", fixed=True))
    if value is None:
        assert scanned.rows == []
        assert [reject["reason"] for reject in scanned.rejects] == [f'"{text}" is not a {kind}']
    else:
        assert scanned.rows == [(value, "x")]
        assert scanned.rejects == []


@pytest.mark.parametrize(
    "kind", ["BOOLEAN", "BIGINT", "HUGEINT", "DOUBLE", "DATE", "TIMESTAMP", "DECIMAL(9,2)"]
)
def test_empty_is_null_in_all_types_but_text(kind: str, tmp_path: Path) -> None:
    scanned = scan_text(tmp_path, ',x\n"",x\n', columns(kind, "VARCHAR", fixed=True))
    assert scanned.rows == [(None, "x"), (None, "x")]


def test_not_a_number(tmp_path: Path) -> None:
    rows = scan_text(tmp_path, "nan\nNaN\n-nan\n", columns("DOUBLE")).rows
    assert all(isinstance(value, float) and math.isnan(value) for (value,) in rows)


def integers(bits: int, *, signed: bool = True) -> st.SearchStrategy[str]:
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    small = st.integers(min_value=max(low, -20), max_value=20)
    return (st.integers(min_value=low, max_value=high) | small).map(str)


def decimals(precision: int, scale: int) -> st.SearchStrategy[str]:
    limit = 10 ** (precision - scale) - 1
    whole = st.integers(min_value=-limit, max_value=limit)
    fraction = st.text("0123456789", max_size=scale + 3)
    made = st.builds(lambda w, f: f"{w}.{f}" if f else str(w), whole, fraction)
    return made.filter(lambda text: abs(Decimal(text)) < limit)


PIECES = ["a", "b", "é", "日", " ", ",", '"', "\n", "\r\n", ";", "0", "\t", "some longer text"]
TEXT = st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text(
    st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=20
)

VALUES: dict[str, st.SearchStrategy[str]] = {
    "BOOLEAN": st.sampled_from(["true", "false", "True", "FALSE", "t", "f", "yes", "no"]),
    "TINYINT": integers(8),
    "SMALLINT": integers(16),
    "INTEGER": integers(32),
    "BIGINT": integers(64),
    "UTINYINT": integers(8, signed=False),
    "USMALLINT": integers(16, signed=False),
    "UINTEGER": integers(32, signed=False),
    "UBIGINT": integers(64, signed=False),
    "HUGEINT": st.integers(min_value=-(10**38) + 1, max_value=10**38 - 1).map(str),
    "FLOAT": st.floats(width=32).map(repr),
    "DOUBLE": st.floats().map(repr) | decimals(17, 8) | st.floats(-1e6, 1e6).map(lambda x: f"{x:.3f}"),
    "DECIMAL(9,3)": decimals(9, 3),
    "DECIMAL(38,10)": decimals(38, 10),
    "DATE": st.dates().map(str),
    "TIMESTAMP": st.datetimes().map(str),
    "VARCHAR": TEXT,
}


@st.composite
def typed_files(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A well-formed file without a header, and the types of its columns."""
    types = draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=6))
    line_end = draw(st.sampled_from(["\n", "\r\n"]))
    cells = [
        st.none() | VALUES[kind].flatmap(lambda text: st.sampled_from([quoted(text), bare(text)]))
        for kind in types
    ]
    rows = draw(st.lists(st.tuples(*cells), min_size=1, max_size=30))
    # A number first: DuckDB takes a record of nothing but NULLs for no record.
    lines = [",".join([str(number), *(cell or "" for cell in row)]) for number, row in enumerate(rows)]
    text = "".join(line + "\n" for line in lines)
    # One kind of line end, inside quotes too: DuckDB takes no mixture.
    return text.replace("\r\n", "\n").replace("\n", line_end), ["BIGINT", *types]


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def bare(text: str) -> str:
    return quoted(text) if not text or set(text) & set(',"\r\n') else text


@settings(max_examples=250)
@given(typed_files(), st.sampled_from([64, 1000, None]))
def test_duckdb_reads_the_same(tmp_path: Path, made: tuple[str, list[str]], block_size: int | None) -> None:
    text, types = made
    ours = scan_text(tmp_path, text, columns(*types, fixed=True), block_size=block_size)
    assert ours.rejects == []
    kinds = ", ".join(f"'c{place}': '{kind}'" for place, kind in enumerate(types))
    casts = ", ".join(f"c{place}::{kind} c{place}" for place, kind in enumerate(types))
    with duckdb.connect() as connection:
        connection.register("ours", plain(ours.table))
        found = connection.execute(f"SELECT {casts} FROM ours").fetchall()
        expected = connection.execute(
            f"SELECT * FROM read_csv(?, columns = {{{kinds}}}, header = false, delim = ',', quote = '\"', "
            f"escape = '\"', allow_quoted_nulls = false, "
            "auto_detect = false, strict_mode = true, parallel = false)",
            [str(tmp_path / "data.csv")],
        ).fetchall()
    assert list(map(repr, found)) == list(map(repr, expected))
