# ruff: noqa: E501 - one file a line
"""Bytes that are no UTF-8 text, and files that are no text at all."""

from __future__ import annotations

import bz2
import gzip
import lzma
import random
import zipfile
from io import BytesIO

from tests.hostile.case import Case, Form, Row, refused, table, text

ROWS: list[Row] = [(str(n), f"Größe {n}", str(n)) for n in range(50)]
NAMES = "id,text,value"
CSV = b"a,b\n" + b"1,x\n" * 2000


def zipped() -> bytes:
    to = BytesIO()
    with zipfile.ZipFile(to, "w") as archive:
        archive.writestr("a.csv", CSV)
    return to.getvalue()


def wrong_crc() -> bytes:
    data = bytearray(gzip.compress(CSV, mtime=0))
    data[-8] ^= 0xFF
    return bytes(data)


def noise() -> bytes:
    return random.Random(5).randbytes(20_000)


def bad_late() -> bytes:
    lines = [b"%d,x\n" % n for n in range(100_000)]
    lines[99_990] = b"99990,\xff\xfe\n"
    return b"a,b\n" + b"".join(lines)


def coded(name: str, encoding: str, prefix: bytes = b"") -> Case:
    return table(name, NAMES, ROWS, Form(encoding=encoding, prefix=prefix), refusable=True)


CASES = [
    coded("Latin-1", "latin-1"),
    coded("Windows-1252", "cp1252"),
    coded("UTF-16, little end first", "utf-16-le", b"\xff\xfe"),
    coded("UTF-16, big end first", "utf-16-be", b"\xfe\xff"),
    coded("UTF-16 without mark", "utf-16-le"),
    coded("UTF-32", "utf-32-le", b"\xff\xfe\x00\x00"),
    text("one bad byte", b"a,b\n1,x\n2,\xff\n3,y\n4,z\n5,w\n", "a,b", [("1", "x"), ("3", "y"), ("4", "z"), ("5", "w")], flawed=1),
    text("bad bytes late", bad_late, "a,b", lambda: [(str(n), "x") for n in range(100_000) if n != 99_990], flawed=1),
    text("half a character at the end", "a,b\n1,x\n2,y\n3,é".encode()[:-1], "a,b", [("1", "x"), ("2", "y")], flawed=1),
    text("too long a form of a character", b"a,b\n1,x\n2,\xc0\xaf\n3,y\n4,z\n", "a,b", [("1", "x"), ("3", "y"), ("4", "z")], flawed=1),
    text("half of a surrogate pair", b"a,b\n1,x\n2,\xed\xa0\x80\n3,y\n4,z\n", "a,b", [("1", "x"), ("3", "y"), ("4", "z")], flawed=1),
    text("byte order mark within", "a,b\n1,x\n\ufeff2,y\n3,z\n", "a,b", [("1", "x"), ("\ufeff2", "y"), ("3", "z")], policies=([("1", "x"), ("2", "y"), ("3", "z")],)),
    refused("truncated gzip", gzip.compress(CSV, mtime=0)[:-20], ".csv.gz"),
    refused("gzip with a wrong sum", wrong_crc, ".csv.gz"),
    refused("gzip under the wrong name", gzip.compress(CSV, mtime=0)[:-9]),
    refused("truncated bzip2", bz2.compress(CSV)[:-10]),
    refused("truncated xz", lzma.compress(CSV)[:-10]),
    refused("broken zstd", b"\x28\xb5\x2f\xfd" + b"\x00\x01\x02" * 50),
    refused("zip with a broken end", lambda: zipped()[:-15]),
    refused("start of a Parquet file", b"PAR1" + b"\x15\x04\x15\x10" * 100),
    refused("noise", noise),
]  # fmt: skip
