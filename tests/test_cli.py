"""The command line as a shell sees it: real processes, real clusters."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from distributed import LocalCluster
from typer.testing import CliRunner, Result

from fusionflow_lab.cli import app
from tests.held import Held

Run = Callable[..., subprocess.CompletedProcess[bytes]]
Invoke = Callable[..., Result]

TRIPS = "city,distance\nOslo,7\nBergen,3\nOslo,5\n"
DIRTY = 'city,distance\nOslo,1\n"Ber"gen,2\nBergen,9\n'
COMMAND = [sys.executable, "-m", "fusionflow_lab"]
BY_CITY = "SELECT city, sum(distance) AS km FROM 'trips.csv' GROUP BY ALL ORDER BY city"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shell")
    (folder / "trips.csv").write_text(TRIPS)
    (folder / "dirty.csv").write_text(DIRTY)
    (folder / "query.sql").write_text(BY_CITY)
    return folder


@pytest.fixture(scope="module")
def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "FUSIONFLOW_HOME": str(folder / "home"), "FUSIONFLOW_WORKERS": "1", "COLUMNS": "80"}


@pytest.fixture(scope="module")
def run(folder: Path, environment: dict[str, str]) -> Run:
    """Return what runs a command in a process of its own."""

    def run(*arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [*COMMAND, *arguments], cwd=folder, env=environment, capture_output=True, check=False
        )

    return run


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """Return the address of a cluster of one worker that several commands share."""
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0") as cluster:
        yield cluster.scheduler_address


@pytest.fixture
def invoke(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Return what runs a command in this process, which takes less time."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("FUSIONFLOW_HOME", str(folder / "home"))
    monkeypatch.setenv("FUSIONFLOW_WORKERS", "1")
    return lambda *arguments, **more: CliRunner().invoke(app, arguments, **more)


def test_version(run: Run) -> None:
    done = run("--version")
    assert done.stdout.decode() == f"fusionflow {version('fusionflow_lab')}\n"
    assert done.returncode == 0


def test_a_query_prints_its_rows_and_nothing_else_on_stdout(run: Run) -> None:
    done = run("run", "-c", BY_CITY)
    assert done.returncode == 0, done.stderr.decode()
    rows = [line.split() for line in done.stdout.decode().splitlines()]
    assert [rows[0], *rows[3:]] == [["city", "km"], ["Bergen", "3"], ["Oslo", "12"]]
    errors = done.stderr.decode()
    assert "100 %" in errors
    assert "rows read 3 = used 3 + filtered 0 + rejected 0" in errors


def test_quiet_leaves_stderr_empty(invoke: Invoke, scheduler: str) -> None:
    done = invoke("run", "-q", "--format", "csv", "query.sql", "--cluster", scheduler)
    assert done.stdout == "city,km\nBergen,3\nOslo,12\n"
    assert done.stderr == ""
    assert done.exit_code == 0


def test_the_formats_of_stdout(invoke: Invoke, scheduler: str) -> None:
    quiet = ("run", "-q", "--cluster", scheduler, "--format")
    lines = invoke(*quiet, "json", "-", input=BY_CITY).stdout.splitlines()
    assert [json.loads(line) for line in lines] == [{"city": "Bergen", "km": 3}, {"city": "Oslo", "km": 12}]
    table = pa.ipc.open_stream(invoke(*quiet, "arrow", "query.sql").stdout_bytes).read_all()
    assert table.column("city").to_pylist() == ["Bergen", "Oslo"]
    first = invoke(*quiet, "table", "query.sql", "--limit", "1").stdout
    assert first.splitlines()[-1] == "… 1 more row"


def test_rows_go_to_a_file(invoke: Invoke, folder: Path, scheduler: str) -> None:
    done = invoke("run", "query.sql", "-o", "out.parquet", "--cluster", scheduler)
    assert done.exit_code == 0, done.stderr
    assert done.stdout == ""
    assert pq.read_table(folder / "out.parquet").column("city").to_pylist() == ["Bergen", "Oslo"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run",), "give either a FILE of SQL or -c SQL"),
        (("run", "query.sql", "-c", "SELECT 1"), "give either a FILE of SQL or -c SQL"),
        (("run", "none.sql"), "none.sql"),
        (("run", "query.sql", "-o", "out.xlsx"), "out.xlsx should end in one of .csv"),
        (("run", "query.sql", "-o", "none/out.csv"), "there is no folder none"),
        (("run", "query.sql", "--format", "xml"), "xml"),
        (("walk",), "walk"),
    ],
)
def test_wrong_usage_is_two(invoke: Invoke, arguments: tuple[str, ...], message: str) -> None:
    done = invoke(*arguments)
    assert done.exit_code == 2
    assert message in " ".join(done.stderr.split())
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT nope FROM 'trips.csv'", "QueryError: "),
        ("SELECT 1 FROM 'missing.csv'", "missing.csv"),
        ("SELEC 1", "QueryError: "),
    ],
)
def test_a_failed_query_is_one_with_a_message(invoke: Invoke, query: str, message: str) -> None:
    done = invoke("run", "-c", query)
    assert done.exit_code == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_explain(invoke: Invoke) -> None:
    plan = invoke("explain", "query.sql")
    assert plan.exit_code == 0
    assert "sum" in plan.stdout.lower()
    assert invoke("run", "-c", f"EXPLAIN {BY_CITY}").stdout == plan.stdout


def test_jobs_are_listed_and_their_rejects_kept(invoke: Invoke, scheduler: str) -> None:
    query = "SELECT count(*) AS n FROM 'dirty.csv'"
    done = invoke("run", "-n", "dirty one", "-c", query, "--cluster", scheduler)
    assert "1 row rejected" in done.stderr
    listed = invoke("jobs", "list", "--format", "json").stdout.splitlines()
    (job,) = [row for row in map(json.loads, listed) if row["name"] == "dirty one"]
    assert (job["status"], job["rows_rejected"]) == ("COMPLETED with 1 reject", 1)
    rejects = json.loads(invoke("jobs", "rejects", job["job"], "--format", "json").stdout)
    assert rejects["file"].endswith("dirty.csv")
    shown = invoke("jobs", "result", job["job"][:8], "--format", "csv")
    assert shown.stdout == "n\n2\n"
    shown = invoke("jobs", "show", job["job"])
    assert shown.stdout == f"job {job['job']} · COMPLETED, chunk 1 of 1\n{query}\n"
    log = [line.split("\t") for line in invoke("jobs", "log", job["job"]).stdout.splitlines()]
    assert [(line[0], line[2]) for line in log] == [(str(number), "status") for number in range(1, 5)]


def test_more_rejects_than_allowed_are_an_exit_code_of_their_own(invoke: Invoke, scheduler: str) -> None:
    query = "SELECT max(city) AS n FROM 'dirty.csv'"
    done = invoke("run", "-n", "strict", "-c", query, "--max-errors", "0", "--cluster", scheduler)
    assert (done.exit_code, done.stdout) == (3, "")
    assert "RejectsError: 1 of 3 records were rejected; max_errors is 0: 0 records" in done.stderr
    done = invoke("run", "-c", query, "--max-errors", "50%", "--cluster", scheduler)
    assert done.exit_code == 0
    assert "completed with 1 reject · 1 row" in done.stderr


def test_an_unknown_job_is_named(invoke: Invoke) -> None:
    done = invoke("jobs", "show", "ffff")
    assert done.exit_code == 1
    assert "JobError" in done.stderr


def test_demo_writes_the_same_files_each_time(invoke: Invoke, folder: Path) -> None:
    for name in ("one", "two"):
        done = invoke("demo", name, "--megabytes", "1", "--no-jobs")
        assert done.exit_code == 0, done.stderr
    files = [path.relative_to(folder / "one") for path in (folder / "one").rglob("*") if path.is_file()]
    assert files
    assert all((folder / "one" / file).read_bytes() == (folder / "two" / file).read_bytes() for file in files)


def test_an_interrupt_stops_the_job_and_keeps_its_work(
    folder: Path, environment: dict[str, str], held: Held
) -> None:
    with subprocess.Popen(
        [*COMMAND, "run", "-c", held.sql("shell")],
        cwd=folder,
        env=environment,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            # The one worker has read some files to their end by then.
            if b" of " in line and int(line.split()[0]) >= 30:
                break
        process.send_signal(signal.SIGINT)
        begun = time.monotonic()
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors.decode()
    assert "kept, run it again to go on" in errors.decode().replace("\n", " ")
    assert "Traceback" not in errors.decode()
    assert time.monotonic() - begun < 30  # ten on a machine that does nothing else


def test_a_reader_that_has_enough_is_no_traceback(
    folder: Path, environment: dict[str, str], scheduler: str
) -> None:
    query = "SELECT range AS n FROM range(200000)"
    with subprocess.Popen(
        [*COMMAND, "run", "-q", "--format", "csv", "-c", query, "--cluster", scheduler],
        cwd=folder,
        env=environment,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()


def test_what_is_kept_is_listed_and_collected(invoke: Invoke, folder: Path) -> None:
    state = folder / "home" / "states" / "0123456789abcdef" / "state"
    state.parent.mkdir(parents=True)
    state.write_bytes(b"x" * 2000)
    os.utime(state, (0, 0))
    listed = invoke("cache", "list").output
    assert "0123456789ab     2.0 kB        1 state  used" in listed
    collected = invoke("cache", "gc", "--max-age", "1000d").output
    assert "deleted 1 state (2.0 kB) and 0 unfinished files" in collected
    assert not state.exists()
    wrong = invoke("cache", "gc", "--max-size", "lots")
    assert wrong.exit_code == 1
    assert "write it as '2 GiB'" in wrong.output


def test_parameters_are_given_recorded_and_shown(invoke: Invoke) -> None:
    sql = "SELECT city, distance FROM 'trips.csv' WHERE distance >= $least AND city IN $cities ORDER BY ALL"
    given = ("-p", "least=5", "-p", 'cities=["Oslo"]')
    done = invoke("run", "-q", "-c", sql, *given, "--format", "csv")
    assert done.stdout == "city,distance\nOslo,5\nOslo,7\n"
    listed = json.loads(invoke("jobs", "list", "--format", "json").stdout.splitlines()[0])
    assert listed["parameters"] == "$least = 5, $cities = [Oslo]"
    assert "$least = 5" in invoke("jobs", "show", listed["job"]).stdout
    assert "$cities has no value" in invoke("run", "-c", sql, "-p", "least=5").stderr


def test_a_dry_run_prints_the_plan(invoke: Invoke) -> None:
    done = invoke(
        "run", "--dry-run", "-c", "SELECT count(*) FROM 'trips.csv' WHERE distance > $x", "-p", "x=99"
    )
    assert "> 99)" in done.stdout
    assert "to read" in done.stdout


def test_a_file_is_sniffed(invoke: Invoke) -> None:
    done = invoke("sniff", "trips.csv")
    assert "delimiter ','" in done.stdout
    assert "distance  BIGINT" in done.stdout


def test_config_shows_the_settings_and_where_they_come_from(run: Run, folder: Path) -> None:
    shown = json.loads(run("config", "show", "--origin", "--json").stdout)
    text = run("config", "show").stdout.decode()

    assert shown["home"] == {"value": str(folder / "home"), "origin": "FUSIONFLOW_HOME"}
    assert shown["runner"]["origin"] in ("default", "FUSIONFLOW_RUNNER")
    assert "workers" in text
    assert "FUSIONFLOW_WORKERS" not in text


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_schema_of_the_database_goes_down_and_up(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    database = str(tmp_path / "jobs.sqlite")
    if kind == "postgresql":
        database = request.getfixturevalue("postgresql").database()
    environment = {"FUSIONFLOW_HOME": str(tmp_path), "FUSIONFLOW_DATABASE": database}

    def ask(*arguments: str) -> str:
        answer = CliRunner().invoke(app, ["db", *arguments], env=environment)
        return str(answer.stdout + answer.stderr)

    assert ask("current").startswith("empty (the newest is ")
    assert "(the newest) in " in ask("upgrade")
    assert ask("downgrade", "0001").startswith("0001 (the newest is ")
    assert ask("downgrade", "7777").startswith("JobError: there is no revision 7777")
    assert ask("downgrade", "base").startswith("empty ")
    assert "(the newest) in " in ask("upgrade")


def test_the_shell_completes(environment: dict[str, str]) -> None:
    asked = {**environment, "_TYPER_COMPLETE_ARGS": "fusionflow ca", "_FUSIONFLOW_COMPLETE": "complete_zsh"}
    program = Path(sys.executable).with_name("fusionflow")
    done = subprocess.run([program], env=asked, capture_output=True, check=False)

    assert b"cache" in done.stdout


def test_a_key_submits_once(run: Run) -> None:
    asked = ("run", "-c", BY_CITY, "--workers", "1", "--key", "nightly", "--detach")
    first, again = run(*asked), run(*asked)
    other = run("run", "-c", "SELECT 1", "--key", "nightly")

    assert first.stdout == again.stdout != b""
    assert other.returncode == 1
    assert b"another query was submitted under the key nightly" in other.stderr


def test_every_command_about_jobs_writes_json(run: Run) -> None:
    def told(*arguments: str) -> object:
        done = run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    (rows,) = [json.loads(line) for line in run("run", "-c", "SELECT 1 AS x", "--json").stdout.splitlines()]
    job = told("run", "-c", BY_CITY, "--workers", "1", "--detach")
    assert rows == {"x": 1}
    assert isinstance(job, dict)
    run("jobs", "watch", job["id"])
    shown = told("jobs", "show", job["id"])
    assert isinstance(shown, dict)
    assert (shown["status"], shown["text"], shown["counters"]["rows_read"]) == ("COMPLETED", BY_CITY, 3)
    log = [json.loads(line) for line in run("jobs", "log", job["id"], "--json").stdout.splitlines()]
    assert [event["seq"] for event in log] == list(range(1, len(log) + 1))
    assert isinstance(told("cache", "list"), list)
    assert isinstance(told("cache", "gc"), dict)
    assert isinstance(told("db", "current"), dict)
