"""A user's mistake in a cell: the message, at most twelve lines, and no traceback.

IPython asks an exception for ``_render_traceback_`` before it draws a traceback. The exception keeps its
class and the cell counts as failed, so Run All stops.
"""

from __future__ import annotations

from fusionflow_lab.results.message import message_lines

_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"  # no colour: front ends set errors on one of their own


def without_traceback(error: BaseException) -> None:
    """Make IPython show an error's message alone.

    Examples
    --------
    >>> error = ValueError("no such column")
    >>> without_traceback(error)
    >>> "no such column" in error._render_traceback_()[0]
    True
    """
    lines = message_lines(error)
    name = type(error).__name__
    lines[0] = f"{_BOLD}{name}{_PLAIN}{lines[0].removeprefix(name)}"
    error.__dict__["_render_traceback_"] = lambda: lines
