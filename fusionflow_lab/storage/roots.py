"""The folders below which files of this machine may be read and written, where that is limited.

Links are followed before anything is compared, so a link below a root that leads out of it is refused as a
path outside is. What a pattern would find outside is refused before it is looked for: that a file is there is
not told either.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from fusionflow_lab.storage.globs import has_magic, listed
from fusionflow_lab.storage.urls import scheme_of

_CLIMBS: Final = re.compile(r"(^|[/{,])\.\.($|[/},])")


def is_below(path: str | Path, roots: Sequence[str]) -> bool:
    """Tell whether a path, its links followed, is a root or below one.

    Examples
    --------
    >>> is_below("/data/a/../b.csv", ["/data"]), is_below("/data/../etc/passwd", ["/data"])
    (True, False)
    >>> is_below("/database/a.csv", ["/data"])
    False
    """
    real = os.path.realpath(path)
    return any(Path(real).is_relative_to(os.path.realpath(root)) for root in roots)


def refuse_pattern(pattern: str, folder: str, roots: Sequence[str]) -> None:
    """Refuse a pattern that may find files outside the roots; without roots nothing is.

    Parameters
    ----------
    pattern
        A path, a pattern of paths, or a URL, which is left alone.
    folder
        What a relative one starts from; empty for the folder of this process.
    roots
        The folders.

    Raises
    ------
    PermissionError
        It starts outside, or climbs after its first wildcard.

    Examples
    --------
    >>> refuse_pattern("../*.csv", "/data/sales", ["/data"])
    >>> refuse_pattern("*/../../x.csv", "/data/sales", ["/data"])
    Traceback (most recent call last):
    ...
    PermissionError: */../../x.csv is outside the folders that may be used here
    try: take a file below one of them: /data
    """
    if not roots or scheme_of(pattern):
        return
    for one in listed(pattern):
        parts = Path(folder or Path.cwd(), one).parts
        plain = next((place for place, part in enumerate(parts) if has_magic(part)), len(parts))
        if _CLIMBS.search("/".join(parts[plain:])) or not is_below(Path(*parts[:plain]), roots):
            raise outside(one, roots)


def refuse_outside(pattern: str, paths: Iterable[str], roots: Sequence[str]) -> None:
    """Refuse files of a pattern that are links out of the roots.

    Raises
    ------
    PermissionError
        One of them is.
    """
    if roots and not all(scheme_of(path) or is_below(path, roots) for path in paths):
        raise outside(pattern, roots)


def outside(path: str, roots: Sequence[str]) -> PermissionError:
    """Return the error of a path that may not be used."""
    shown = ", ".join(roots)
    return PermissionError(
        f"{path} is outside the folders that may be used here\ntry: take a file below one of them: {shown}"
    )
