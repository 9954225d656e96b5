"""Whether a person runs a cell, or a program does."""

from __future__ import annotations

from collections.abc import Mapping

from IPython.core.interactiveshell import InteractiveShell


def somebody_there(shell: InteractiveShell) -> bool:
    """Tell whether a person runs the cell: a program that runs a notebook has nobody to ask for input."""
    parent: Mapping[str, Mapping[str, object]] = getattr(shell, "get_parent", dict)()
    return bool(parent.get("content", {}).get("allow_stdin", False))
