"""Five clusters on which no job can run: ``fusionflow doctor`` says what is wrong, and what to do."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import duckdb
import pytest
from distributed import Client, __version__
from typer.testing import CliRunner

from fusionflow_lab.cli import app
from fusionflow_lab.execution.build import VERSION
from fusionflow_lab.execution.preflight import ANSWER_SECONDS, CONNECT_SECONDS
from tests.execution.programs import Spawn, add_worker, other_python
from tests.storage.s3_server import KEY, SECRET, S3Server, s3_server

SECONDS = 5.0
# A worker that has worked has loaded these, where it can; on a busy machine it takes longer than is waited.
LOADED = ("fusionflow_lab.execution.tasks", "fusionflow_lab.storage.s3", "aiobotocore.session")
INSTALL = f"pip install fusionflow_lab=={VERSION} duckdb=={duckdb.__version__} where the workers run"


def told(scheduler: str, home: Path, *options: str) -> dict[str, dict[str, str]]:
    """Return what the command says is not as it should be, by name; it must say so in time."""
    with Client(scheduler, set_as_default=False) as waiting:
        waiting.wait_for_workers(1, timeout=60)
        for loaded in LOADED:
            waiting.run(import_module, loaded, on_error="ignore")
    command = ["doctor", "--cluster", scheduler, "--json", *options]
    begun = time.monotonic()
    done = CliRunner().invoke(app, command, env={"FUSIONFLOW_HOME": str(home), "FUSIONFLOW_WORKERS": "1"})
    assert time.monotonic() - begun < 3 * SECONDS  # once on a machine that does nothing else
    assert isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code == 1, done.output
    return {check["name"]: check for check in json.loads(done.stdout) if not check["ok"]}


def test_the_limits_of_time_leave_some_to_start() -> None:
    assert CONNECT_SECONDS + ANSWER_SECONDS < SECONDS


@pytest.mark.parametrize(
    ("tasks", "found"),
    [(None, "has no fusionflow_lab (not installed here)"), ("VERSION = '0.0.1'", "has 0.0.1")],
    ids=["no extension", "old extension"],
)
def test_no_extension_or_an_old_one(
    spawn: Spawn, scheduler: str, tmp_path: Path, tasks: str | None, found: str
) -> None:
    add_worker(spawn, scheduler, other_python(tmp_path / "other", tasks))
    wrong = told(scheduler, tmp_path / "home")
    assert list(wrong) == ["extension"]
    assert found in wrong["extension"]["found"]
    assert wrong["extension"]["remedy"].startswith(INSTALL)


@pytest.fixture
def bucket(tmp_path: Path) -> Iterator[S3Server]:
    """Return a server that has ``s3://sales/a.csv``."""
    boto3 = pytest.importorskip("boto3")
    (tmp_path / "s3").mkdir()
    with s3_server(tmp_path / "s3") as server:
        keys = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET}
        client = boto3.client("s3", endpoint_url=server.url, region_name="us-east-1", **keys)
        client.create_bucket(Bucket="sales")
        client.put_object(Bucket="sales", Key="a.csv", Body=b"a\n1\n")
        client.close()
        yield server


@pytest.mark.parametrize("given", [False, True], ids=["no credentials", "credentials"])
def test_no_credentials_on_the_workers(
    spawn: Spawn,
    scheduler: str,
    bucket: S3Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    given: bool,
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FUSIONFLOW_S3_ENDPOINT", bucket.url)
    none = {"AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"), "AWS_EC2_METADATA_DISABLED": "true"}
    keys = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_DEFAULT_REGION": "us-east-1"}
    add_worker(spawn, scheduler, settings={**none, **(keys if given else {})})
    wrong = told(scheduler, tmp_path / "home", "--path", "s3://sales/*.csv", "--path", "s3://none/a.csv")
    missing = wrong.pop("read s3://none/a.csv")
    if given:
        assert "there is no bucket none" in missing["found"]
        assert wrong == {}
        return
    assert list(wrong) == ["read s3://sales/*.csv"]
    assert "there are no credentials for S3" in wrong["read s3://sales/*.csv"]["found"]
    assert wrong["read s3://sales/*.csv"]["remedy"].startswith(
        "give the workers credentials: AWS_ACCESS_KEY_ID"
    )


def test_a_path_that_is_not_shared(spawn: Spawn, scheduler: str, tmp_path: Path) -> None:
    add_worker(spawn, scheduler)
    wrong = told(scheduler, tmp_path / "home", "--path", f"{tmp_path}/only-here.csv")
    (check,) = wrong.values()
    assert "FileNotFoundError" in check["found"]
    assert check["remedy"].startswith("put it where every worker sees it under the same path")


@pytest.fixture
def another_python(tmp_path: Path) -> str:
    """Return an environment of another Python that has Dask."""
    beside = Path(sys.prefix).resolve().parent / ".uv" / "bin" / "uv"
    uv = str(beside) if beside.exists() else shutil.which("uv")
    found = [shutil.which(f"python3.{minor}") for minor in (12, 13, 14) if minor != sys.version_info.minor]
    found += [str(path) for path in Path.home().glob(".pyenv/versions/3.1[2-9].*/bin/python")]
    for other in [path for path in found if path and _is_another(path)] if uv else []:
        python = str(tmp_path / "other" / "bin" / "python")
        subprocess.run([str(uv), "venv", "--quiet", "--python", other, str(tmp_path / "other")], check=True)
        wanted = [f"distributed=={__version__}", f"dask=={__version__}"]
        subprocess.run([str(uv), "pip", "install", "--quiet", "--python", python, *wanted], check=True)
        return python
    pytest.skip("no other Python here, or no uv")


def _is_another(python: str) -> bool:
    """Tell whether a Python runs and is of another version: a shim of pyenv may not."""
    program = "import sys; print(sys.version_info.minor)"
    done = subprocess.run([python, "-c", program], check=False, capture_output=True, text=True)
    return done.returncode == 0 and int(done.stdout) != sys.version_info.minor


@pytest.mark.long
def test_another_python(spawn: Spawn, scheduler: str, tmp_path: Path, another_python: str) -> None:
    add_worker(spawn, scheduler, tmp_path, python=another_python)
    wrong = told(scheduler, tmp_path / "home")
    here = ".".join(platform.python_version_tuple()[:2])
    assert list(wrong) == ["Python"]
    assert wrong["Python"]["remedy"] == f"give the workers Python {here}"
