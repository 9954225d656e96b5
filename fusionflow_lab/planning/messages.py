"""Turn what DuckDB says about a query into errors that a user can act on.

DuckDB binds a rewritten text (tables instead of files), so places come from the tree of the user's own
text, names of internal tables go back to the files, and the caret drawing goes.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import duckdb

from fusionflow_lab.errors import QueryError
from fusionflow_lab.planning.ast import Node, walk
from fusionflow_lab.planning.syntax import syntax_hint
from fusionflow_lab.storage import redacted

_SHOWN = 8
_NAMED = re.compile(r'"([^"]+)"|with name (\S+) does|argument types \'(.+?)\(')
_MISSING = re.compile(r"(Type|\w+ ?Function|Function) with name \S+ does not exist", re.IGNORECASE)
_REMEDIES = {
    "WHERE clause cannot contain aggregates": "filter groups with HAVING",
    "WHERE clause cannot contain window": "filter them with QUALIFY",
    "HAVING clause cannot contain window": "filter them with QUALIFY",
    "Set operations can only apply": "select as many columns on both sides",
    "ORDER term out of range": "write the name of the column",
    "GROUP BY term out of range": "write the name of the column",
    "Subquery returns": "select one column in the subquery",
    "Chained comparisons": "write AND between comparisons, and = for ==",
    "must appear in the GROUP BY clause": "add it to GROUP BY, or take any_value(…) of it",
}


class Gather(Exception):  # noqa: N818 - no error: the plan falls back
    """The query cannot be cut; the message says why, in the user's words."""


def place(text: str, offset: int) -> str:
    """Name the place of a byte of the query.

    Examples
    --------
    >>> place("SELECT x", 7)
    'line 1, column 8'
    """
    before = text.encode()[:offset].decode(errors="ignore")
    return f"line {before.count(chr(10)) + 1}, column {len(before) - before.rfind(chr(10))}"


@contextmanager
def pinned(text: str) -> Iterator[None]:
    """Say in the errors of a block which text their places are in."""
    try:
        yield
    except QueryError as error:
        error.sql = error.sql or redacted(text)
        raise


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the known name that looks most like ``name``, or an empty text.

    Examples
    --------
    >>> nearest("ctiy", ["city", "price"])
    'city'
    """
    folded = {candidate.lower(): candidate for candidate in known}
    found = difflib.get_close_matches(name.lower(), folded, n=1, cutoff=0.55)
    return folded[found[0]] if found else ""


def listed(names: Sequence[str]) -> str:
    """List the first few names.

    Examples
    --------
    >>> listed(["a", "b"])
    'a, b'
    """
    rest = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def suggestion(name: str, known: Sequence[str], what: str) -> str:
    """Say which name was probably meant and which there are.

    Examples
    --------
    >>> suggestion("ctiy", ["city", "price"], "columns")
    'did you mean city? columns: city, price'
    """
    near = nearest(name, known)
    meant = f"did you mean {near}? " if near else ""
    return f"{meant}{what}: {listed(known)}" if known else meant.strip()


def syntax_error(text: str, message: str, offset: int | None) -> QueryError:
    """Build the error for a text that does not parse; ``offset`` is None where the parser tells no place.

    Examples
    --------
    >>> print(syntax_error("selec 1", 'syntax error at or near "selec"', 0))
    syntax error at or near "selec"
    where: line 1, column 1
    try: did you mean SELECT?
    """
    what = message.splitlines()[0]
    if offset is None:
        return QueryError(what, hint=_remedy(what))
    return QueryError(what, where=place(text, offset), hint=syntax_hint(text, offset))


def too_deep() -> QueryError:
    """Build the error for a query whose parts lie too deep in each other.

    Examples
    --------
    >>> print(too_deep())
    the query is nested too deeply
    try: name its parts with WITH, or use lists: x IN (…)
    """
    return QueryError(
        "the query is nested too deeply", hint="name its parts with WITH, or use lists: x IN (…)"
    )


def bind_error(
    text: str,
    tree: Node,
    error: duckdb.Error,
    columns: Sequence[str],
    patterns: Mapping[str, str],
) -> QueryError:
    """Build the error for a query that parses but has no meaning.

    Parameters
    ----------
    text
        What the user wrote.
    tree
        Its tree, with places.
    error
        What DuckDB said about the rewritten text.
    columns
        The columns of all sources.
    patterns
        For each internal table, the pattern of its files.
    """
    first, rest = _cleaned(str(error), patterns)
    name = _offender(first)
    where = _find(text, tree, name)
    if first.startswith(("Referenced column", "Column ")) or "does not have a column named" in first:
        return _no_column(text, tree, first, rest, columns)
    if first.startswith("Referenced table"):
        hint = suggestion(name, _candidates(rest), "tables here")
        return QueryError(f"there is no table {name} in this FROM", where=where, hint=hint)
    missing = _MISSING.match(first)
    if missing:
        meant = re.search(r"Did you mean (.+?)\?*$", " ".join(rest), re.MULTILINE)
        found = nearest(name, [meant[1].strip('"? ').removeprefix("main.")]) if meant else ""
        kind = "type" if missing[1] == "Type" else "function"
        return QueryError(
            f"there is no {kind} {name}", where=where, hint=f"did you mean {found}?" if found else ""
        )
    if first.startswith("Could not find key"):
        rare = "one that few records of JSON have is found by read_json('…', sample_size = -1)"
        fields = suggestion(name, _candidates(rest), "fields")
        return QueryError(f"there is no field {name}", where=where, hint=f"{fields}; {rare}".lstrip("; "))
    if first.startswith("No function matches"):
        return _no_match(first, rest, where)
    return QueryError(first, where=where, hint=_remedy(first) or _advice(rest))


def _remedy(message: str) -> str:
    return next((hint for words, hint in _REMEDIES.items() if words in message), "")


def _no_column(text: str, tree: Node, first: str, rest: Sequence[str], columns: Sequence[str]) -> QueryError:
    name = re.findall(r'"([^"]+)"', first)[-1]
    known = _candidates(rest) if "does not have" in first else list(columns)
    hint = suggestion(name, known or list(columns), "columns")
    if hint and not nearest(name, known or list(columns)):
        hint += f"; a text is written '{name}'"
    return QueryError(f"there is no column {name}", where=_find(text, tree, name), hint=hint)


def _no_match(first: str, rest: Sequence[str], where: str) -> QueryError:
    found = re.search(r"argument types '(.+?)\((.*)\)'", first)
    if found is None:
        return QueryError(first, where=where, hint=_advice(rest))
    name, types = found[1], found[2].replace("_LITERAL", "")
    if not name.isidentifier():
        return QueryError(
            f"{name} does not go with {types.replace(', ', ' and ')}",
            where=where,
            hint="CAST(… AS …) one of them",
        )
    return QueryError(f"{name} does not take ({types})", where=where, hint=_advice(rest))


def _cleaned(message: str, patterns: Mapping[str, str]) -> tuple[str, list[str]]:
    """Split DuckDB's message into its first line and the rest, without the drawing."""
    body = re.split(r"\n+LINE \d+:", message)[0]
    for table, pattern in patterns.items():
        body = body.replace(f'"{table}"', f'"{pattern}"')
    lines = [line.strip() for line in body.splitlines() if line.strip()]
    first = re.sub(r"^[A-Z][A-Za-z ]*Error: ", "", lines[0]) if lines else "the query has no meaning"
    return first, lines[1:]


def _candidates(rest: Sequence[str]) -> list[str]:
    return [name for line in rest if line.startswith("Candidate") for name in re.findall(r'"([^"]+)"', line)]


def _advice(rest: Sequence[str]) -> str:
    """Keep the sentences of DuckDB's advice that are short enough to help."""
    if rest and rest[0].startswith("Candidate functions"):
        return "the function takes: " + "; ".join(rest[1:4])
    return " ".join(line for line in rest[:2] if "SET " not in line)


def _offender(message: str) -> str:
    found = _NAMED.search(message)
    return next((part for part in found.groups() if part), "") if found else ""


def _find(text: str, tree: Node, name: str) -> str:
    """Find the place where the query mentions a name."""
    folded = name.lower()
    for node in walk(tree):
        names = [*node.get("column_names", []), node.get("function_name"), node.get("type_name")]
        names += [node.get("table_name"), node.get("literal", {}).get("text"), *node.get("exclude_list", [])]
        hit = any(isinstance(entry, str) and entry.lower() == folded for entry in names)
        if hit and isinstance(node.get("query_location"), int):
            return place(text, node["query_location"])
    return ""
