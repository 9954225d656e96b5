"""No damaged Parquet file is read wrongly in silence: its truth is known by construction."""

from __future__ import annotations

import io
import struct
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fusionflow_lab.api import Session
from fusionflow_lab.errors import FusionflowError

Rows = Sequence[tuple[object, ...]]
COUNT = 12_345


def read(session: Session, path: Path) -> Rows:
    """Read all columns on the workers, and check the law of rows."""
    result = session.sql(f"FROM '{path}'").result()
    counters, table = result.counters, result.arrow()
    assert counters.rows_read == counters.rows_used == table.num_rows
    with duckdb.connect() as connection:
        connection.register("answer", table)
        return connection.sql("FROM answer").fetchall()


def written(table: pa.Table, **options: Any) -> bytes:  # noqa: ANN401 - pyarrow's options
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


def numbers(**options: Any) -> bytes:  # noqa: ANN401 - as above
    table = pa.table({"n": pa.array(range(COUNT), pa.int64()), "t": [f"text {n}" for n in range(COUNT)]})
    return written(table, **{"compression": "none", "use_dictionary": False, **options})


NUMBERS: Rows = [(n, f"text {n}") for n in range(COUNT)]


def varint(value: int) -> bytes:
    """Write a number as Thrift's compact protocol does."""
    value = value << 1 ^ value >> 63
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def footer(data: bytes) -> tuple[int, int]:
    end = len(data) - 8
    return end - struct.unpack("<I", data[end : end + 4])[0], end


def with_footer(data: bytes, change: Callable[[bytes], bytes]) -> bytes:
    begin, end = footer(data)
    changed = change(data[begin:end])
    return data[:begin] + changed + struct.pack("<I", len(changed)) + b"PAR1"


def patched(data: bytes, old: int, new: int, *places: int) -> bytes:
    """Write another number at the places (from 0) where one is in the footer."""

    def change(thrift: bytes) -> bytes:
        parts = thrift.split(varint(old))
        assert len(parts) > max(places) + 1
        joined = parts[0]
        for place, part in enumerate(parts[1:]):
            joined += varint(new if place in places else old) + part
        return joined

    return with_footer(data, change)


def nested(depth: int) -> bytes:
    """A schema of groups in groups."""
    element = b"\x35\x02\x18\x01g\x15\x02\x00"  # repetition optional, name g, one child
    leaf = b"\x15\x02\x25\x02\x18\x01x\x00"
    root = b"\x48\x01r\x15\x02\x00"
    schema = b"\x29" + bytes([0xFC]) + unsigned(depth + 2) + root + element * depth + leaf
    thrift = b"\x15\x02" + b"\x19" + schema[1:] + b"\x16\x00\x19\x0c\x00"
    return b"PAR1" + thrift + struct.pack("<I", len(thrift)) + b"PAR1"


def unsigned(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def many_children() -> bytes:
    """A schema whose root says that it has two thousand million columns."""
    data = written(pa.table({"x": [1], "y": [2]}))
    return with_footer(
        data,
        lambda thrift: thrift.replace(
            b"\x18\x06schema\x15\x04", b"\x18\x06schema\x15" + varint(2**31 - 1), 1
        ),
    )


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 0x40]) + data[place + 1 :]


def page_of(data: bytes, size: int) -> bytes:
    """Write another unpacked size into the header of the first page: type, that size, packed size."""
    assert data[4:7] == b"\x15\x00\x15"
    end = next(at for at in range(7, 17) if data[at] < 0x80) + 1
    return data[:7] + varint(size) + data[end:]


def bad_text() -> bytes:
    return written(pa.table({"t": ["abcdefgh"]}), compression="none", use_dictionary=False).replace(
        b"abcdefgh", b"abc\xff\xfefgh"
    )


def large_decimal() -> bytes:
    """A number of nine digits under DECIMAL(4,2)."""
    data = written(
        pa.table({"d": pa.array([Decimal("12.34")], pa.decimal128(4, 2))}),
        compression="none",
        use_dictionary=False,
        write_statistics=False,
        store_decimal_as_integer=True,
    )
    return data.replace(struct.pack("<i", 1234), struct.pack("<i", 123_456_789), 1)


def two_groups() -> bytes:
    return written(pa.table({"n": range(20)}), row_group_size=10, compression="none")


ONE: Rows = [(1,)]
CASES: Sequence[tuple[str, Callable[[], bytes], Rows | None]] = [
    ("as it should be", numbers, NUMBERS),
    ("empty", lambda: b"", None),
    ("only the magic", lambda: b"PAR1", None),
    ("both magics", lambda: b"PAR1PAR1", None),
    ("text", lambda: b"a,b\n1,2\n" * 9, None),
    ("cut in the middle", lambda: numbers()[: COUNT * 4], None),
    ("without its last byte", lambda: numbers()[:-1], None),
    ("without its first bytes", lambda: numbers()[4096:], None),
    ("footer longer than the file", lambda: numbers()[:-8] + struct.pack("<I", 2**31) + b"PAR1", None),
    ("footer of no bytes", lambda: numbers()[:-8] + struct.pack("<I", 0) + b"PAR1", None),
    ("footer too short", lambda: numbers()[:-8] + struct.pack("<I", 40) + b"PAR1", None),
    ("encrypted", lambda: numbers()[:-1] + b"E", None),
    ("footer of zeros", lambda: with_footer(numbers(), lambda thrift: bytes(len(thrift))), None),
    ("footer of noise", lambda: with_footer(numbers(), lambda thrift: thrift[::-1]), None),
    ("groups in groups, 100,000 deep", lambda: nested(100_000), None),
    ("2,147,483,647 columns", many_children, None),
    ("more rows than there are", lambda: patched(numbers(), COUNT, COUNT + 3, 5), None),
    ("fewer rows than there are", lambda: patched(numbers(), COUNT, COUNT - 3, 5), None),
    ("a wrong number of values", lambda: patched(numbers(), COUNT, COUNT - 3, 1), NUMBERS),
    ("a page of 2 GiB", lambda: page_of(numbers(), 2**31 - 1), None),
    ("a page of 900 MiB", lambda: page_of(numbers(compression="snappy"), 900 << 20), None),
    ("a byte of a page with checksums", lambda: flipped(numbers(write_page_checksum=True), 5000), None),
    ("bytes that are no text", bad_text, None),
    ("a number with too many digits", large_decimal, None),
    ("a name twice", lambda: written(pa.table([[1], [2]], names=["a", "a"])), [(1, 2)]),
    ("names that differ in case", lambda: written(pa.table([[1], [2]], names=["a", "A"])), [(1, 2)]),
    ("bytes behind the last page", two_groups, [(n,) for n in range(20)]),
    ("no columns", lambda: written(pa.table({"x": [1]}).select([])), []),
    ("a column of nothing", lambda: written(pa.table({"x": pa.nulls(3)})), [(None,)] * 3),
    ("no rows", lambda: written(pa.table({"x": pa.array([], pa.int8())})), []),
    ("a name that is SQL", lambda: written(pa.table({'"; DROP TABLE x; --': [1]})), ONE),
]


@pytest.mark.parametrize(("make", "truth"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_exact_or_refused(
    make: Callable[[], bytes], truth: Rows | None, session: Session, tmp_path: Path
) -> None:
    path = tmp_path / "data.parquet"
    path.write_bytes(make())
    begin = time.monotonic()
    if truth is None:
        with pytest.raises(FusionflowError, match=r"data\.parquet"):
            read(session, path)
    else:
        assert list(read(session, path)) == list(truth)
    assert time.monotonic() - begin < 30
