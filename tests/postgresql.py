"""A real PostgreSQL server for tests: one that is told, or one of this machine's programs."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg

TOLD = "FUSIONFLOW_TEST_POSTGRESQL"


def programs() -> Path | None:
    """Return the folder of the server's programs; None where there are none."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return folders[-1] if folders else None


@dataclass(frozen=True)
class Server:
    """A server that can be stopped hard and started again.

    ``url`` names its first database; ``folder`` is where its files and its socket are.
    """

    url: str
    folder: Path | None = None

    def database(self) -> str:
        """Make an empty database and return its URL."""
        name = f"test_{uuid4().hex}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        head, _, tail = self.url.partition("?")
        return f"{head.rpartition('/')[0]}/{name}{'?' if tail else ''}{tail}"

    def start(self) -> None:
        """Start it and wait until it listens."""
        assert self.folder is not None
        options = f"-k {self.folder} -c listen_addresses='' -c fsync=off -c full_page_writes=off"
        where = ("-D", f"{self.folder}/data", "-l", f"{self.folder}/log")
        self._run("pg_ctl", *where, "-w", "-o", options, "start")

    def kill(self) -> None:
        """End it at once, as a crash would; a start recovers what was committed."""
        self._run("pg_ctl", "-D", f"{self.folder}/data", "-m", "immediate", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        folder = programs()
        assert folder is not None
        user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        command = [*user, str(folder / program), *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd="/", timeout=60)


@contextmanager
def server() -> Iterator[Server | None]:
    """Yield a server; None where there is none to be had."""
    if os.environ.get(TOLD):
        yield Server(os.environ[TOLD])
        return
    if programs() is None:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="ffpg"))  # a socket's path must be short
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    made = Server(f"postgresql:///postgres?host={folder}&user=postgres", folder)
    try:
        made._run("initdb", "-D", f"{folder}/data", "-A", "trust", "-U", "postgres", "--no-sync")
        made.start()
        yield made
        made.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
