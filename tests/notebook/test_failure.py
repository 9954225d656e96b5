from __future__ import annotations

from fusionflow_lab.errors import QueryError
from fusionflow_lab.notebook.failure import without_traceback
from fusionflow_lab.results.message import message_lines


def test_a_message_names_the_class_and_keeps_what_where_and_hint() -> None:
    error = QueryError("unknown column city", where="line 1, column 8", hint="did you mean City?")
    assert message_lines(error) == [
        "QueryError: unknown column city",
        "where: line 1, column 8",
        "try: did you mean City?",
    ]


def test_a_message_has_at_most_twelve_lines() -> None:
    lines = message_lines(ValueError("\n".join(str(n) for n in range(40))))
    assert len(lines) == 12
    assert lines[-1] == "… 29 more lines"


def test_an_error_without_a_message_is_its_class() -> None:
    assert message_lines(ValueError()) == ["ValueError"]


def test_ipython_gets_the_message_for_the_traceback() -> None:
    error = QueryError("unknown column city")
    without_traceback(error)
    assert error.__dict__["_render_traceback_"]() == ["\x1b[1mQueryError\x1b[0m: unknown column city"]
