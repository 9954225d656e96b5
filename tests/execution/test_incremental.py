"""A run after a change scans what changed, and answers as a run from nothing does."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from fusionflow_lab.api import Session
from fusionflow_lab.results.result import Result

MIB = 1 << 20
LINES = 100_000
SMALL_FILES = 40

Change = Callable[[Path], None]


def line(number: int) -> str:
    return f"{number % 97},text number {number:06}\n"


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write one file of 44 MB (segments of 32 and 10 MiB), and a folder of many small ones."""
    folder = tmp_path_factory.mktemp("originals")
    (folder / "large").mkdir()
    block = "".join(map(line, range(LINES)))
    (folder / "large" / "a.csv").write_text("k,v\n" + 20 * block)
    (folder / "small").mkdir()
    for number in range(SMALL_FILES):
        rows = range(number * 100, number * 100 + 1000 + number)
        (folder / "small" / f"f{number:03}.csv").write_text("k,v\n" + "".join(map(line, rows)))
    return folder


def ask(session: Session, folder: Path, *, use_cache: bool = True) -> Result:
    sql = (
        f"SELECT k, count(*) AS n, sum(length(v))::BIGINT AS l, max(v) AS v FROM '{folder}/*.csv' GROUP BY k"
    )
    return session.sql(f"{sql} ORDER BY k", use_cache=use_cache).result()


def first(folder: Path) -> Path:
    return min(folder.iterdir())


def append(folder: Path) -> None:
    with first(folder).open("a") as file:
        file.write(line(1) * 3)


def edit(folder: Path) -> None:
    with first(folder).open("r+b") as file:
        file.seek(len("k,v\n0,"))
        file.write(b"TEXT")


def insert(folder: Path) -> None:
    path = first(folder)
    data = path.read_bytes()
    path.write_bytes(data[: -len(line(9))] + b"5,inserted\n" + data[-len(line(9)) :])


def add(folder: Path) -> None:
    (folder / "aa.csv").write_text("k,v\n" + line(7) * 5)


def delete(folder: Path) -> None:
    add(folder)
    max(folder.iterdir()).unlink()


def rename(folder: Path) -> None:
    first(folder).rename(folder / "zz.csv")


def touch(folder: Path) -> None:
    os.utime(first(folder), ns=(1, 1))


def truncate(folder: Path) -> None:
    path = first(folder)
    os.truncate(path, path.stat().st_size - len(line(LINES - 1)))


def copy(folder: Path) -> None:
    shutil.copy(first(folder), folder / "zz.csv")


@pytest.mark.parametrize("kind", ["large", "small"])
@pytest.mark.parametrize(
    ("change", "most"),
    [
        (append, 12 * MIB),
        (edit, 12 * MIB),
        (insert, 12 * MIB),
        (add, 200),
        (rename, 0),
        (touch, 0),
        (truncate, 12 * MIB),
        (copy, 0),
    ],
)
def test_what_changed_is_scanned(
    session: Session, originals: Path, tmp_path: Path, kind: str, change: Change, most: int
) -> None:
    folder = tmp_path / kind
    shutil.copytree(originals / kind, folder)
    ask(session, folder)
    change(folder)
    again = ask(session, folder)
    # Small files share a state: a copy of one of them alone is scanned.
    alone = first(folder).stat().st_size if (change, kind) == (copy, "small") else 0
    assert again.counters.bytes_scanned <= most + alone
    cold = ask(session, folder, use_cache=False)
    assert again.arrow().equals(cold.arrow())
    assert again.counters.rows_read == cold.counters.rows_read
    # What was taken over is known by its stat from now on.
    once_more = ask(session, folder)
    assert (once_more.counters.bytes_scanned, once_more.counters.bytes_verified) == (0, 0)
    assert once_more.arrow().equals(cold.arrow())


def test_a_file_that_goes_away_costs_its_task(session: Session, originals: Path, tmp_path: Path) -> None:
    folder = tmp_path / "small"
    shutil.copytree(originals / "small", folder)
    ask(session, folder)
    first(folder).unlink()
    again = ask(session, folder)
    assert again.counters.bytes_scanned <= 8 * MIB
    assert again.arrow().equals(ask(session, folder, use_cache=False).arrow())


@pytest.mark.parametrize("change", [append, edit, insert, truncate])
def test_what_changes_again_costs_itself_alone(
    session: Session, originals: Path, tmp_path: Path, change: Change
) -> None:
    """A first change costs the files that share the state; this one has a state of its own from then on."""
    folder = tmp_path / "small"
    shutil.copytree(originals / "small", folder)
    ask(session, folder)
    append(folder)
    ask(session, folder)
    change(folder)
    again = ask(session, folder)
    assert again.counters.bytes_scanned <= first(folder).stat().st_size
    assert again.arrow().equals(ask(session, folder, use_cache=False).arrow())


def test_a_last_record_without_line_end_that_goes_on(session: Session, tmp_path: Path) -> None:
    """A file cut at the end of a chunk: the chunk's bytes stay, and yet its last record is another one."""
    path = tmp_path / "a.csv"
    rows = "".join(f"{number:07}\n" for number in range(4 * MIB))[: 16 * MIB - len("number\n") - 3]
    path.write_text("number\n" + rows + "999")
    assert path.stat().st_size == 16 * MIB
    sql = f"SELECT count(*) AS n, max(number) AS m FROM '{path}'"
    first_answer = session.sql(sql).result().arrow()
    with path.open("a") as file:
        file.write("1234\n5\n")
    again = session.sql(sql).result().arrow()
    assert again.equals(session.sql(sql, use_cache=False).result().arrow())
    assert not again.equals(first_answer)
    assert isinstance(again, pa.Table)
