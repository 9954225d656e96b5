from __future__ import annotations

import re

import pytest

from fusionflow_lab.errors import QueryError
from fusionflow_lab.notebook.commands import COMMANDS, Commands
from fusionflow_lab.notebook.options import help_text
from fusionflow_lab.notebook.sessions import Sessions


@pytest.fixture
def commands() -> Commands:
    def follow(find: object, *, leave: bool) -> object:
        raise AssertionError((find, leave))

    return Commands(Sessions(), {}, follow)


def test_all_that_help_names_is_offered() -> None:
    named = set(re.findall(r"^  %fusionflow ([a-z]+)", help_text(), re.MULTILINE))
    assert named | {"views"} == set(COMMANDS)


@pytest.mark.parametrize(
    ("line", "near"), [("statuss", "status"), ("atach ab12", "attach"), ("Reject", "rejects")]
)
def test_a_word_that_is_nearly_a_command_is_told(commands: Commands, line: str, near: str) -> None:
    with pytest.raises(QueryError, match=f"did you mean %fusionflow {near}"):
        commands.run(line)


@pytest.mark.parametrize("sql", ["TABLE trips", "FROM trips", "EXPLAIN trips", "SHOW jobs", "status of this"])
def test_sql_is_left_to_duckdb(commands: Commands, sql: str) -> None:
    assert commands.run(sql) == (False, None)
