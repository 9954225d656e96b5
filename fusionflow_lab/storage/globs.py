"""Patterns over the keys of an object store; they mean what they mean over paths.

``*``, ``?``, ``[a-z]``, ``[!a-z]`` and ``{a,b}`` stay within one folder; ``**`` is any number of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from fusionflow_lab.errors import QueryError

_MAGIC: Final = re.compile(r"[*?\[{]")
_CLASS: Final = re.compile(r"\[([!^]?)([^/]?[^\]/]*)\]")
_MOST: Final = 1000


def has_magic(pattern: str) -> bool:
    """Tell whether a text is a pattern.

    Examples
    --------
    >>> has_magic("2025/*.csv"), has_magic("2025/a.csv")
    (True, False)
    """
    return bool(_MAGIC.search(pattern))


def literal_prefix(pattern: str) -> str:
    """Return what all keys of a pattern begin with.

    Examples
    --------
    >>> literal_prefix("sales/2025-*/a.csv")
    'sales/2025-'
    """
    return _MAGIC.split(pattern, maxsplit=1)[0]


def matcher(pattern: str) -> re.Pattern[str]:
    """Return what matches the keys of a pattern.

    Raises
    ------
    QueryError
        The pattern makes no sense.

    Examples
    --------
    >>> matches = matcher("sales/**/{a,b}?.csv").fullmatch
    >>> [bool(matches(key)) for key in ("sales/a1.csv", "sales/x/y/b2.csv", "sales/x/c3.csv")]
    [True, True, False]
    """
    patterns = [*_alternatives(pattern)]
    return re.compile("|".join(f"(?:{_translated(each)})" for each in patterns), re.DOTALL)


def listed(pattern: str) -> list[str]:
    """Return the patterns of a list of patterns, ``{a,b}``; any other is one.

    Examples
    --------
    >>> listed("{/data/a.csv,b/*.csv}"), listed("{a,b}.csv")
    (['/data/a.csv', 'b/*.csv'], ['{a,b}.csv'])
    """
    if not pattern.startswith("{"):
        return [pattern]
    end, commas = _closing(pattern, 0)
    if end != len(pattern) - 1:
        return [pattern]
    return [pattern[first + 1 : last] for first, last in pairwise([0, *commas, end])]


def _alternatives(pattern: str) -> Iterator[str]:
    open_patterns = [pattern]
    count = 0
    while open_patterns:
        text = open_patterns.pop()
        start = _opening(text)
        if start < 0:
            count += 1
            if count > _MOST:
                raise QueryError(
                    f"{pattern} stands for more than {_MOST} patterns", hint="write * where it can"
                )
            yield text
            continue
        end, commas = _closing(text, start)
        if end < 0:
            raise QueryError(f"{pattern}: the '{{' has no '}}'", hint="write '[{]' for the character")
        places = [start, *commas, end]
        open_patterns += [
            f"{text[:start]}{text[first + 1 : last]}{text[end + 1 :]}" for first, last in pairwise(places)
        ]


def _opening(text: str) -> int:
    """Return the place of the first ``{`` that is not in a ``[…]``; -1 for none."""
    inside = False
    for place, character in enumerate(text):
        if character == "{" and not inside:
            return place
        inside = character == "[" or (inside and character != "]")
    return -1


def _closing(text: str, start: int) -> tuple[int, list[int]]:
    """Return the places of the brace that closes the one at ``start`` (-1: none), and of its commas."""
    depth = 0
    commas = []
    for place in range(start, len(text)):
        if text[place] == "{":
            depth += 1
        elif text[place] == "," and depth == 1:
            commas.append(place)
        elif text[place] == "}":
            depth -= 1
            if depth == 0:
                return place, commas
    return -1, commas


def _translated(pattern: str) -> str:
    parts = pattern.split("/")
    last = len(parts) - 1
    steps = []
    for place, part in enumerate(parts):
        if part == "**":
            steps.append(".*" if place == last else "(?:.*/)?")
        else:
            steps.append(_component(part) + ("" if place == last else "/"))
    return "".join(steps)


def _component(part: str) -> str:
    out = []
    place = 0
    while place < len(part):
        found = _CLASS.match(part, place)
        if part[place] == "*":
            out.append("[^/]*")
        elif part[place] == "?":
            out.append("[^/]")
        elif found:
            inner = found[2].replace("\\", r"\\").replace("[", r"\[").replace("^", r"\^")
            inner = re.sub(r"([&~|]{2})|(--)", lambda twice: "".join(f"\\{c}" for c in twice[0]), inner)
            out.append(f"(?!/)[{'^' if found[1] else ''}{inner}]")
            place = found.end()
            continue
        elif part[place] == "[":
            raise QueryError(f"{part}: the '[' has no ']'", hint="write '[[]' for the character")
        else:
            out.append(re.escape(part[place]))
        place += 1
    return "".join(out)
