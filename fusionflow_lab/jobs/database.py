"""Open the job database, SQLite or PostgreSQL: an engine with the right settings, migrated on first use.

Any number of processes may open a new database at once: the first writes the schema in one
transaction, the others wait for it. Readers never wait for writers. A database that is away, locked or
full is a ``DatabaseError`` wherever it is met, so that whoever can wait tries again.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
from sqlalchemy.exc import ArgumentError, InterfaceError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from fusionflow_lab.config_text import without_password
from fusionflow_lab.errors import DatabaseError, JobError
from fusionflow_lab.jobs import migrations
from fusionflow_lab.jobs.migrations.schema import STATEMENTS

BUSY_SECONDS: Final = 30.0
CONNECT_SECONDS: Final = 10
_MIGRATION_LOCK: Final = 0x66757369  # any number, as long as all versions take the same


def database_url(place: str | Path) -> str:
    """Return the URL of a database for SQLAlchemy: of the path of a SQLite file, or of a URL.

    Examples
    --------
    >>> database_url("postgresql://host/db"), database_url("/data/jobs.sqlite")
    ('postgresql+psycopg://host/db', 'sqlite:////data/jobs.sqlite')
    """
    scheme, separator, rest = str(place).partition("://")
    if not separator:
        return f"sqlite:///{place}"
    return f"postgresql+psycopg://{rest}" if scheme in {"postgres", "postgresql"} else str(place)


def open_database(place: str | Path) -> Engine:
    """Open the database at a path or URL and bring its schema up to date.

    Raises
    ------
    DatabaseError
        It does not answer.
    JobError
        It was made by a newer version, or is of a kind that is not read.
    """
    engine = connect_database(place)
    migrate(engine)
    return engine


def connect_database(place: str | Path) -> Engine:
    """Open the database at a path or URL with the schema that it has; make its folder.

    Raises
    ------
    DatabaseError
        It does not answer.
    JobError
        It is of a kind that is not read.
    """
    engine = _engine(database_url(place))
    event.listen(engine, "handle_error", _told)
    if engine.dialect.name == "sqlite":
        if engine.url.database:
            Path(engine.url.database).parent.mkdir(parents=True, exist_ok=True)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        _switch_to_wal(engine)
    return engine


def _engine(url: str) -> Engine:
    try:
        if make_url(url).get_backend_name() == "postgresql":
            # A server that was started again leaves dead connections: each is tried before it is used.
            return create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": CONNECT_SECONDS})
        return create_engine(url)
    except ModuleNotFoundError as error:
        hint = 'pip install "fusionflow_lab[postgresql]"'
        raise JobError(f"the driver of the job database is not installed: {error.name}", hint=hint) from None
    except ArgumentError:
        hint = "FUSIONFLOW_DATABASE is a path, or postgresql://user@host/name"
        raise JobError("the job database cannot be reached this way", hint=hint) from None


def _told(context: ExceptionContext) -> DatabaseError | None:
    """Turn what a driver says of a database that does not work now into an error of ours."""
    ours = isinstance(context.sqlalchemy_exception, (OperationalError, InterfaceError))
    if not ours or context.is_pre_ping:  # a connection that does not answer is replaced
        return None
    what, _, _ = str(context.original_exception).strip().partition("\n")
    url = shown_url(context.engine) if context.engine else ""
    return DatabaseError(
        f"the job database does not answer: {what}",
        where=url,
        hint="make room on its disk, or end what locks it"
        if context.dialect.name == "sqlite"
        else "see that the server is up and lets you in; jobs go on when it is back",
    )


def shown_url(engine: Engine) -> str:
    """Return the URL of a database without what lets one in."""
    return without_password(engine.url.render_as_string(hide_password=True))


def writing(engine: Engine) -> Engine:
    """Return the engine for transactions that write: they take SQLite's write lock at their start.

    A transaction that reads first and asks for the lock later fails at once when another wrote in
    between; one that starts with the lock waits its turn.
    """
    return engine.execution_options(fusionflow_write=True)


def migrate(engine: Engine) -> None:
    """Bring the schema to the newest revision, in one transaction."""
    with engine.connect() as connection:
        if current_revision(connection) == migrations.HEAD:
            return
    with writing(engine).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        elif not inspect(connection).get_table_names():
            for statement in STATEMENTS:
                connection.exec_driver_sql(statement)
            return
        run_migrations(connection)


def current_revision(connection: Connection) -> str | None:
    """Return the revision that the schema is at, None for an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


def run_migrations(connection: Connection, revision: str = "head") -> None:
    """Take the schema up, or down, to ``revision``, within the caller's transaction.

    Raises
    ------
    JobError
        There is no such revision, or the schema is at one of a newer version.
    """
    from alembic import command  # noqa: PLC0415 - heavy, and needed once in a database's life
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    folder = str(Path(migrations.__file__).parent)
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    run = command.upgrade if revision == "head" else command.downgrade
    try:
        run(config, revision)
    except CommandError as error:
        where = shown_url(connection.engine)
        if revision != "head" and str(error).endswith(f"'{revision}'"):
            hint = f"one of base, 0001 to {migrations.HEAD}"
            raise JobError(f"there is no revision {revision}", where=where, hint=hint) from error
        raise JobError(
            "the job database was made by a newer version",
            where=where,
            hint="upgrade fusionflow_lab, or name another folder with FUSIONFLOW_HOME",
        ) from error


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    """Set what SQLite keeps per connection; transactions are begun by ``_begin_sqlite`` alone."""
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA synchronous = NORMAL")  # a power cut costs the last moments, never the file
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    write = connection.get_execution_options().get("fusionflow_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _switch_to_wal(engine: Engine) -> None:
    """Switch the file to WAL, which stays with it; SQLite does not wait for others here, so we do."""

    def switch() -> None:
        connection = engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute("PRAGMA journal_mode = WAL")
            cursor.close()
        finally:
            connection.close()

    _retry_while_locked(switch)


def _retry_while_locked(step: Callable[[], None]) -> None:
    give_up = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            step()
        except (sqlite3.OperationalError, DatabaseError) as error:
            if "locked" not in str(error) or time.monotonic() > give_up:
                raise
            time.sleep(0.01)
        else:
            return
