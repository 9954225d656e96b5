"""What an error says to a person: at most twelve lines, its class first, no traceback."""

from __future__ import annotations

from fusionflow_lab.errors import FusionflowError

USER_ERRORS = (FusionflowError, OSError, ValueError)

_LINES = 12


def message_lines(error: BaseException) -> list[str]:
    """Write an error as at most twelve lines, the first with its class.

    Examples
    --------
    >>> message_lines(ValueError("no such column"))
    ['ValueError: no such column']
    """
    first, *rest = str(error).splitlines() or [""]
    lines = [f"{type(error).__name__}: {first}".rstrip(": "), *rest]
    if len(lines) <= _LINES:
        return lines
    return [*lines[: _LINES - 1], f"… {len(lines) - _LINES + 1} more lines"]
