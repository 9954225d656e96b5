# ruff: noqa: E501 - one file a line
"""Packed files that are damaged, mixed up, packed twice or meant to fill a disk."""

from __future__ import annotations

import bz2
import gzip
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace

import pyarrow as pa

from tests.hostile.case import Case, Row, refused, text

ROWS: list[Row] = [(str(n), f"Größe {n}") for n in range(3000)]
CSV = ("a,b\n" + "".join(f"{n},Größe {n}\n" for n in range(3000))).encode()
PLAIN_ROWS: list[Row] = [("1", "x"), ("2", "y")]
Bytes = Callable[[], bytes] | bytes


def gz(data: bytes = CSV) -> bytes:
    return gzip.compress(data, mtime=0)


def zst(data: bytes = CSV) -> bytes:
    return bytes(pa.compress(data, codec="zstd", asbytes=True))


def flipped(data: bytes, place: int) -> bytes:
    changed = bytearray(data)
    changed[place] ^= 0x55
    return bytes(changed)


def with_fields(data: bytes) -> bytes:
    """A gzip member whose header has an extra field, a name, a comment and a sum of its own."""
    extra = b"XX\x04\x00abcd"
    head = (
        b"\x1f\x8b\x08\x1e\x00\x00\x00\x00\x00\xff"
        + struct.pack("<H", len(extra))
        + extra
        + b"name\x00comment\x00"
    )
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = packer.compress(data) + packer.flush()
    return (
        head
        + struct.pack("<H", zlib.crc32(head) & 0xFFFF)
        + body
        + struct.pack("<II", zlib.crc32(data), len(data))
    )


def checked(data: bytes) -> bytes:
    """A zstd frame of one stored block that ends with a sum, which is wrong."""
    return (
        b"\x28\xb5\x2f\xfd\x04\x58" + struct.pack("<I", len(data) << 3 | 1)[:3] + data + b"\x00\x00\x00\x00"
    )


def skippable(data: bytes) -> bytes:
    return b"\x50\x2a\x4d\x18" + struct.pack("<I", len(data)) + data


def bomb() -> bytes:
    """A member of 100 MiB that is packed by more than 1000 to 1, behind a row that looks well."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    line = b"1,x\n" * (1 << 18)
    return gz(b"a,b\n1,x\n") + b"".join(packer.compress(line) for _ in range(100)) + packer.flush()


def packed(name: str, data: Bytes, suffix: str, rows: list[Row] = ROWS) -> Case:
    return replace(text(name, data if callable(data) else lambda: data, "a,b", rows), suffix=suffix)


CASES = [
    packed("gzip", gz, ".csv.gz"),
    packed("zstd", zst, ".csv.zst"),
    packed("bzip2", lambda: bz2.compress(CSV), ".csv.bz2"),
    packed("gzip with all header fields", lambda: with_fields(CSV), ".csv.gz"),
    packed("gzip members that part a character", lambda: gz(CSV[:30]) + gz(CSV[30:]), ".csv.gz"),
    packed("gzip members of a byte each", lambda: b"".join(gz(bytes([byte])) for byte in b"a,b\n1,x\n2,y\n"), ".csv.gz", PLAIN_ROWS),
    packed("gzip members without text among others", lambda: gz(b"") + gz(CSV[:50]) + gz(b"") + gz(CSV[50:]) + gz(b""), ".csv.gz"),
    packed("gzip filled up with zeros", lambda: gz() + bytes(1024), ".csv.gz"),
    packed("zstd frames and skippable ones", lambda: skippable(b"\x28\xb5\x2f\xfd" * 9) + zst(CSV[:77]) + skippable(b"") + zst(CSV[77:]) + skippable(gz()), ".csv.zst"),
    packed("bzip2 streams", lambda: bz2.compress(CSV[:99]) + bz2.compress(b"") + bz2.compress(CSV[99:]), ".csv.bz2"),
    packed("gzip in capitals", gz, ".CSV.GZ"),
    packed("gzip with a sheet in UTF-16", lambda: gz("\ufeffa,b\n1,x\n2,y\n".encode("utf-16-le")), ".csv.gz", PLAIN_ROWS),
    refused("gzip without its last byte", lambda: gz()[:-1], ".csv.gz"),
    refused("gzip cut in its header", lambda: gz()[:7], ".csv.gz"),
    refused("gzip cut in its second member", lambda: gz() + gz()[:-9], ".csv.gz"),
    refused("gzip with a wrong length", lambda: flipped(gz(), -1), ".csv.gz"),
    refused("gzip with a flipped byte", lambda: flipped(gz(), 5000), ".csv.gz"),
    refused("gzip with rubbish after it", lambda: gz() + b"rubbish", ".csv.gz"),
    refused("gzip with zeros and then rubbish", lambda: gz() + bytes(1024) + b"x", ".csv.gz"),
    refused("gzip with plain text after it", lambda: gz() + CSV, ".csv.gz"),
    refused("gzip that is plain text", CSV, ".csv.gz"),
    refused("gzip that is empty", b"", ".csv.gz"),
    refused("gzip in gzip", lambda: gz(gz()), ".csv.gz"),
    refused("zstd in gzip", lambda: gz(zst()), ".csv.gz"),
    refused("zstd under the name of gzip", zst, ".csv.gz"),
    refused("zstd without its last byte", lambda: zst()[:-1], ".csv.zst"),
    refused("zstd cut between blocks", lambda: zst(CSV * 40)[: len(zst(CSV * 40)) // 2], ".csv.zst"),
    refused("zstd with a wrong sum", lambda: checked(CSV[:900]), ".csv.zst"),
    refused("zstd with rubbish after it", lambda: zst() + b"rubbish", ".csv.zst"),
    refused("zstd with a skippable frame that is cut", lambda: zst() + skippable(b"12345")[:-2], ".csv.zst"),
    refused("zstd with a window of 2 GiB", b"\x28\xb5\x2f\xfd\x00\xa8" + struct.pack("<I", 8 << 3 | 1)[:3] + b"a,b\n1,2\n", ".csv.zst"),
    refused("bzip2 without its last byte", lambda: bz2.compress(CSV)[:-1], ".csv.bz2"),
    refused("bzip2 with a flipped byte", lambda: flipped(bz2.compress(CSV), 800), ".csv.bz2"),
    refused("bzip2 with rubbish after it", lambda: bz2.compress(CSV) + b"rubbish", ".csv.bz2"),
    refused("gzip bomb", bomb, ".csv.gz"),
]  # fmt: skip
