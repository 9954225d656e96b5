from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect, text

from fusionflow_lab.errors import JobError
from fusionflow_lab.jobs import migrations
from fusionflow_lab.jobs.database import current_revision, open_database, run_migrations, writing
from fusionflow_lab.jobs.models import Base
from fusionflow_lab.jobs.store import JobStore
from fusionflow_lab.query import Query

TABLES = {"jobs", "job_events", "job_latest", "chunk_errors", "runners"}


def revisions() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)


def test_models_equal_the_migrated_schema(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "jobs.sqlite")

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
        assert compare_metadata(context, Base.metadata) == []


def test_head_is_the_newest_revision() -> None:
    assert revisions().get_current_head() == migrations.HEAD


@pytest.mark.parametrize("revision", [script.revision for script in revisions().walk_revisions()])
def test_down_and_up_again(tmp_path: Path, revision: str) -> None:
    engine = open_database(tmp_path / "jobs.sqlite")
    below = revisions().get_revision(revision).down_revision or "base"

    with writing(engine).begin() as connection:
        before = schema(connection)
        run_migrations(connection, str(below))
        assert schema(connection) != before
        run_migrations(connection)
        assert schema(connection) == before


def schema(connection: Connection) -> list[tuple[str, str]]:
    rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"))
    return [(row.name, row.sql) for row in rows]


def test_downgrade_to_nothing_leaves_nothing(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "jobs.sqlite")

    with writing(engine).begin() as connection:
        run_migrations(connection, "base")
        assert set(inspect(connection).get_table_names()) == {"alembic_version"}


def test_sqlite_settings(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "deep" / "er" / "jobs.sqlite")

    with engine.connect() as connection:
        values = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "foreign_keys", "busy_timeout")
        }

    assert values == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 30000}


def test_a_failed_migration_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE job_latest (in_the_way INTEGER)"))

    with pytest.raises(Exception, match="job_latest already exists"):
        open_database(path)

    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == ["job_latest"]
        assert current_revision(connection) is None


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite"
    engine = open_database(path)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(JobError, match="made by a newer version") as caught:
        open_database(path)

    assert caught.value.where == f"sqlite:///{path}"
    assert "upgrade fusionflow_lab" in caught.value.hint


def test_a_path_with_a_percent_sign(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "100% mine" / "jobs.sqlite")

    with engine.connect() as connection:
        assert set(inspect(connection).get_table_names()) > TABLES


def test_an_open_database_needs_no_alembic(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite"
    code = (
        "import sys; from fusionflow_lab.jobs.store import JobStore\n"
        f"JobStore({str(path)!r}).close(); print('alembic' in sys.modules)"
    )

    answers = [
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.strip()
        for _ in range(2)
    ]

    assert answers == ["True", "False"]


def test_many_processes_open_a_new_database_at_once(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite"
    code = (
        "import sys; from fusionflow_lab.jobs.store import JobStore; from fusionflow_lab.query import Query\n"
        "import alembic.command\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        f"store = JobStore({str(path)!r}); store.create(Query(text='SELECT 1')); print(len(store.list()) > 0)"
    )
    children = [
        subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()

    answers = [child.communicate(timeout=60)[0] for child in children]

    assert answers == ["True\n"] * 4
    with open_database(path).connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM jobs")).scalar() == 4


def test_jobs_of_the_first_version_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite"
    engine = open_database(path)
    numbers = "0, 0, 0, 0, 0, 7, 0, 0, 0, 0"
    job = f"'ab12', '', 'old', 'SELECT 1', 0, '', 'local', 0, 'COMPLETED', 'run', '', 0.0, 1, 1, 2, {numbers}"
    with writing(engine).begin() as connection:
        run_migrations(connection, "0001")
        connection.exec_driver_sql(f"INSERT INTO jobs VALUES ({job}, 'ab12.arrow', NULL, 5.0, 6.0, 7.0)")
        body = '{"status": "CREATED", "message": ""}'
        connection.exec_driver_sql(f"INSERT INTO job_events VALUES ('ab12', 1, 5.0, 'status', '{body}')")
    engine.dispose()

    with JobStore(path) as store:
        record = store.get("ab12")
        assert record.query == Query(text="SELECT 1", name="old", use_cache=False)
        assert (record.status, record.counters.rows_used, record.finished) == ("COMPLETED", 7, 7.0)
        assert len(store.events("ab12")) == 1
        assert store.set_desired("ab12", "stop").status == "COMPLETED"
