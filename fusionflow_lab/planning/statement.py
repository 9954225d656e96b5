"""Tell the statements that are no queries: ``EXPLAIN``, views, ``SHOW`` and ``SET``.

They are read from DuckDB's own tokens, as its syntax tree as JSON holds queries only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

import duckdb

from fusionflow_lab.planning.messages import pinned
from fusionflow_lab.planning.tokens import Tokens


@dataclass(frozen=True, kw_only=True, slots=True)
class CreateView:
    """``CREATE [OR REPLACE] VIEW [IF NOT EXISTS] name [(columns)] AS text``.

    ``padded`` is the text with blanks before it, so that places in it are places in what the user wrote.
    """

    name: str
    text: str
    padded: str
    columns: tuple[str, ...] = ()
    replace: bool = False
    if_not_exists: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class DropView:
    """``DROP VIEW [IF EXISTS] name``."""

    name: str
    if_exists: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class DropTable:
    """``DROP TABLE [IF EXISTS] name``."""

    name: str
    if_exists: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Show:
    """``SHOW TABLES`` or ``SHOW VIEWS``."""

    what: Literal["tables", "views"]


@dataclass(frozen=True, kw_only=True, slots=True)
class SetOption:
    """``SET name = value``, or ``RESET name``: then ``value`` is empty."""

    name: str
    value: str = ""


Statement: TypeAlias = CreateView | DropView | DropTable | Show | SetOption


def statement(text: str) -> Statement | None:
    """Return what a text asks for, or None where it is a query (or nothing that is known here).

    Raises
    ------
    QueryError
        The statement is begun and not ended as it should.

    Examples
    --------
    >>> statement("CREATE VIEW big AS FROM 'trips.csv'").text
    "FROM 'trips.csv'"
    >>> statement("drop view if exists big")
    DropView(name='big', if_exists=True)
    >>> statement("SET TimeZone = 'Europe/Oslo'")
    SetOption(name='TimeZone', value='Europe/Oslo')
    >>> statement("SELECT 'SHOW TABLES'") is None
    True
    """
    with pinned(text):
        return _read(Tokens(text))


def _read(words: Tokens) -> Statement | None:
    if words.take("show"):
        what = words.next().lower()
        return Show(what="views" if what == "views" else "tables") if what in {"tables", "views"} else None
    if words.take("drop"):
        return _drop(words)
    if words.take("set"):
        return _set(words)
    if words.take("reset"):
        name = words.name()
        words.end()
        return SetOption(name=name)
    if not words.take("create"):
        return None
    replace = words.take("or", "replace")
    # Views last as long as the session, TEMP or not.
    is_view = words.take("temp", "view") or words.take("temporary", "view") or words.take("view")
    return _create_view(words, replace=replace) if is_view else None


def _drop(words: Tokens) -> DropView | DropTable | None:
    if words.take("view"):
        if_exists = words.take("if", "exists")
        return DropView(name=words.name(), if_exists=if_exists)
    if not words.take("table"):
        return None
    if_exists = words.take("if", "exists")
    return DropTable(name=words.name(), if_exists=if_exists)


def _set(words: Tokens) -> SetOption:
    """Read ``SET [SESSION | LOCAL | GLOBAL] name = value`` and ``SET TIME ZONE value``."""
    _ = words.take("session") or words.take("local") or words.take("global")
    if words.take("variable"):
        return SetOption(name="variable", value=words.name())
    name = "TimeZone"
    if not words.take("time", "zone"):
        name = words.name()
        if not words.take("to"):
            words.expect("=", "SET name = value")
    value = words.value()
    words.end()
    return SetOption(name=name, value=value)


def _create_view(words: Tokens, *, replace: bool) -> CreateView:
    if_not_exists = words.take("if", "not", "exists")
    name = words.name()
    columns = []
    if words.take("("):
        columns.append(words.name())
        while words.take(","):
            columns.append(words.name())
        words.expect(")")
    words.expect("as")
    text = words.rest()
    return CreateView(
        name=name,
        text=text.rstrip().removesuffix(";"),
        padded=re.sub(r"[^\n]", " ", words.text[: len(words.text) - len(text)]) + text,
        columns=tuple(columns),
        replace=replace,
        if_not_exists=if_not_exists,
    )


def explained(text: str) -> str | None:
    """Return the query whose plan is asked for, or None where the text is to be run.

    It has blanks before it, so that places in it are places in the text.

    Examples
    --------
    >>> explained("EXPLAIN SELECT 1")
    '        SELECT 1'
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
    if at >= len(starts):
        return ""
    before = raw[: starts[at]].decode()
    return re.sub(r"[^\n]", " ", before) + raw[starts[at] :].decode()


def _is_longer(raw: bytes, start: int) -> bool:
    """Tell whether a word goes on after its seven letters, such as ``explained``."""
    after = raw[start + 7 : start + 8].decode(errors="ignore")
    return after.isalnum() or after == "_"


def _closes(raw: bytes, starts: list[int], at: int) -> bool:
    """Tell whether the token at a place, with what follows it, closes a parenthesis."""
    end = starts[at + 1] if at + 1 < len(starts) else len(raw)
    return b")" in raw[starts[at] : end]
