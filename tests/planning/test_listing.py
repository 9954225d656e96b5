"""``glob`` in FROM: DuckDB's files under DuckDB's names, with size and time besides."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from fusionflow_lab.errors import QueryError
from fusionflow_lab.planning.catalog import Catalog
from fusionflow_lab.planning.plan import Planner
from fusionflow_lab.query import Query


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("work/a.csv", "work/.b.csv", "work/c.txt", "work/deep/er/d.csv", "other/e.csv"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path


def listed(pattern: str, folder: Path) -> pa.Table:
    planner = Planner(Catalog(folder))
    try:
        (stage,) = planner.plan(Query(text=f"SELECT file FROM glob('{pattern}')")).stages
    finally:
        planner.close()
    with pa.OSFile(stage.source.files[0].path) as file:
        return pa.ipc.open_file(file).read_all()


@pytest.mark.parametrize(
    "pattern",
    [
        *("*", "*.csv", "./*.csv", "**", "**/*.csv", "deep/**", "[ab].csv", "[!a].csv", "?.csv"),
        *("../other/*", "a.csv", "no*", "{}/**"),
    ],
)
def test_names_are_those_of_duckdb(tree: Path, pattern: str) -> None:
    pattern = pattern.format(tree)
    expected = duckdb.connect().execute(f"SELECT file FROM glob('{pattern}') ORDER BY file").fetchall()
    found = listed(pattern, tree / "types")
    assert sorted(found.column("file").to_pylist()) == [file for (file,) in expected]


def test_size_and_time_are_told(tree: Path) -> None:
    (row,) = listed("a.csv", tree / "types").to_pylist()
    stat = (tree / "work" / "a.csv").stat()
    assert row["size"] == stat.st_size == len("work/a.csv")
    since = row["modified"] - pa.scalar(0, pa.timestamp("us")).as_py()
    assert since.total_seconds() == pytest.approx(stat.st_mtime)


@pytest.mark.parametrize(
    ("call", "what"),
    [
        ("glob('*', header = true)", "glob takes a file pattern alone"),
        ("glob('ftp://a/*')", "ftp:// is not read here"),
        ("glob('deep')", "deep is a folder"),
    ],
)
def test_what_cannot_be_listed_is_refused(tree: Path, call: str, what: str) -> None:
    planner = Planner(Catalog(tree / "types"))
    with pytest.raises(QueryError, match=what):
        planner.plan(Query(text=f"FROM {call}"))
    planner.close()
