"""A canary is sent along every road that a secret can take; then it is nowhere where others may look.

Looked at are all files of the home, the tables of the job database, what commands, cells and errors say,
saved notebooks, and the command lines of the processes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import nbformat
import psutil
import psycopg
import pytest
from nbclient import NotebookClient

from fusionflow_lab.api import Session, connect
from fusionflow_lab.config import Config
from fusionflow_lab.errors import FusionflowError
from fusionflow_lab.results.message import message_lines
from tests.postgresql import Server
from tests.storage.conftest import Bucket
from tests.storage.s3_server import KEY, SECRET
from tests.storage.test_secrets import holders

CANARY = "canary-77c1d9e0"
BAD = "SELECT sum(n) FROM read_csv('{url}/bad.csv', types = {{'n': 'BIGINT'}}, max_errors = 1)"
GOOD = "SELECT city, sum(n) AS n FROM '{url}/a.csv' GROUP BY city ORDER BY city"


@pytest.fixture
def filled(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """Return a bucket with a good file and a bad one, whose credentials are in the environment."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    bucket.put("a.csv", "city,n\nOslo,1\nKyoto,2\n")
    bucket.put("bad.csv", "city,n\n" + "Oslo,1\n" * 50 + "Kyoto,x\n" * 50)
    return bucket


@pytest.fixture
def database(postgresql: Server) -> str:
    """Return the URL of a database with a password before the host."""
    return postgresql.database().replace(":///", f"://postgres:{CANARY}@/", 1)


def in_database(url: str) -> Iterator[str]:
    """Yield the rows of a job database that hold a secret."""
    with psycopg.connect(url) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        assert len(tables) > 4
        for (table,) in tables:
            for (row,) in connection.execute(f'SELECT t::text FROM "{table}" t').fetchall():
                yield from (f"{table}: {row}" for secret in (CANARY, SECRET) if secret in row)


def found_in(told: str) -> list[str]:
    return [line for line in told.splitlines() if CANARY in line or SECRET in line]


class Shell:
    """Runs commands, and keeps what they and the processes behind them say."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self._folder = folder
        self.environment = {**os.environ, "FUSIONFLOW_RUNNER": "detached", "FUSIONFLOW_RUNNER_IDLE": "5"}
        self.environment |= {"FUSIONFLOW_HOME": str(folder / "home"), "FUSIONFLOW_WORKERS": "1", **settings}
        self.told = ""

    def run(self, *arguments: str, code: int = 0) -> str:
        command = [sys.executable, "-m", "fusionflow_lab", *arguments]
        done = subprocess.run(
            command, env=self.environment, cwd=self._folder, check=False, capture_output=True, text=True
        )
        assert done.returncode == code, done.stderr
        self.told += f"{done.stdout}\n{done.stderr}\n{processes()}\n"
        return done.stdout


def processes() -> str:
    """Return the command lines of all processes."""
    lines = (" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"]))
    return "\n".join(line for line in lines if "fusionflow" in line or "dask" in line)


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("road", ["environment", "file", "query"])
def test_the_password_of_the_database_by_way_of_the_shell(
    filled: Bucket, database: str, tmp_path: Path, road: str
) -> None:
    if road == "query":
        database = database.replace(f"postgres:{CANARY}@", "") + f"&password={CANARY}"
    (tmp_path / "config.toml").write_text(f'database = "{database}"\n' if road == "file" else "")
    by_file = {"FUSIONFLOW_CONFIG": str(tmp_path / "config.toml")}
    shell = Shell(tmp_path, by_file if road == "file" else {"FUSIONFLOW_DATABASE": database})
    shell.run("run", "-c", GOOD.format(url=filled.url))
    shell.run("run", "-c", BAD.format(url=filled.url), code=3)
    for line in shell.run("jobs", "list", "--json").splitlines():
        for what in ("show", "log", "logs", "rejects"):
            shell.run("jobs", what, json.loads(line)["job"], *(["--json"] if what == "show" else []))
    for command in (
        ("config", "show", "--origin"),
        ("config", "show", "--json"),
        ("db", "current", "--json"),
        ("runner", "status", "--json"),
        ("doctor", "--json"),
        ("cache", "list"),
    ):
        shell.run(*command)
    shell.environment["FUSIONFLOW_DATABASE"] = database.replace("/test_", "/none_", 1)
    shell.run("jobs", "list", code=1)
    shell.run("doctor", "--json", code=1)
    shell.run("runner", "stop", code=1)
    assert "***" in shell.told
    assert found_in(shell.told) == []
    assert [*holders(tmp_path / "home", (CANARY, SECRET))] == []
    assert [*in_database(database)] == []


def test_the_password_of_the_database_as_an_option(filled: Bucket, database: str, tmp_path: Path) -> None:
    with connect(home=tmp_path, workers=1, runner="inprocess", traits={"database": database}) as session:
        job = session.sql(GOOD.format(url=filled.url)).submit()
        told = [repr(session.config), repr(job), repr(job.result(60)), repr(session.jobs()), repr(job.logs())]
        with pytest.raises(FusionflowError) as failed:
            session.sql(BAD.format(url=filled.url)).result(60)
        told += [repr(failed.value), *message_lines(failed.value), *map(repr, job.log())]
    assert found_in("\n".join(told)) == []
    assert [*holders(tmp_path, (CANARY, SECRET))] == []
    assert [*in_database(database)] == []


def test_traitlets_and_a_saved_notebook(
    filled: Bucket, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = tmp_path / "ipython" / "profile_default"
    profile.mkdir(parents=True)
    (profile / "ipython_config.py").write_text(f"c = get_config()\nc.FusionFlow.database = {database!r}\n")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("FUSIONFLOW_HOME", str(tmp_path / "home"))
    cells = [
        "%load_ext fusionflow_lab",
        f"%%fusionflow r --workers 1\n{GOOD.format(url=filled.url)}",
        "%fusionflow config",
        "%fusionflow jobs",
        "get_ipython().magics_manager.registry['FusionflowMagics']._sessions.get(None, None).config",
        f"%%fusionflow b --verbose\n{BAD.format(url=filled.url)}",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in cells])
    NotebookClient(notebook, timeout=60, allow_errors=True).execute(cwd=str(tmp_path))
    (tmp_path / "saved.ipynb").write_text(nbformat.writes(notebook))
    saved = (tmp_path / "saved.ipynb").read_text()
    assert "RejectsError" in saved
    assert "Traceback" in saved
    assert "postgresql://postgres:***@" in saved
    assert [path for path in holders(tmp_path, (CANARY, SECRET)) if "ipython_config.py" not in path] == []
    assert [*in_database(database)] == []


@pytest.mark.parametrize(
    "text",
    [
        f"FROM 's3://AKIA:{CANARY}@bucket/a.csv'",
        f"FROM 'https://me:{CANARY}@localhost/a.csv'",
        f"FROM read_csv('https://localhost/a.csv?token={CANARY}')",
        f"SELECT * FROM read_json('https://localhost/a.json?X-Amz-Signature={CANARY}')",
        f"SELECT * FROM 'a.csv' JOIN 's3://k:{CANARY}@b/c.csv' USING (city)",
        f"COPY (SELECT * FROM 'a.csv') TO 's3://k:{CANARY}@bucket/out' (FORMAT parquet)",
        f"CREATE TABLE t AS FROM 's3://k:{CANARY}@bucket/a.csv'",
        f"ATTACH 'postgresql://me:{CANARY}@localhost/x' AS other",
        f"SELECT * FROM postgres_scan('host=localhost password={CANARY}', 'public', 't')",
        f"SET s3_secret_access_key = '{CANARY}'",
        f"CREATE SECRET s (TYPE s3, KEY_ID 'k', SECRET '{CANARY}')",
        f"CREATE VIEW v AS FROM 's3://k:{CANARY}@bucket/a.csv'",
    ],
)
def test_a_text_that_holds_a_secret_is_refused(
    tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.csv").write_text("city,n\nOslo,1\n")
    monkeypatch.chdir(tmp_path)
    with connect(home=tmp_path / "home", workers=1, runner="inprocess") as session:
        with pytest.raises((FusionflowError, OSError, ValueError)) as refused:
            session.command(text) or session.sql(text).submit()
        assert session.jobs() == ()
    said = "\n".join([str(refused.value), repr(refused.value), *message_lines(refused.value)])
    assert found_in(said) == []
    assert [*holders(tmp_path, (CANARY,))] == []


@pytest.mark.parametrize(
    "setting",
    [
        {"FUSIONFLOW_STORE": f"s3://k:{CANARY}@bucket/states"},
        {"FUSIONFLOW_S3_ENDPOINT": f"http://k:{CANARY}@localhost:9000"},
        {"FUSIONFLOW_S3_SECRET_ACCESS_KEY": CANARY},
        {"FUSIONFLOW_DATABASE": f"mysql://me:{CANARY}@localhost/x"},
    ],
    ids=lambda setting: next(iter(setting)),
)
def test_a_setting_that_holds_a_secret_is_refused_without_it(tmp_path: Path, setting: dict[str, str]) -> None:
    environ = {**setting, "FUSIONFLOW_HOME": str(tmp_path)}
    with pytest.raises(FusionflowError) as refused:
        Session(Config.load(environ=environ), "local")
    assert found_in("\n".join([str(refused.value), repr(refused.value), *message_lines(refused.value)])) == []
    assert [*holders(tmp_path, (CANARY,))] == []
