"""The words of a statement that is no query, as DuckDB cuts them, read from the front."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

import duckdb

from fusionflow_lab.errors import QueryError
from fusionflow_lab.planning.messages import place

_ESCAPE = re.compile(r"\\(.)")
_ESCAPED: Mapping[str, str] = MappingProxyType({"n": "\n", "t": "\t", "r": "\r"})


class Tokens:
    """The words of a text, as DuckDB cuts them, taken from the front.

    Examples
    --------
    >>> tokens = Tokens("DROP VIEW big")
    >>> tokens.take("drop", "view"), tokens.name()
    (True, 'big')
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._raw = text.encode()
        starts = [at for at, kind in duckdb.tokenize(text) if kind != duckdb.token_type.comment]
        ends = [*starts[1:], len(self._raw)] if starts else []
        self._words = [self._word(start, end) for start, end in zip(starts, ends, strict=True)]
        self._starts = [*starts, len(self._raw)]
        self._at = 0

    def _word(self, start: int, end: int) -> str:
        part = self._raw[start:end].decode(errors="ignore")
        found = re.match(
            r"""[eE]'(?:[^'\\]|\\.|'')*'|"(?:[^"]|"")*"|'(?:[^']|'')*'|-?[\w$.]+|.""", part, re.DOTALL
        )
        return found[0] if found else part

    def take(self, *words: str) -> bool:
        """Take some words if they come next."""
        following = [word.lower() for word in self._words[self._at : self._at + len(words)]]
        if following != list(words):
            return False
        self._at += len(words)
        return True

    def next(self) -> str:
        """Take the next word; empty at the end."""
        word = self._words[self._at] if self._at < len(self._words) else ""
        self._at += 1
        return word

    def name(self) -> str:
        """Take a name, quoted or not."""
        offset = self._starts[min(self._at, len(self._words))]
        word = self.next()
        if word.startswith('"'):
            return word[1:-1].replace('""', '"')
        if not word.replace("_", "a").isalnum() or word.lower() == "as":
            raise QueryError(
                "a name is missing", where=place(self.text, offset), hint="CREATE VIEW name AS SELECT …"
            )
        return word

    def value(self) -> str:
        """Take a word, a number or a text in quotes."""
        word = self.next()
        if word[:2].lower() == "e'":
            return _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), word[2:-1].replace("''", "'"))
        if len(word) > 1 and word[0] == word[-1] and word[0] in "'\"":
            return word[1:-1].replace(word[0] * 2, word[0])
        return word

    def end(self) -> None:
        """Make sure that nothing follows."""
        while self.take(";"):
            pass
        if self._at < len(self._words):
            where = place(self.text, self._starts[self._at])
            raise QueryError("SET stands alone", where=where, hint="write what follows in a text of its own")

    def expect(self, word: str, form: str = "CREATE VIEW name AS SELECT …") -> None:
        """Take this word of a form."""
        offset = self._starts[min(self._at, len(self._words))]
        if not self.take(word):
            what = f"{word.upper()} is missing"
            raise QueryError(what, where=place(self.text, offset), hint=form)

    @property
    def where(self) -> str:
        """The place of the next word."""
        return place(self.text, self._starts[min(self._at, len(self._words))])

    @property
    def ended(self) -> bool:
        """Whether nothing follows but semicolons."""
        return all(word == ";" for word in self._words[self._at :])

    def enclosed(self) -> str:
        """Take what stands between the parenthesis that comes next and the one that closes it.

        The text has blanks before it, so that places in it are places in the whole.
        """
        self.expect("(", "put the query in parentheses: COPY (SELECT …) TO 'folder'")
        begin, depth = self._at, 1
        while depth:
            if self._at >= len(self._words):
                raise QueryError("a parenthesis is not closed", where=self.where)
            depth += {"(": 1, ")": -1}.get(self._words[self._at], 0)
            self._at += 1
        return self.padded(begin, self._at - 1)

    def padded(self, begin: int, end: int) -> str:
        """Return some words of the text with blanks before them, so that places stay."""
        first, last = self._starts[begin], self._starts[end]
        before = self._raw[:first].decode()
        return re.sub(r"[^\n]", " ", before) + self._raw[first:last].decode()

    def peek(self) -> str:
        """Return the next word without taking it; empty at the end."""
        return self._words[self._at] if self._at < len(self._words) else ""

    def remainder(self) -> str:
        """Return the text from the next word on, without a semicolon at its end, in its place."""
        return self.padded(min(self._at, len(self._words)), len(self._words)).rstrip().removesuffix(";")

    def rest(self) -> str:
        """Return the text from the next word on."""
        return self._raw[self._starts[min(self._at, len(self._words))] :].decode()
