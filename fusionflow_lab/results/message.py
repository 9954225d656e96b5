"""What an error says to a person: at most twelve lines, its class first, no traceback."""

from __future__ import annotations

import re

from fusionflow_lab.errors import FusionflowError

USER_ERRORS = (FusionflowError, OSError, ValueError)

_LINES = 12
_WIDTH = 90
_PASSWORD = re.compile(r"(\b(?:password|passwd|pwd|token)=)([^\s'\";&,)]+)", re.IGNORECASE)
_PLACE = re.compile(r"^where: line (\d+), column (\d+)$")


def message_lines(error: BaseException) -> list[str]:
    r"""Write an error as at most twelve lines, the first with its class; a place in SQL is drawn.

    Examples
    --------
    >>> message_lines(ValueError("no such column"))
    ['ValueError: no such column']
    >>> error = FusionflowError("there is no column ctiy", where="line 1, column 8", hint="try city")
    >>> error.sql = "SELECT ctiy FROM 'trips.csv'"
    >>> print(*message_lines(error), sep="\n")
    FusionflowError: there is no column ctiy
    where: line 1, column 8
      SELECT ctiy FROM 'trips.csv'
             ^
    try: try city
    """
    first, *rest = str(error).splitlines() or [""]
    lines = [f"{type(error).__name__}: {first}".rstrip(": ")]
    for line in rest:
        lines.append(line)
        found = _PLACE.match(line)
        if found and isinstance(error, FusionflowError):
            lines += _drawn(error.sql, int(found[1]), int(found[2]))
    if len(lines) <= _LINES:
        return lines
    return [*lines[: _LINES - 1], f"… {len(lines) - _LINES + 1} more lines"]


def _drawn(sql: str, line: int, column: int) -> list[str]:
    """Draw a line of the query and a mark below its place; nothing where there is no such line."""
    texts = sql.splitlines()
    if not 0 < line <= len(texts):
        return []
    text = _PASSWORD.sub(lambda found: found[1] + "*" * len(found[2]), texts[line - 1])
    begin = max(0, min(column - _WIDTH // 2, len(text) - _WIDTH))
    shown = text[begin : begin + _WIDTH]
    before = shown[: column - 1 - begin]
    left, right = "…" if begin else "", "…" if begin + _WIDTH < len(text) else ""
    mark = re.sub(r"[^\t]", " ", left + before) + "^"
    return [f"  {left}{shown}{right}", f"  {mark}"]
