"""Workers that are right, wrong, or of other versions."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

Spawn = Callable[..., "subprocess.Popen[bytes]"]


def add_worker(
    spawn: Spawn,
    address: str,
    path: Path | None = None,
    *,
    threads: int = 1,
    python: str = sys.executable,
    settings: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    return spawn(
        "dask",
        "worker",
        address,
        "--host",
        "127.0.0.1",
        "--nthreads",
        str(threads),
        "--no-nanny",
        "--no-dashboard",
        path=path,
        python=python,
        settings=settings,
    )


def other_python(folder: Path, tasks: str | None) -> Path:
    """Make a path on which ``fusionflow_lab`` is another version, or cannot be imported at all."""
    package = folder / "fusionflow_lab" / "execution"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package.parent / "__init__.py").write_text("" if tasks else "raise ImportError('not installed here')")
    (package / "tasks.py").write_text(tasks or "")
    return folder
