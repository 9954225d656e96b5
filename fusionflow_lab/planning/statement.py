"""Tell ``EXPLAIN SELECT …`` from ``SELECT …``: the one statement that asks for the plan alone."""

from __future__ import annotations

import duckdb


def explained(text: str) -> str | None:
    """Return the query whose plan is asked for, or None where the text is to be run.

    Examples
    --------
    >>> explained("EXPLAIN ANALYZE SELECT 1")
    'SELECT 1'
    >>> explained("SELECT 'EXPLAIN'") is None
    True
    """
    raw = text.encode()
    starts = [at for at, kind in duckdb.tokenize(text) if kind != duckdb.token_type.comment]
    words = [raw[start : start + 7].decode(errors="ignore").lower() for start in starts]
    if not words or words[0] != "explain" or _is_longer(raw, starts[0]):
        return None
    at = 1
    if words[1:] and words[1].startswith("("):
        while at < len(words) and not _closes(raw, starts, at):
            at += 1
        at += 1
    elif words[1:] and words[1] == "analyze":
        at = 2
    return raw[starts[at] :].decode() if at < len(starts) else ""


def _is_longer(raw: bytes, start: int) -> bool:
    """Tell whether a word goes on after its seven letters, such as ``explained``."""
    after = raw[start + 7 : start + 8].decode(errors="ignore")
    return after.isalnum() or after == "_"


def _closes(raw: bytes, starts: list[int], at: int) -> bool:
    """Tell whether the token at a place, with what follows it, closes a parenthesis."""
    end = starts[at + 1] if at + 1 < len(starts) else len(raw)
    return b")" in raw[starts[at] : end]
