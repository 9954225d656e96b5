"""Tell ``EXPLAIN SELECT …`` from ``SELECT …``: the one statement that asks for the plan alone."""

from __future__ import annotations

import re

_EXPLAIN = re.compile(r"(?:\s|--[^\n]*(?:\n|$)|/\*.*?\*/)*EXPLAIN\b", re.IGNORECASE | re.DOTALL)


def explained(text: str) -> str | None:
    """Return the query whose plan is asked for, or None where the text is to be run.

    Examples
    --------
    >>> explained("EXPLAIN SELECT 1"), explained("SELECT 'EXPLAIN'")
    (' SELECT 1', None)
    """
    found = _EXPLAIN.match(text)
    return text[found.end() :] if found else None
