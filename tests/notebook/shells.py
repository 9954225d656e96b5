"""Shells of IPython for tests of one process."""

from __future__ import annotations

from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config


def bare_shell() -> InteractiveShell:
    """Return a shell without history, whose thread and files would outlive the test."""
    return InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))  # type: ignore[no-untyped-call]
