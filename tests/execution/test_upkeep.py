"""What nobody uses leaves the home; what a live job reads or writes stays."""

from __future__ import annotations

import os
import time
from pathlib import Path

from fusionflow_lab.api import connect
from fusionflow_lab.config import Config
from fusionflow_lab.execution.stores import open_stores
from fusionflow_lab.execution.upkeep import keep_up
from fusionflow_lab.query import Query, View
from fusionflow_lab.sink import Sink

DAY = 86_400.0


def aged(folder: Path, days: float) -> None:
    """Have it that nobody touched a folder and what is in it for so long."""
    then = time.time() - days * DAY
    for place, _, names in os.walk(folder):
        for path in (Path(place), *(Path(place, name) for name in names)):
            os.utime(path, (then, then))


def test_scratch_tables_go_by_age_and_stay_while_jobs_use_them(tmp_path: Path) -> None:
    tables = tmp_path / "tables"
    for name in ("unused", "young", "read", "written"):
        (tables / name / "data").mkdir(parents=True)
        (tables / name / "data" / "part.parquet").write_bytes(b"rows")
        aged(tables / name, 1 if name == "young" else 31)
    (tables / "empty").mkdir()
    aged(tables / "empty", 31)
    config = Config.load(home=tmp_path)
    stores = open_stores(config)
    view = View(name="t", text=f"FROM '{tables}/read'")
    stores.jobs.create(Query(text="FROM t", views=(view,)))
    stores.jobs.create(Query(text="CREATE TABLE u AS FROM t", sink=Sink(url=str(tables / "written"))))
    keep_up(config, stores)
    assert {path.name for path in tables.iterdir()} == {"young", "read", "written"}


def test_a_table_that_was_read_lately_is_kept(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("n\n1\n2\n")
    with connect(home=tmp_path / "home", workers=1, runner="inprocess") as session:
        session.sql(f"CREATE TABLE t AS FROM '{tmp_path}/a.csv'").result(60)
        aged(tmp_path / "home" / "tables", 31)
        (table,) = (tmp_path / "home" / "tables").iterdir()
        assert session.sql("SELECT sum(n) AS n FROM t", use_cache=False).result(60).arrow()[
            "n"
        ].to_pylist() == [3]
        (part,) = table.rglob("*.parquet")
        os.utime(
            part, (time.time(), part.stat().st_mtime)
        )  # file systems may note the reading of a file daily
        keep_up(session.config, session.stores)
        assert table.is_dir()
        aged(table, 31)
        keep_up(session.config, session.stores)
        assert not table.exists()
