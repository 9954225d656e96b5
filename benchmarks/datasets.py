"""The files that are timed: written once, the same bytes on every machine.

A pool of a million (or, wide, some ten thousand) random records is made, and written again and again from
another place in it until the file has its rows: fast to write, larger than any cache, nothing to download.
"""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import duckdb

STATIONS = 413
G1_GROUPS = 100
WIDE_COLUMNS = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Dataset:
    """A file to be timed: how many rows it has at full size, its header, and its pool of records."""

    name: str
    rows: int
    pool_rows: int
    header: str
    pool: Callable[[Random, int, int], list[bytes]]
    suffix: str = ".csv"

    def write(self, folder: Path, scale: float) -> Path:
        """Write the file if it is not there yet, and return its path.

        Parameters
        ----------
        folder
            Where files are kept from run to run.
        scale
            Part of the full number of rows.
        """
        rows = max(int(self.rows * scale), 1)
        path = folder / f"{self.name}-{rows}{self.suffix}"
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_suffix(".part")
            with unfinished.open("wb") as file:
                file.write(self.header.encode())
                file.writelines(self._parts(rows))
            unfinished.rename(path)
        return path

    def scale_of(self, size: int) -> float:
        """Return the scale at which the file has about so many bytes."""
        sample = self.pool(Random(1), 1000, self.rows)
        return size * len(sample) / len(b"".join(sample)) / self.rows

    def _parts(self, rows: int) -> Iterator[bytes]:
        pool = self.pool(Random(1), min(self.pool_rows, rows), rows)
        whole, turns = b"".join(pool), Random(2)
        while rows > 0:
            first = int(turns.random() * len(pool))
            if rows >= len(pool):
                yield b"".join(pool[first:]) + b"".join(pool[:first]) if first else whole
            else:
                yield b"".join(pool[:rows])
            rows -= len(pool)


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawn:
    """A CSV file of rows that are all different; DuckDB writes what ``select`` gives for ``{rows}``."""

    name: str
    select: str

    def write(self, folder: Path, rows: int) -> Path:
        """Write the file if it is not there yet, and return its path."""
        path = folder / f"{self.name}-{rows}.csv"
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_suffix(".part")
            with duckdb.connect(config={"threads": 1}) as connection:
                connection.execute("SET enable_progress_bar = false")
                text = self.select.format(rows=rows, many=max(rows // G1_GROUPS, 1))
                connection.execute(f"COPY ({text}) TO '{unfinished}' (FORMAT csv, HEADER)")
            unfinished.rename(path)
        return path


def gzipped(path: Path) -> Path:
    """Write a file again as one member of gzip, if it is not there yet, and return its path."""
    packed = path.with_name(f"{path.name}.gz")
    if not packed.exists():
        unfinished = path.with_suffix(".part")
        with path.open("rb") as plain, gzip.open(unfinished, "wb", compresslevel=1) as file:
            shutil.copyfileobj(plain, file, 1 << 20)
        unfinished.rename(packed)
    return packed


def as_parquet(path: Path) -> Path:
    """Write a CSV file again as Parquet, if it is not there yet, and return its path."""
    parquet = path.with_suffix(".parquet")
    if not parquet.exists():
        unfinished = path.with_suffix(".part")
        with duckdb.connect(config={"threads": 2}) as connection:
            connection.execute(f"COPY (FROM '{path}') TO '{unfinished}' (FORMAT parquet)")
        unfinished.rename(parquet)
    return parquet


def _pick(random: Random, values: Sequence[str]) -> str:
    return values[int(random.random() * len(values))]


def brc_records(random: Random, count: int, _rows: int) -> list[bytes]:
    """Make records of the one billion row challenge: station;temperature."""
    letters = "abcdefghijklmnopqrstuvwxyzéöñ"
    stations = [
        "".join(_pick(random, letters) for _ in range(3 + int(random.random() * 9))).capitalize()
        for _ in range(STATIONS)
    ]
    return [
        f"{_pick(random, stations)};{random.random() * 139.8 - 49.9:.1f}\n".encode() for _ in range(count)
    ]


def g1_records(random: Random, count: int, rows: int) -> list[bytes]:
    """Make records of the h2o group-by benchmark, G1, with 100 groups."""
    many = max(rows // G1_GROUPS, 1)

    def number(below: int) -> int:
        return 1 + int(random.random() * below)

    return [
        (
            f"id{number(G1_GROUPS):03},id{number(G1_GROUPS):03},id{number(many):010},"
            f"{number(G1_GROUPS)},{number(G1_GROUPS)},{number(many)},"
            f"{number(5)},{number(15)},{random.random() * 100:.6f}\n"
        ).encode()
        for _ in range(count)
    ]


WORDS = ("parcel", "left, then right", 'says ""fragile""', "ring twice\nthen wait", "Zürich", "second floor")


def _quoted(random: Random) -> str:
    return f'"{_pick(random, WORDS)} {_pick(random, WORDS)}"'


def _decimal(random: Random) -> str:
    return f"{random.random() * 1000:.2f}"


def _date(random: Random) -> str:
    return f"2025-{1 + int(random.random() * 12):02}-{1 + int(random.random() * 28):02}"


def _small(random: Random) -> str:
    return str(int(random.random() * 100))


WIDE_FIELDS = (_small, _quoted, _decimal, _date, _quoted, _small)


def wide_records(random: Random, count: int, _rows: int) -> list[bytes]:
    """Make records of sixty columns, a third of them quoted text with delimiters, quotes and line feeds."""
    fields = WIDE_FIELDS * (WIDE_COLUMNS // len(WIDE_FIELDS))
    return [(",".join(field(random) for field in fields) + "\n").encode() for _ in range(count)]


VOCABULARY = 60_000
LINE_WORDS = 12


def prose_lines(random: Random, count: int, _rows: int) -> list[bytes]:
    """Make lines of words with blanks between them; how often words come falls off as in a language."""
    letters = "etaoinshrdlucmfwypvbgkjqxz"
    words = ["".join(_pick(random, letters) for _ in range(1 + place % 11)) for place in range(VOCABULARY)]

    def word() -> str:
        return words[int(VOCABULARY ** random.random()) - 1]

    return [(" ".join(word() for _ in range(LINE_WORDS)) + "\n").encode() for _ in range(count)]


PATHS = 120
LEVELS = ("INFO", "INFO", "INFO", "WARN", "ERROR")


def log_lines(random: Random, count: int, _rows: int) -> list[bytes]:
    """Make lines of a log: time, level, thread, path and milliseconds."""
    return [
        (
            f"{_date(random)}T10:{int(random.random() * 60):02}:{int(random.random() * 60):02} "
            f"{_pick(random, LEVELS)} [worker-{int(random.random() * 16)}] GET "
            f"/api/v1/{_pick(random, WORDS_OF_PATHS)}/{int(random.random() * PATHS)} "
            f"{int(random.random() * 2000)}ms\n"
        ).encode()
        for _ in range(count)
    ]


WORDS_OF_PATHS = ("users", "orders", "items")


def event_records(random: Random, count: int, _rows: int) -> list[bytes]:
    """Make events as a code forge reports them: nested, mostly text that nobody asks for."""
    kinds = ("Push", "Push", "Push", "Watch", "Issues", "Create", "Fork")

    def event(number: int) -> dict[str, object]:
        commits = [
            {"sha": f"{random.getrandbits(160):040x}", "message": _quoted(random), "distinct": True}
            for _ in range(int(random.random() * 4))
        ]
        user = int(random.random() * 50_000)
        return {
            "id": str(10**10 + number),
            "type": f"{_pick(random, kinds)}Event",
            "actor": {"id": user, "login": f"user{user}", "url": f"https://example.org/users/{user}"},
            "repo": {"id": user % 997, "name": f"org{user % 97}/repo{user % 997}"},
            "payload": {"size": len(commits), "ref": "refs/heads/main", "commits": commits},
            "public": True,
            "created_at": f"2024-01-{1 + int(random.random() * 28):02}T12:00:00Z",
        }

    return [(json.dumps(event(number), separators=(",", ":")) + "\n").encode() for number in range(count)]


BRC = Dataset(name="1brc", rows=50_000_000, pool_rows=1_000_000, header="", pool=brc_records)
G1 = Dataset(
    name="h2o-g1",
    rows=10_000_000,
    pool_rows=1_000_000,
    header="id1,id2,id3,id4,id5,id6,v1,v2,v3\n",
    pool=g1_records,
)
WIDE = Dataset(
    name="wide",
    rows=1_500_000,
    pool_rows=20_000,
    header=",".join(f"c{column}" for column in range(WIDE_COLUMNS)) + "\n",
    pool=wide_records,
)
PROSE = Dataset(name="prose", rows=6_000_000, pool_rows=300_000, header="", pool=prose_lines, suffix=".txt")
LOG = Dataset(name="log", rows=8_000_000, pool_rows=300_000, header="", pool=log_lines, suffix=".log")
EVENTS = Dataset(
    name="events", rows=1_000_000, pool_rows=20_000, header="", pool=event_records, suffix=".jsonl"
)
# The rows of G1, drawn from digests of their numbers: ten million make ten million groups of six columns.
ROWS_APART = Drawn(
    name="h2o-g1-apart",
    select="SELECT printf('id%03d', 1 + low % 100) AS id1, printf('id%03d', 1 + low // 100 % 100) AS id2, "
    "printf('id%010d', 1 + low // 10000 % {many}) AS id3, 1 + low // 1000000000 % 100 AS id4, "
    "1 + low // 100000000000 % 100 AS id5, 1 + high % {many} AS id6, 1 + high // 1000000 % 5 AS v1, "
    "1 + high // 5000000 % 15 AS v2, (high // 100000000 % 100000000) / 1e6 AS v3 "
    "FROM (SELECT md5_number_lower(i::VARCHAR) AS low, md5_number_upper(i::VARCHAR) AS high "
    "FROM range({rows}) t(i))",
)
# Every fifth value comes twice, far from the first time.
VALUES_APART = Drawn(
    name="values-apart",
    select="SELECT n * 2654435761 % 17179869184 AS number, md5(n::VARCHAR)[:16] AS name "
    "FROM (SELECT i % {rows} AS n FROM range({rows} * 6 // 5) t(i))",
)
