"""The sniffer and the scan agree: what a file was sniffed as, all its records can be read as."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from fusionflow_lab._native import CancelToken, Scan, sniff_files
from fusionflow_lab.errors import SourceError
from fusionflow_lab.planning.reader_options import CsvOptions
from fusionflow_lab.samples import write_samples
from fusionflow_lab.source import Block, Chunk, Column, Dialect, SourceFile

FIELDS = st.one_of(
    st.sampled_from(
        ["", '""', "1", "-2", " 5 ", "007", "1.5", ".5", "1e400", "nan", "-inf", "9" * 20, "9" * 40]
    ),
    st.sampled_from(["true", " f", "NULL", "2024-01-02", "2024-02-30", "2024-01-02 03:04", "#", "é", "x;y"]),
    st.sampled_from(['"a,b"', '"x\ny"', '"q""q"', '"bad"x', '"open', "'s'", '"1"', '" 7"']),
    st.text(max_size=6),
)
ROWS = st.lists(st.lists(FIELDS, min_size=1, max_size=4), max_size=8)


def scan_all(path: Path) -> tuple[int, list[tuple[int, str]]]:
    """Sniff and scan a small file; return its rows with the rejected ones, and the types too narrow."""
    (found,) = sniff_files([str(path)], CsvOptions())
    columns = [
        Column(name=name, type=kind, ordinal=place) for place, (name, kind) in enumerate(found.columns)
    ]
    file = SourceFile(path=found.path, size=found.size, mtime_ns=found.mtime_ns, data_start=found.data_start)
    block = Block(offset=found.data_start, end=found.size, start=found.data_start)
    dialect = Dialect(
        delimiter=found.delimiter, quote=found.quote, header=found.header, column_count=len(columns)
    )
    chunk = Chunk(ordinal=0, file=file, blocks=(block,))
    scan = Scan([chunk], columns, len(columns), dialect, CancelToken())
    try:
        rows = pa.RecordBatchReader.from_stream(scan).read_all().num_rows
    except pa.ArrowInvalid:
        failure = scan.failure()
        assert failure is not None
        if not scan.widened():
            raise failure from None
        return 0, scan.widened()
    return rows + pa.RecordBatchReader.from_stream(scan.rejects()).read_all().num_rows, scan.widened()


@given(rows=ROWS, delimiter=st.sampled_from(",;\t|~ "), end=st.sampled_from(["\n", "\r\n"]))
def test_sniffed_types_hold_all_values(
    tmp_path: Path, rows: list[list[str]], delimiter: str, end: str
) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(end.join(delimiter.join(row) for row in rows).encode("utf-8", "replace"))
    try:
        _, widened = scan_all(path)
    except SourceError:
        return
    assert widened == []


def test_samples_are_read_as_they_were_sniffed(tmp_path: Path) -> None:
    samples = write_samples(tmp_path, megabytes=1)
    for file in samples.orders:
        assert scan_all(file.path) == (file.rows + file.bad_rows, [])
