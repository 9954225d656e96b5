"""What this machine says of itself: who works here, and how many processors there are."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping


def user_of(environ: Mapping[str, str]) -> str:
    """Return who works here: the user of JupyterHub, or of the system.

    Examples
    --------
    >>> user_of({"JUPYTERHUB_USER": "ann"})
    'ann'
    """
    try:
        return environ.get("JUPYTERHUB_USER") or getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number without a name
        return str(os.getuid())


def processors() -> int:
    """Count the processors that this process may use.

    Examples
    --------
    >>> processors() > 0
    True
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
