"""Let a PIVOT statement that names no values be parsed: DuckDB's syntax tree has no place for one.

A value that nobody has stands for "those of the data".
"""

from __future__ import annotations

import re

import duckdb

VALUES = "__values_of_the_data__"
_ENDS = frozenset({"using", "group", "order", "limit", "offset", "union", "except", "intersect", ";"})


def with_values(text: str) -> str:
    """Write a placeholder for the values where a PIVOT names none; the text itself where there is none.

    Examples
    --------
    >>> with_values("PIVOT t ON k USING sum(v)")
    "PIVOT t ON (k) IN ('__values_of_the_data__') USING sum(v)"
    >>> with_values("SELECT 'PIVOT t ON k'")
    "SELECT 'PIVOT t ON k'"
    """
    raw = text.encode()
    starts = [at for at, kind in duckdb.tokenize(text) if kind != duckdb.token_type.comment]
    ends = [*starts[1:], len(raw)]
    words = [_word(raw[start:end]) for start, end in zip(starts, ends, strict=True)]
    edits = {}
    for at, word in enumerate(words):
        if word.lower() in {"pivot", "pivot_wider"}:
            for first, last in _expressions(words, at):
                edits[starts[last] + len(words[last].encode())] = f") IN ('{VALUES}')"
                edits[starts[first]] = "("
    for place, edit in sorted(edits.items(), reverse=True):
        raw = raw[:place] + edit.encode() + raw[place:]
    return raw.decode()


def _word(part: bytes) -> str:
    text = part.decode(errors="ignore")
    found = re.match(r"\"(?:[^\"]|\"\")*\"|'(?:[^']|'')*'|[\w$.]+|.", text, re.DOTALL)
    return found[0] if found else text


def _expressions(words: list[str], at: int) -> list[tuple[int, int]]:
    """Find the first and last word of each expression of a PIVOT's ON, but for those with IN."""
    depth, first, found = 0, -1, []
    for place in range(at + 1, len(words) + 1):
        word = words[place].lower() if place < len(words) else ";"
        ends = depth == 0 and (word in _ENDS or word in {")", ","})
        if ends and first >= 0 and "in" not in map(str.lower, words[first:place]):
            found.append((first, place - 1))
        if ends and (word != "," or first < 0):
            return found
        if (depth == 0 and first >= 0 and word == ",") or (depth == 0 and first < 0 and word == "on"):
            first = place + 1
        depth += (word == "(") - (word == ")")
    return found
