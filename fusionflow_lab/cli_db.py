"""``fusionflow db``: the schema of the job database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from fusionflow_lab.cli_parts import AsJson, exit_codes, say
from fusionflow_lab.config import Config
from fusionflow_lab.jobs import migrations
from fusionflow_lab.lazily import Lazy

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from fusionflow_lab.jobs import database
else:
    database = Lazy("fusionflow_lab.jobs.database")

databases = typer.Typer(
    help="Look at the schema of the job database, and change it. First use brings it up to date by itself.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@databases.command("current")
def current(*, as_json: AsJson = False) -> None:
    """Print the revision of the schema, and the newest there is."""
    with exit_codes(), _database() as engine, engine.connect() as connection:
        found = database.current_revision(connection) or "empty"
        newest = "the newest" if found == migrations.HEAD else f"the newest is {migrations.HEAD}"
        where = database.shown_url(engine)
        facts = {"revision": found, "newest": migrations.HEAD, "database": where}
        say(f"{found} ({newest}) in {where}", facts, as_json=as_json)


@databases.command("upgrade")
def upgrade() -> None:
    """Bring the schema to the newest revision."""
    with exit_codes(), _database() as engine, database.writing(engine).begin() as connection:
        database.run_migrations(connection)
    current()


@databases.command("downgrade")
def downgrade(
    revision: Annotated[str, typer.Argument(help="A revision, such as 0001, or base for an empty database.")],
) -> None:
    """Take the schema back to a revision, for an older version; stop the runners first."""
    with exit_codes(), _database() as engine, database.writing(engine).begin() as connection:
        database.run_migrations(connection, revision)
    current()


@contextmanager
def _database() -> Iterator[Engine]:
    """Open the job database as it is."""
    config = Config.load()
    engine = database.connect_database(config.job_database)
    try:
        yield engine
    finally:
        engine.dispose()
