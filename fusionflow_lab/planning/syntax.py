"""What a text that does not parse most likely wanted to say."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from fusionflow_lab.planning.words import Word, words

_KEYWORD_LINES = """
    SELECT FROM WHERE GROUP ORDER HAVING QUALIFY LIMIT OFFSET JOIN LEFT RIGHT FULL INNER OUTER CROSS ON
    USING UNION EXCEPT INTERSECT DISTINCT WITH AS AND OR NOT IN IS NULL LIKE ILIKE BETWEEN EXISTS CASE WHEN
    THEN ELSE END OVER PARTITION BY ASC DESC FILTER INTERVAL CAST WINDOW VALUES DESCRIBE SUMMARIZE EXPLAIN
"""
_KEYWORDS = tuple(_KEYWORD_LINES.split())
_AFTER_JOIN = frozenset({"WHERE", "GROUP", "ORDER", "HAVING", "LIMIT", "QUALIFY", "JOIN"})
_CLOSE = 0.72


def syntax_hint(text: str, offset: int) -> str:
    """Say what to write instead; empty where there is no telling.

    Parameters
    ----------
    text
        The query.
    offset
        Byte at which the parser stopped.

    Examples
    --------
    >>> syntax_hint("SELECT city FRM 'trips.csv'", 16)
    'did you mean FROM?'
    >>> syntax_hint("SELECT * FROM t ORDER city", 22)
    'write ORDER BY'
    """
    parts = list(words(text))
    place = len(text.encode()[:offset].decode(errors="ignore"))
    at = next((number for number, word in enumerate(parts) if word.end > place), len(parts))
    here = parts[at] if at < len(parts) else Word("", len(text))
    before = parts[at - 1] if at else Word("", 0)
    hints = (
        _quote(here),
        _colon(parts, at),
        f"write {before.upper} BY" if before.upper in {"ORDER", "GROUP", "PARTITION"} else "",
        "take the comma out" if before.text == "," and (here.text in ",)" or _is_keyword(here)) else "",
        _join(parts[:at], here),
        _keyword(parts[max(0, at - 2) : at + 1]),
        _parentheses(parts),
        "the query ends too early" if at >= len(parts) - 1 and not _is_keyword(before) else "",
    )
    return next((hint for hint in hints if hint), "")


def _is_keyword(word: Word) -> bool:
    return word.upper in _KEYWORDS


def _quote(here: Word) -> str:
    if here.text[:1] in {"'", '"'} and here.is_open:
        return f"close it with {here.text[0]}"
    return ""


def _colon(parts: Sequence[Word], at: int) -> str:
    if at + 1 < len(parts) and parts[at].text == ":" and parts[at + 1].text.isidentifier():
        return f"write ${parts[at + 1].text} for the parameter"
    return ""


def _join(before: Sequence[Word], here: Word) -> str:
    if here.upper not in _AFTER_JOIN:
        return ""
    for word in reversed(before):
        if word.upper in {"ON", "USING", "CROSS", "NATURAL", "POSITIONAL", "FROM"}:
            return ""
        if word.upper == "JOIN":
            return f"JOIN needs ON … or USING (…) before {here.upper}"
    return ""


def _keyword(around: Sequence[Word]) -> str:
    """Find a word that is nearly a keyword, the one at the place first."""
    for word in reversed(around):
        if word.text.isalpha() and not _is_keyword(word):
            near = difflib.get_close_matches(word.upper, _KEYWORDS, n=1, cutoff=_CLOSE)
            if near:
                return f"did you mean {near[0]}?"
    return ""


def _parentheses(parts: Sequence[Word]) -> str:
    depth = sum((word.text == "(") - (word.text == ")") for word in parts)
    if depth:
        return "close the parenthesis" if depth > 0 else "there is a ) too many"
    return ""
