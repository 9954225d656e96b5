"""The words of an unfinished query: enough of SQL to see clauses, subqueries and what FROM names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_WORD = re.compile(
    r"""'(?:[^']|'')*'?|"(?:[^"]|"")*"?|--[^\n]*|/\*.*?(?:\*/|\Z)|\$\w*|\w+|\s+|.""", re.DOTALL
)
_NO_ALIAS_WORDS = """
    WHERE GROUP ORDER HAVING QUALIFY LIMIT OFFSET JOIN LEFT RIGHT FULL INNER OUTER CROSS ASOF POSITIONAL
    NATURAL SEMI ANTI ON USING UNION EXCEPT INTERSECT WINDOW SELECT FROM TABLESAMPLE SAMPLE AS
"""
_NO_ALIAS = frozenset(_NO_ALIAS_WORDS.split())


@dataclass(frozen=True, slots=True)
class Word:
    """A word and its place; ``is_open`` where more characters would make it another word."""

    text: str
    start: int

    @property
    def end(self) -> int:
        """The place after it."""
        return self.start + len(self.text)

    @property
    def upper(self) -> str:
        """It in capitals."""
        return self.text.upper()

    @property
    def name(self) -> str:
        """It as a name: without quotes."""
        return self.text[1:-1].replace('""', '"') if self.text.startswith('"') else self.text

    @property
    def is_open(self) -> bool:
        """Whether it may go on."""
        mark = self.text[0]
        if mark in "'\"":
            return len(self.text) == 1 or self.text.count(mark) % 2 == 1
        return mark.isalnum() or mark in "_$"


def words(text: str) -> Iterator[Word]:
    """Yield the words of a text, without blanks and comments (but an open one).

    Examples
    --------
    >>> [word.text for word in words("SELECT 'it''s' -- so")]
    ['SELECT', "'it''s'"]
    """
    for found in _WORD.finditer(text):
        if not found[0].isspace() and not found[0].startswith(("--", "/*")):
            yield Word(found[0], found.start())


def block(text: str, place: int) -> tuple[int, int] | None:
    """Return where the subquery around a place is written, or None where it is in none.

    Examples
    --------
    >>> block("SELECT (SELECT a FROM t) FROM s", 16)
    (8, 23)
    """
    opens: list[tuple[int, bool]] = []
    inner = list(words(text))
    for number, word in enumerate(inner):
        if word.text == "(":
            following = inner[number + 1].upper if number + 1 < len(inner) else ""
            opens.append((word.end, following in {"SELECT", "FROM", "WITH"}))
        elif word.text == ")" and opens:
            begin, is_query = opens.pop()
            if is_query and begin <= place <= word.start:
                return begin, word.start
    return next(((begin, len(text)) for begin, query in reversed(opens) if query and begin <= place), None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """What one entry of FROM reads, as SQL, and the name that its columns may be qualified with."""

    source: str
    alias: str


def from_items(text: str, span: tuple[int, int] | None) -> list[Item]:
    """List the entries of FROM, of one query (``span``: its place) or of all.

    Examples
    --------
    >>> from_items("SELECT FROM 'a.csv' x JOIN (SELECT 1 AS y) AS z", None)
    [Item(source="'a.csv'", alias='x'), Item(source='(SELECT 1 AS y)', alias='z')]
    """
    begin, end = span or (0, len(text))
    inner = list(words(text[begin:end]))
    items, depth, clause = [], 0, ""
    for place, word in enumerate(inner):
        depth += (word.text == "(") - (word.text == ")")
        if span is not None and depth:
            continue
        if word.upper in {"FROM", "JOIN"}:
            clause = "FROM"
        elif word.upper in _NO_ALIAS - {"AS"} and word.upper not in {
            "LEFT",
            "RIGHT",
            "FULL",
            "INNER",
            "OUTER",
        }:
            clause = ""
        if word.upper in {"FROM", "JOIN"} or (word.text == "," and clause and not depth):
            item = _item(text[begin:end], inner[place + 1 :])
            if item is not None:
                items.append(item)
    return items


def _item(text: str, following: Sequence[Word]) -> Item | None:
    if not following or following[0].upper in _NO_ALIAS or following[0].text in ",)":
        return None
    at = 1
    if following[0].text == "(":
        at = _closing(following, 0)
    elif len(following) > 1 and following[1].text == "(":
        at = _closing(following, 1)
    source = text[following[0].start : following[at - 1].end]
    rest = following[at:]
    if rest and rest[0].upper == "AS":
        rest = rest[1:]
    named = rest and rest[0].upper not in _NO_ALIAS and (rest[0].text[0].isalpha() or rest[0].text[0] in '_"')
    return Item(source=source, alias=rest[0].name if named else _own_name(following[0]))


def _closing(following: Sequence[Word], opening: int) -> int:
    """Return the place after the parenthesis that closes the one at ``opening``."""
    depth = 0
    for place in range(opening, len(following)):
        depth += (following[place].text == "(") - (following[place].text == ")")
        if not depth:
            return place + 1
    return len(following)


def _own_name(word: Word) -> str:
    if word.text.startswith("'"):
        path = word.text.strip("'")
        return "" if re.search(r"[*?\[]", path) else path.rpartition("/")[2].partition(".")[0]
    return "" if word.text == "(" else word.name


def ctes(text: str) -> dict[str, str]:
    """Return the common table expressions of a text, by lower-case name, each as ``name AS (…)``.

    Examples
    --------
    >>> ctes("WITH a AS (SELECT 1), b AS (FROM a) SELECT")
    {'a': 'a AS (SELECT 1)', 'b': 'b AS (FROM a)'}
    """
    found = {}
    parts = list(words(text))
    for place in range(1, len(parts) - 2):
        begins = parts[place - 1].upper in {"WITH", "RECURSIVE"} or parts[place - 1].text == ","
        if begins and parts[place + 1].upper == "AS" and parts[place + 2].text == "(":
            end = _closing(parts, place + 2)
            if parts[end - 1].text == ")":
                found[parts[place].name.lower()] = text[parts[place].start : parts[end - 1].end]
    return found
