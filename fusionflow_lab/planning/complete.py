"""What may stand at the cursor of an unfinished query: files, tables, columns, functions, keywords.

The text need not parse. It is cut into words, the clause around the cursor says what is wanted, and what
``FROM`` names elsewhere in the text says which columns there are. Used by the notebook, and by any editor.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from fusionflow_lab.planning.formats import READERS
from fusionflow_lab.planning.words import Item, Word, block, ctes, from_items, words
from fusionflow_lab.states.casts import quoted

_CLAUSES = frozenset(
    {"SELECT", "FROM", "JOIN", "WHERE", "BY", "HAVING", "QUALIFY", "ON", "USING", "LIMIT", "VALUES", "WINDOW"}
)
_TABLES_FOLLOW = frozenset({"FROM", "JOIN", "DESCRIBE", "SUMMARIZE"})
_STARTS_LINE = "SELECT,FROM,WITH,EXPLAIN,DESCRIBE,SUMMARIZE,CREATE VIEW,DROP VIEW,SHOW TABLES"
_STARTS = tuple(_STARTS_LINE.split(","))
_AFTER_TABLE_LINE = (
    "JOIN,LEFT JOIN,ASOF JOIN,ON,USING,WHERE,GROUP BY,HAVING,QUALIFY,ORDER BY,LIMIT,SELECT,AS,UNION ALL"
)
_AFTER_TABLE = tuple(_AFTER_TABLE_LINE.split(","))
_EXPRESSION_LINES = (
    "AND,OR,NOT,IN,IS NULL,IS NOT NULL,BETWEEN,LIKE,ILIKE,CASE WHEN,THEN,ELSE,END,AS,DISTINCT,FILTER (WHERE,"
    "OVER (,PARTITION BY,FROM,WHERE,GROUP BY ALL,HAVING,QUALIFY,ORDER BY,ASC,DESC,NULLS LAST,LIMIT,CAST,NULL,"
    "TRUE,FALSE,INTERVAL,EXCLUDE,REPLACE"
)
_IN_EXPRESSION = tuple(_EXPRESSION_LINES.split(","))
_READERS = frozenset({*READERS, "glob"})
MOST = 300


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A text that may be put in, what kind of thing it is, and more about it: a column's type."""

    text: str
    kind: str
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Completion:
    """What may replace the characters ``start`` to ``end`` of the text; best first."""

    start: int
    end: int
    candidates: tuple[Candidate, ...]


class Surroundings(Protocol):
    """What there is beside the text."""

    def tables(self) -> Sequence[tuple[str, str]]:
        """Return name and kind of what can stand in FROM by name."""

    def columns(self, source: str) -> Sequence[tuple[str, str]]:
        """Return name and type of the columns of what stands in FROM; empty where it cannot be read."""

    def files(self, prefix: str) -> Sequence[str]:
        """Return the paths of files and folders (with a slash at the end) that begin with a text."""

    def functions(self) -> Sequence[str]:
        """Return the names of functions."""

    def variables(self) -> Sequence[str]:
        """Return the names of what can be the value of a parameter."""

    def options(self, function: str) -> Sequence[str]:
        """Return the options of a function that reads files."""


def complete(text: str, cursor: int, around: Surroundings) -> Completion:
    """Return what may stand at a place of a query.

    Parameters
    ----------
    text
        The query as far as it is written.
    cursor
        Characters before the place.
    around
        What there is beside the text.
    """
    before = list(words(text[:cursor]))
    open_word = before.pop() if before and before[-1].end == cursor and before[-1].is_open else None
    start = cursor if open_word is None else open_word.start
    prefix = "" if open_word is None else open_word.text
    found = _Place(text=text, before=before, prefix=prefix, around=around).candidates()
    if prefix.startswith("'"):
        start, prefix = start + 1, prefix[1:]
    wanted = prefix.lower()
    chosen = {entry.text: entry for entry in found if _fits(entry.text, wanted)}
    return Completion(start=start, end=cursor, candidates=tuple(chosen.values())[:MOST])


def _fits(candidate: str, wanted: str) -> bool:
    folded = candidate.lower()
    return folded.startswith(wanted) or folded.lstrip("'\"").startswith(wanted)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Place:
    text: str
    before: Sequence[Word]
    prefix: str
    around: Surroundings

    def candidates(self) -> Iterator[Candidate]:
        last = self.before[-1].upper if self.before else ""
        clause = self.clause()
        in_reader = self.call() in _READERS
        if self.prefix.startswith("'"):
            if in_reader or self.wants_table(last, clause):
                yield from _all(self.around.files(self.prefix[1:]), "file")
        elif self.prefix.startswith("$"):
            yield from _all([f"${name}" for name in self.around.variables()], "variable")
        elif last == ".":
            yield from self.columns(of=self.before[-2].name if len(self.before) > 1 else "")
        elif in_reader:
            yield from _all([f"{name} = " for name in self.around.options(self.call())], "option")
        elif self.wants_table(last, clause):
            yield from self.tables()
        elif not clause:
            yield from _all(_STARTS, "keyword")
        elif clause in {"FROM", "JOIN"}:
            yield from _all(_AFTER_TABLE, "keyword")
        else:
            yield from self.columns()
            yield from (Candidate(text=item.alias, kind="table") for item in self.items() if item.alias)
            yield from _all([f"{name}(" for name in self.around.functions()], "function")
            yield from _all(_IN_EXPRESSION, "keyword")

    @staticmethod
    def wants_table(last: str, clause: str) -> bool:
        return last in _TABLES_FOLLOW or (last == "," and clause in {"FROM", "JOIN"})

    def clause(self) -> str:
        """Return the word that began the clause of the cursor, within its parentheses."""
        depth = 0
        for place in range(len(self.before) - 1, -1, -1):
            word = self.before[place]
            depth += (word.text == ")") - (word.text == "(")
            if depth < 0:
                if place and self.before[place - 1].upper in {"FROM", "JOIN", "AS"}:
                    return ""
                depth = 0
            elif not depth and word.upper in _CLAUSES | _TABLES_FOLLOW:
                return word.upper
        return ""

    def call(self) -> str:
        """Return the name of the function whose arguments the cursor is in."""
        depth = 0
        for place in range(len(self.before) - 1, 0, -1):
            text = self.before[place].text
            depth += (text == ")") - (text == "(")
            if depth < 0:
                return self.before[place - 1].text.lower()
        return ""

    def items(self) -> list[Item]:
        """Return what FROM names in the query or subquery of the cursor."""
        end = self.before[-1].end if self.before else 0
        return from_items(self.text, block(self.text, end)) or from_items(self.text, None)

    def columns(self, of: str = "") -> Iterator[Candidate]:
        named = ctes(self.text)
        for item in self.items():
            if of and item.alias.lower() != of.lower():
                continue
            source = item.source
            if source.lower() in named:
                source = f"(WITH {', '.join(named.values())} FROM {source})"
            for name, kind in self.around.columns(source):
                yield Candidate(text=_name(name), kind="column", detail=kind)

    def tables(self) -> Iterator[Candidate]:
        yield from _all(list(ctes(self.text)), "table")
        for name, kind in self.around.tables():
            yield Candidate(text=_name(name), kind=kind)
        yield from _all([f"'{path}'" for path in self.around.files("")], "file")
        yield from _all(["read_csv(", "read_json("], "function")


def _all(texts: Sequence[str], kind: str) -> Iterator[Candidate]:
    return (Candidate(text=text, kind=kind) for text in texts)


def _name(name: str) -> str:
    """Quote a name where it must be."""
    plain = name.replace("_", "a").isalnum() and name.isascii() and not name[0].isdigit()
    return name if plain and name.upper() not in _CLAUSES else quoted(name)
