"""Listing files by globs: DuckDB's meaning of the wildcards, absolute sorted paths, errors that help."""

from __future__ import annotations

import os
import re
import threading
from pathlib import Path

import pytest

from fusionflow_lab._native import list_files, stat_files

TREE = (
    "a.csv",
    "b.csv",
    "b.tsv",
    ".hidden.csv",
    "one/x.csv",
    "one/y.csv",
    "two/x.csv",
    "two/deep/z.csv",
    "two/deep/er/x.csv",
    ".secret/x.csv",
    "with [brackets]/a[1].csv",
    "中文/文.csv",
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in TREE:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a,b\n1,2\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("a.csv", ["a.csv"]),
        ("./a.csv", ["a.csv"]),
        ("one/../a.csv", ["a.csv"]),
        ("*.csv", [".hidden.csv", "a.csv", "b.csv"]),
        ("?.csv", ["a.csv", "b.csv"]),
        ("b.*", ["b.csv", "b.tsv"]),
        ("[ab].csv", ["a.csv", "b.csv"]),
        ("[!a].csv", ["b.csv"]),
        ("[a-b].tsv", ["b.tsv"]),
        ("{a,b}.csv", ["a.csv", "b.csv"]),
        ("{one,two}/x.csv", ["one/x.csv", "two/x.csv"]),
        ("{one/x,two/deep/z}.csv", ["one/x.csv", "two/deep/z.csv"]),
        ("{a,{b,c}}.csv", ["a.csv", "b.csv"]),
        ("*/x.csv", [".secret/x.csv", "one/x.csv", "two/x.csv"]),
        ("two/**", ["two/deep/er/x.csv", "two/deep/z.csv", "two/x.csv"]),
        ("**/x.csv", [".secret/x.csv", "one/x.csv", "two/deep/er/x.csv", "two/x.csv"]),
        ("two/**/x.csv", ["two/deep/er/x.csv", "two/x.csv"]),
        ("two/*/*.csv", ["two/deep/z.csv"]),
        ("with [[]brackets]/a*.csv", ["with [brackets]/a[1].csv"]),
        ("with [brackets]/a[1].csv", ["with [brackets]/a[1].csv"]),
        ("中文/*.csv", ["中文/文.csv"]),
    ],
)
def test_patterns(tree: Path, pattern: str, expected: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = [str(tree / name) for name in expected]
    assert list_files(f"{tree}/{pattern}") == wanted
    monkeypatch.chdir(tree)
    assert list_files(pattern) == wanted


def test_links_to_files_are_listed_and_links_to_folders_are_not_walked_by_double_star(tree: Path) -> None:
    (tree / "one" / "link.csv").symlink_to(tree / "a.csv")
    (tree / "one" / "round").symlink_to(tree)
    names = ["one/link.csv", "one/x.csv", "one/y.csv"]
    assert list_files(f"{tree}/one/**") == [str(tree / name) for name in names]
    assert list_files(f"{tree}/one/*/a.csv") == [str(tree / "one/round/a.csv")]


def test_nothing_found_names_the_nearest_folder_and_names(tree: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        list_files(f"{tree}/on/x.csv")
    message = str(caught.value)
    assert message.startswith(
        f"there is no file {tree}/on/x.csv; the nearest folder that exists is {tree}, with one"
    )


def test_no_match_of_a_wildcard(tree: Path) -> None:
    with pytest.raises(
        FileNotFoundError,
        match=r"no file matches .*/one/\*.parquet; the nearest folder that exists is .*/one, with",
    ):
        list_files(f"{tree}/one/*.parquet")


def test_an_empty_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="and it is empty"):
        list_files(f"{tmp_path}/*.csv")


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("", "the file name is empty"),
        ("one", "one is a folder; name its files, for example 'one/*.csv'"),
        ("one/", "one/ is a folder; name its files, for example 'one/*.csv'"),
        ("{a,b.csv", "{a,b.csv: the '{' has no '}'; write '[{]' for the character"),
        ("*/../a.csv", "*/../a.csv: '..' cannot follow a wildcard"),
    ],
)
def test_wrong_patterns(tree: Path, pattern: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree)
    with pytest.raises(ValueError, match=re.escape(message)) as caught:
        list_files(pattern)
    assert str(caught.value) == message


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="needs permissions that bind")
def test_a_closed_folder_is_an_error_not_a_gap(tree: Path) -> None:
    (tree / "one").chmod(0)
    try:
        with pytest.raises(PermissionError):
            list_files(f"{tree}/**/*.csv")
    finally:
        (tree / "one").chmod(0o755)


def test_names_that_are_not_utf8_stop_only_those_who_want_them(tree: Path) -> None:
    for name in (b"caf\xe9.csv", b"caf\xe9/a.csv"):
        path = os.path.join(os.fsencode(tree), name)  # noqa: PTH118  # a path of bytes
        os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
        with open(path, "w") as file:  # noqa: PTH123
            file.write("a\n1\n")
    assert list_files(f"{tree}/a*.csv") == [f"{tree}/a.csv"]
    assert list_files(f"{tree}/**/z.csv") == [f"{tree}/two/deep/z.csv"]
    for pattern in ("*.csv", "caf*", "**/a.csv"):
        with pytest.raises(ValueError, match="is not UTF-8; rename it"):
            list_files(f"{tree}/{pattern}")


def test_stat_tells_size_and_time_or_nothing(tree: Path) -> None:
    stat = (tree / "a.csv").stat()
    paths = [str(tree / name) for name in ("a.csv", "none.csv", "one")]
    assert stat_files(paths) == [(stat.st_size, stat.st_mtime_ns), None, None]


def test_thousands_of_files(tmp_path: Path) -> None:
    for folder in range(50):
        (tmp_path / f"f{folder:02}").mkdir()
        for file in range(40):
            (tmp_path / f"f{folder:02}" / f"{file:02}.csv").touch()
    found = list_files(f"{tmp_path}/**/*.csv")
    assert len(found) == 2000
    assert found == sorted(found)


def test_the_gil_is_released(tmp_path: Path) -> None:
    for folder in range(300):
        (tmp_path / str(folder)).mkdir()
        (tmp_path / str(folder) / "a.csv").touch()
    ticks = 0
    stop = threading.Event()

    def tick() -> None:
        nonlocal ticks
        while not stop.is_set():
            ticks += 1

    thread = threading.Thread(target=tick)
    thread.start()
    try:
        while ticks == 0:
            pass
        before = ticks
        for _ in range(20):
            list_files(f"{tmp_path}/**/*.csv")
        assert ticks > before
    finally:
        stop.set()
        thread.join()
