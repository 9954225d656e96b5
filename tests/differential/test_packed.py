"""Queries over packed files on a cluster answer what DuckDB answers over the plain ones."""

from __future__ import annotations

import bz2
import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from fusionflow_lab.api import Session
from fusionflow_lab.errors import FusionflowError
from fusionflow_lab.planning.chunks import PACKED_BLOCK_BYTES

QUERY = "SELECT city, count(*) AS n, sum(km) AS km, max(note) AS note FROM {} GROUP BY city ORDER BY city"


def lines(count: int, seed: int) -> bytes:
    """Rows with quoted line feeds in them."""
    made = random.Random(seed)
    return "".join(
        f'city{made.randrange(9)},{made.randrange(10**6)},"{made.randbytes(20).hex()}\n""x"", {n}"\n'
        for n in range(count)
    ).encode()


def test_a_folder_of_plain_and_packed_files_is_one_source(session: Session, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "mixed").mkdir()
    packers: dict[str, Callable[[bytes], bytes]] = {
        "": lambda data: data,
        ".gz": lambda data: gzip.compress(data[:999]) + gzip.compress(data[999:]),
        ".zst": lambda data: bytes(pa.compress(data, codec="zstd", asbytes=True)),
        ".bz2": bz2.compress,
    }
    for place, (suffix, pack) in enumerate(packers.items()):
        data = b"city,km,note\n" + lines(2000, place)
        (tmp_path / "plain" / f"{place}.csv").write_bytes(data)
        (tmp_path / "mixed" / f"{place}.csv{suffix}").write_bytes(pack(data))
    expected = duckdb.connect().execute(QUERY.format(f"'{tmp_path}/plain/*.csv'")).fetchall()
    pattern = tmp_path / "mixed" / "*"
    result = session.sql(QUERY.format(f"read_csv('{pattern}')")).result()
    assert [tuple(row.values()) for row in result.table.to_pylist()] == expected


@pytest.mark.parametrize("straddling", [False, True])
def test_members_are_read_in_parallel(session: Session, tmp_path: Path, *, straddling: bool) -> None:
    """Blocks of packed bytes, whose members end with a line, or anywhere."""
    parts = [b"city,km,note\n", *(lines(9000, seed) for seed in range(48))]
    plain = b"".join(parts)
    (tmp_path / "plain.csv").write_bytes(plain)
    if straddling:
        parts = [plain[at : at + 300_001] for at in range(0, len(plain), 300_001)]
    path = tmp_path / "packed.csv.gz"
    path.write_bytes(b"".join(gzip.compress(part, 1) for part in parts))
    assert path.stat().st_size > 10 << 20
    expected = duckdb.connect().execute(QUERY.format(f"'{tmp_path}/plain.csv'")).fetchall()
    job = session.sql(QUERY.format(f"'{path}'")).submit()
    result = job.result()
    assert [tuple(row.values()) for row in result.table.to_pylist()] == expected
    assert result.counters.bytes_scanned == path.stat().st_size
    progress = job.progress
    assert progress is not None
    assert progress.chunks_total == -(-path.stat().st_size // PACKED_BLOCK_BYTES)


def test_rejects_are_placed_in_the_text(session: Session, tmp_path: Path) -> None:
    rows = [b"a,b\n", *(b"%d,x\n" % n for n in range(500)), b"7,x,8\n"]
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"".join(rows)))
    job = session.sql(f"SELECT count(*) AS n FROM read_csv('{path}', max_errors = 1)").submit()
    assert job.result().counters.rows_rejected == 1
    (reject,) = job.rejects().to_pylist()
    assert (reject["byte"], reject["line"]) == (len(b"".join(rows[:-1])), 502)


def test_one_large_member_moves_the_bar(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "large.csv.gz"
    part = lines(300, 3) * 50
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(b"city,km,note\n")
        for _ in range(250):
            file.write(part)
    size = path.stat().st_size
    # Costly, so that the one task is long enough to be asked how far it is.
    costly = f"SELECT city, max(sha256(sha256(note || km))) AS digest FROM '{path}' GROUP BY city"
    job = session.sql(costly).submit()
    seen = set()
    while not job.wait(0.02):
        if job.progress is not None:
            seen.add(job.progress.bytes_done)
    assert job.result().counters.bytes_scanned == size
    within = sorted(seen - {0, size})
    assert len(within) >= 2
    assert within[-1] < size


def test_damage_is_told_with_file_and_byte(session: Session, tmp_path: Path) -> None:
    data = gzip.compress(b"a,b,c\n" + lines(9000, 1))
    path = tmp_path / "cut.csv.gz"
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(FusionflowError) as failure:
        session.sql(f"SELECT count(*) AS n FROM read_csv('{path}', all_varchar = true)").result()
    assert "the gzip data ends too early" in str(failure.value)
    assert f"cut.csv.gz, byte {len(data) // 2}" in str(failure.value)


@pytest.mark.parametrize("form", ["lines", "array"])
def test_packed_json_is_read(session: Session, tmp_path: Path, form: str) -> None:
    rows = [{"a": n, "b": {"c": f"x{n}"}} for n in range(30_000)]
    text = "\n".join(map(json.dumps, rows)) if form == "lines" else json.dumps(rows)
    (tmp_path / "plain.json").write_text(text)
    (tmp_path / "packed.json.gz").write_bytes(
        gzip.compress(text[:70].encode()) + gzip.compress(text[70:].encode())
    )
    query = "SELECT count(*) AS n, sum(a) AS a, max(b.c) AS c FROM '{}'"
    expected = duckdb.connect().execute(query.format(tmp_path / "plain.json")).fetchall()
    result = session.sql(query.format(tmp_path / "packed.json.gz")).result()
    assert [tuple(row.values()) for row in result.table.to_pylist()] == expected


def test_packed_lines_are_read(session: Session, tmp_path: Path) -> None:
    text = b"".join(b"%d one two\n" % n for n in range(30_000))
    path = tmp_path / "a.log.bz2"
    path.write_bytes(bz2.compress(text[:100_001]) + bz2.compress(text[100_001:]))
    result = session.sql(f"SELECT count(*) AS n, max(byte) AS last FROM read_lines('{path}')").result()
    assert result.table.to_pylist() == [{"n": 30_000, "last": len(text) - len(b"29999 one two\n")}]


def test_damage_in_a_late_part_of_json_is_told(session: Session, tmp_path: Path) -> None:
    made = random.Random(1)
    text = b"".join(
        b'{"a": %d, "b": "%s"}\n' % (n, made.randbytes(30).hex().encode()) for n in range(300_000)
    )
    members = [gzip.compress(text[at : at + 500_001], 1) for at in range(0, len(text), 500_001)]
    damaged = bytearray(b"".join(members))
    damaged[-5000] ^= 0x55
    path = tmp_path / "late.jsonl.gz"
    path.write_bytes(damaged)
    with pytest.raises(FusionflowError, match="the gzip"):
        session.sql(f"SELECT count(*) AS n, sum(a) AS a FROM '{path}'").result()
    path.write_bytes(b"".join(members))
    result = session.sql(f"SELECT count(*) AS n, sum(a) AS a FROM '{path}'").result()
    assert result.table.to_pylist() == [{"n": 300_000, "a": sum(range(300_000))}]
