"""The wheel of somebody who has neither Rust nor Node: installed into a clean environment, it works."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOK = "quickstart.ipynb"


@pytest.fixture(scope="module")
def wheel() -> Path:
    """Return the wheel of this checkout, built and checked."""
    if shutil.which("cargo") is None:
        pytest.skip("no cargo to build a wheel with")
    subprocess.run([ROOT / ".ci" / "wheel"], check=True, stdout=subprocess.DEVNULL)
    (wheel,) = (ROOT / "dist" / "wheels").glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return an environment of system programs only, without compilers of other languages."""
    folder = tmp_path_factory.mktemp("bare")
    programs = folder / "bin"
    programs.mkdir()
    for name in ("sh", "env", "uname", "ldd"):
        if (found := shutil.which(name)) is not None:
            (programs / name).symlink_to(found)
    return {
        "PATH": str(programs),
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "FUSIONFLOW_HOME": str(folder / "home"),
        "FUSIONFLOW_RUNNER_IDLE": "1",
        **{name: os.environ[name] for name in ("UV_CACHE_DIR", "PIP_INDEX_URL") if name in os.environ},
    }


def uv() -> str:
    """Return uv, as ``.ci/setup`` finds it."""
    beside = Path(sys.prefix).resolve().parent / ".uv" / "bin" / "uv"
    return str(beside) if beside.exists() else shutil.which("uv") or pytest.skip("no uv here")


@pytest.mark.long
@pytest.mark.timeout(900)
def test_what_the_front_end_needs_is_in_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    for needed in (
        "fusionflow_lab/static/style.css",
        "data/share/jupyter/labextensions/fusionflow-lab/package.json",
        "data/etc/jupyter/jupyter_server_config.d/fusionflow_lab.json",
    ):
        assert any(name.endswith(needed) for name in names), needed
    assert not [name for name in names if "__pycache__" in name or "node_modules" in name]


@pytest.mark.long
@pytest.mark.timeout(900)
def test_the_wheel_passes_the_quickstart_without_rust_or_node(
    wheel: Path, bare: dict[str, str], tmp_path: Path
) -> None:
    made = tmp_path / "venv"
    python = str(made / "bin" / "python")
    subprocess.run([uv(), "venv", "--quiet", "--python", sys.executable, str(made)], check=True)
    wanted = [f"fusionflow_lab[lab] @ {wheel.as_uri()}", "nbclient"]
    subprocess.run([uv(), "pip", "install", "--quiet", "--python", python, *wanted], check=True)
    (tmp_path / "examples").mkdir()
    for name in ("run.py", NOTEBOOK):
        shutil.copy(ROOT / "examples" / name, tmp_path / "examples")

    where = [python, "-c", "import fusionflow_lab; print(fusionflow_lab.__file__)"]
    found = subprocess.run(where, env=bare, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert Path(found.strip()).is_relative_to(made)
    for program in ("cargo", "rustc", "node", "npm"):
        assert shutil.which(program, path=bare["PATH"]) is None

    environment = {**bare, "PATH": f"{made / 'bin'}:{bare['PATH']}"}
    command = [python, "run.py", NOTEBOOK]
    done = subprocess.run(
        command, env=environment, cwd=tmp_path / "examples", check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "rows read 1,059,700 = used 1,059,697 + filtered 0 + rejected 3" in done.stdout
