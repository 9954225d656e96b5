"""How sniffed types meet."""

from __future__ import annotations

import itertools
from pathlib import Path

import pyarrow as pa
import pytest

from fusionflow_lab._native import CancelToken, Scan, reads_type, widest_type
from fusionflow_lab.source import Column
from tests.native.scanning import CSV, cut, source_file

SNIFFED = ["BOOLEAN", "BIGINT", "HUGEINT", "DOUBLE", "DATE", "TIMESTAMP", "VARCHAR"]


def test_numbers_widen_among_themselves_and_all_else_to_text() -> None:
    assert widest_type("BIGINT", "HUGEINT") == "HUGEINT"
    assert widest_type("HUGEINT", "DOUBLE") == "DOUBLE"
    assert widest_type("DATE", "TIMESTAMP") == "VARCHAR"
    assert widest_type("BOOLEAN", "BIGINT") == "VARCHAR"


@pytest.mark.parametrize(("one", "other"), list(itertools.product(SNIFFED, SNIFFED)))
def test_widening_is_a_join(one: str, other: str) -> None:
    wide = widest_type(one, other)
    assert wide == widest_type(other, one)
    assert widest_type(wide, one) == wide
    assert widest_type(one, one) == one
    for third in SNIFFED:
        assert widest_type(wide, third) == widest_type(one, widest_type(other, third))


def test_unknown_types_are_refused() -> None:
    with pytest.raises(ValueError, match="the scan does not read FANCY"):
        widest_type("FANCY", "BIGINT")


TEXTS = {
    "BIGINT": "7",
    "HUGEINT": "9" * 30,
    "DOUBLE": "2.5",
    "BOOLEAN": "yes",
    "DATE": "2024-01-02",
    "DATE '%d/%m/%Y'": "31/12/2024",
    "TIME": "10:30",
    "TIMESTAMP": "2024-01-02 10:30",
    "TIMESTAMP '%m.%d.%Y *'": "12.31.2024 10:30",
    "TIMESTAMP WITH TIME ZONE": "2024-01-02 10:30Z",
    "VARCHAR": "x",
}


@pytest.mark.parametrize(("sniffed", "met"), list(itertools.permutations(TEXTS, 2)))
def test_a_value_of_another_type_late_in_the_file_widens(sniffed: str, met: str, tmp_path: Path) -> None:
    name, _, style = sniffed.removesuffix("'").partition(" '")
    column = Column(name="c", type=name, ordinal=0, format=style)
    path = tmp_path / "data.csv"
    path.write_text(f"{TEXTS[sniffed]}\n" * 1000 + f"{TEXTS[met]}\n")
    scan = Scan([cut(source_file(path), 512)], [column], 1, CSV, CancelToken())
    widest = widest_type(sniffed, met if "'" not in met else "VARCHAR")
    if (sniffed, met) == ("DOUBLE", "HUGEINT"):  # as a DOUBLE it would be another number
        widest = "VARCHAR"
    if widest == sniffed:
        assert pa.RecordBatchReader.from_stream(scan).read_all().num_rows == 1001
        assert scan.widened() == []
    else:
        with pytest.raises(pa.ArrowInvalid):
            pa.RecordBatchReader.from_stream(scan).read_all()
        assert scan.widened() == [(0, widest)]


def test_which_types_the_scan_reads_itself() -> None:
    assert all(reads_type(name, "") for name in SNIFFED)
    assert reads_type("DATE", "%d/%m/%Y")
    assert not any(reads_type(name, "") for name in ("UUID", "INTEGER[]", "TIMESTAMP_NS"))
    assert not reads_type("DATE", "%b %d %Y")
