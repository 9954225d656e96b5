from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, inspect, text

from fusionflow_lab.errors import DatabaseError, JobError
from fusionflow_lab.jobs import migrations
from fusionflow_lab.jobs.database import (
    connect_database,
    current_revision,
    open_database,
    run_migrations,
    writing,
)
from fusionflow_lab.jobs.models import Base
from fusionflow_lab.jobs.store import JobStore
from fusionflow_lab.query import Query
from tests.postgresql import Server

TABLES = {"jobs", "job_events", "job_latest", "chunk_errors", "runners", "event_counter"}


def revisions() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)


def test_models_equal_the_migrated_schema(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
        assert compare_metadata(context, Base.metadata) == []


def test_a_new_file_has_the_schema_of_all_steps(tmp_path: Path) -> None:
    stepped = connect_database(tmp_path / "steps.sqlite")
    with writing(stepped).begin() as connection:
        run_migrations(connection)

    new = open_database(tmp_path / "new.sqlite")

    assert contents(new) == contents(stepped)


def contents(engine: Engine) -> list[list[str]]:
    """Return the statements that a SQLite file was made by, and the rows it begins with."""
    queries = (
        "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name",
        "SELECT * FROM alembic_version",
        "SELECT * FROM event_counter",
    )
    with engine.connect() as connection:
        return [
            [re.sub(r"\s+|\\[nt]", "", str(tuple(row))) for row in connection.exec_driver_sql(query)]
            for query in queries
        ]


def test_head_is_the_newest_revision() -> None:
    assert revisions().get_current_head() == migrations.HEAD


@pytest.mark.parametrize("revision", [script.revision for script in revisions().walk_revisions()])
def test_down_and_up_again(engine: Engine, revision: str) -> None:
    below = revisions().get_revision(revision).down_revision or "base"

    with writing(engine).begin() as connection:
        before = schema(connection)
        run_migrations(connection, str(below))
        assert schema(connection) != before
        run_migrations(connection)
        assert schema(connection) == before


def schema(connection: Connection) -> object:
    """Describe every table as text: columns, keys and indexes."""
    found = inspect(connection)
    kinds = (found.get_columns, found.get_pk_constraint, found.get_foreign_keys, found.get_indexes)
    return {
        table: [re.sub(" at 0x[0-9a-f]+", "", str(kind(table))) for kind in kinds]
        for table in sorted(found.get_table_names())
    }


def test_downgrade_to_nothing_leaves_nothing(engine: Engine) -> None:
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


def test_a_new_database_and_an_open_one_need_no_alembic(tmp_path: Path) -> None:
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

    assert answers == ["False", "False"]


def test_many_processes_open_a_new_database_at_once(path: str) -> None:
    code = (
        "import sys; from fusionflow_lab.jobs.store import JobStore; from fusionflow_lab.query import Query\n"
        "import alembic.command\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        f"store = JobStore({path!r}); store.create(Query(text='SELECT 1')); print(len(store.list()) > 0)"
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
    with JobStore(path) as store:
        assert len(store.list()) == 4


def test_jobs_of_the_first_version_are_kept(path: str, engine: Engine) -> None:
    numbers = "0, 0, 0, 0, 0, 7, 0, 0, 0, 0"
    begin = "'ab12', '', 'old', 'SELECT 1', false, '', 'local', 0, 'COMPLETED', 'run', ''"
    job = f"{begin}, 0.0, 1, 1, 2, {numbers}"
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


def test_a_server_that_is_away_is_said_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError) as caught:
        open_database(f"postgresql://me:secret@/jobs?host={tmp_path}")

    text = str(caught.value)
    assert "the job database does not answer: connection" in text
    assert "see that the server is up" in text
    assert "secret" not in text


def test_a_url_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(JobError, match="cannot be reached this way"):
        open_database("nothing://at all")


def test_a_server_that_was_started_again_is_used_again(postgresql: Server) -> None:
    if postgresql.folder is None:
        pytest.skip("a server that is told is not killed")
    with JobStore(postgresql.database()) as store:
        job = store.create(Query(text="SELECT 1")).id
        postgresql.kill()
        with pytest.raises(DatabaseError, match="the job database does not answer"):
            store.get(job)
        postgresql.start()
        assert store.get(job).id == job
