"""Carries the package to workers that lack it: unpacked beside the worker, and put before what it has.

A convenience for trying a cluster out. The plugin is pickled by value and runs where the package is missing,
so this module imports nothing of ours.
"""

from __future__ import annotations

import hashlib
import importlib
import io
import platform
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from distributed.diagnostics.plugin import WorkerPlugin

if TYPE_CHECKING:
    from distributed import Worker

PACKAGE = "fusionflow_lab"


class PackagePlugin(WorkerPlugin):  # type: ignore[misc]  # distributed has no types
    """Unpack the package where a worker keeps its files, and have it imported from there.

    Parameters
    ----------
    archive
        The package, as ``packed`` makes it.
    machine
        What the native extension in it was built for.
    """

    def __init__(self, archive: bytes, machine: str) -> None:
        self._archive = archive
        self._machine = machine
        self.name = f"{PACKAGE}-{hashlib.blake2b(archive, digest_size=8).hexdigest()}"

    def setup(self, worker: Worker) -> None:
        """Unpack, unless the worker is of another kind: it then goes on without."""
        if self._machine != built_for():
            return
        folder = Path(worker.local_directory, self.name)
        if not folder.exists():
            with zipfile.ZipFile(io.BytesIO(self._archive)) as archive:
                archive.extractall(folder)
        sys.path.insert(0, str(folder))
        importlib.invalidate_caches()
        for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
            del sys.modules[name]


def packed(package: Path) -> bytes:
    """Return the files of an installed package as a zip archive.

    Parameters
    ----------
    package
        Its folder.
    """
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(package.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                archive.write(path, Path(PACKAGE, path.relative_to(package)))
    return written.getvalue()


def built_for() -> str:
    """Return the kind of machine and Python that an extension of here runs on: all Pythons from ours on.

    Examples
    --------
    >>> built_for().split()[0] == platform.system()
    True
    """
    return f"{platform.system()} {platform.machine()} {platform.libc_ver()[0]}"
