"""Completion in cells: a matcher of IPython for the text of ``%%fusionflow`` cells and ``%fusionflow`` lines.

In the first line of a cell it offers options and their values, below it whatever the query may go on with.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from IPython.core.completer import CompletionContext, SimpleCompletion, SimpleMatcherResult, context_matcher

from fusionflow_lab.api import Session
from fusionflow_lab.notebook.commands import COMMANDS
from fusionflow_lab.notebook.options import OPTIONS
from fusionflow_lab.planning.complete import Candidate, Completion

_CELL = re.compile(r"\s*%%fusionflow(?=\s|$)")
_LINE = re.compile(r"(?:^|[=\s])%fusionflow\s+(?P<rest>.*)$")
_VALUES = {"--progress": ("auto", "widget", "text", "none"), "--cluster": ("local", "tcp://")}
_NAMES_FOLLOW = ("schema", "sniff")


class CellMatcher:
    """The matcher, made for one shell.

    Parameters
    ----------
    session
        Gives the session in use.
    variables
        The user's variables.
    """

    def __init__(self, session: Callable[[], Session], variables: Mapping[str, object]) -> None:
        self._session = session
        self._variables = variables

        def match(context: CompletionContext) -> SimpleMatcherResult:
            return self._match(context)

        # IPython marks the function that it is given, and a method cannot be marked.
        self.match = context_matcher(priority=1000, identifier="fusionflow")(match)

    def _match(self, context: CompletionContext) -> SimpleMatcherResult:
        begun = context.text_until_cursor
        first, *_ = context.full_text.split("\n", 1)
        if _CELL.match(first):
            if context.cursor_line == 0:
                return _result(begun, self._options(begun))
            return self._cell(context)
        found = _LINE.search(begun)
        if found is None:
            return _result("", ())
        return self._line(begun, found["rest"], context.line_with_cursor[context.cursor_position :])

    def _cell(self, context: CompletionContext) -> SimpleMatcherResult:
        lines = context.full_text.split("\n")[1:]
        cursor = sum(len(line) + 1 for line in lines[: context.cursor_line - 1]) + context.cursor_position
        text = "\n".join(lines)
        return self._query(text, cursor)

    def _line(self, begun: str, rest: str, after: str) -> SimpleMatcherResult:
        command, blank, argument = rest.partition(" ")
        if not blank:
            words = [Candidate(text=word, kind="keyword") for word in (*COMMANDS, "SELECT", "FROM")]
            return _result(begun, words)
        if command.lower() in _NAMES_FOLLOW:
            prefix = f"FROM {argument}"
            return self._query(prefix, len(prefix))
        return self._query(rest + after, len(rest))

    def _query(self, text: str, cursor: int) -> SimpleMatcherResult:
        found: Completion = self._session().complete(text, cursor, scope=self._variables)
        return _result(text[:cursor], found.candidates, fragment=text[found.start : found.end])

    def _options(self, begun: str) -> Iterable[Candidate]:
        *_, before, _ = ["", "", *re.split(r"[\s=]+", begun)]
        option = next((option for option in OPTIONS if before in option.flags), None)
        if option is None or not option.value:
            for known in OPTIONS:
                yield Candidate(text=known.flags[-1], kind="option", detail=known.text)
            return
        flag = option.flags[-1]
        for value in _VALUES.get(flag, ()):
            yield Candidate(text=value, kind="value")
        if flag == "--params":
            dictionaries = [name for name, value in self._variables.items() if isinstance(value, Mapping)]
            for name in dictionaries:
                if not name.startswith("_"):
                    yield Candidate(text=f"${name}", kind="variable")
        elif flag == "--file":
            prefix = re.split(r"[\s=]+", begun)[-1]
            for path in sorted(Path().glob(f"{prefix}*.sql")):
                yield Candidate(text=str(path), kind="file")


def _result(
    begun: str, candidates: Iterable[Candidate], *, fragment: str | None = None
) -> SimpleMatcherResult:
    """Wrap candidates as IPython wants them; those that do not go on with the fragment fall away."""
    part = re.split(r"[\s=]+", begun)[-1] if fragment is None else fragment
    completions = [
        SimpleCompletion(text=candidate.text, type=candidate.kind)
        for candidate in candidates
        if fragment is not None or candidate.text.startswith(part)
    ]
    return SimpleMatcherResult(
        completions=completions, matched_fragment=part, suppress=bool(completions), ordered=True
    )
