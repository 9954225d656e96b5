from __future__ import annotations

from pathlib import Path

import pytest

from fusionflow_lab.errors import QueryError
from fusionflow_lab.notebook.options import OPTIONS, CellOptions, help_text, parse_line


@pytest.mark.parametrize(
    ("line", "options"),
    [
        ("", CellOptions()),
        ("trips", CellOptions(result="trips")),
        ("trips <<", CellOptions(result="trips")),
        ("trips << --limit 5", CellOptions(result="trips", limit=5)),
        ("--limit=0 trips", CellOptions(result="trips", limit=0)),
        ('-n "daily trips" --no-cache', CellOptions(name="daily trips", cache=False)),
        ("-q --no-display --detach", CellOptions(quiet=True, display=False, detach=True)),
        ("--progress text --verbose", CellOptions(progress="text", verbose=True)),
        ("-c tcp://10.0.0.1:8786", CellOptions(cluster="tcp://10.0.0.1:8786")),
        ("-w 4 --dry-run", CellOptions(workers=4, dry_run=True)),
        ("-S near -N", CellOptions(save="near", execute=False)),
        ("""--params '{"a": 1}'""", CellOptions(params='{"a": 1}')),
        ("--file 'my queries/q.sql'", CellOptions(file=Path("my queries/q.sql"))),
    ],
)
def test_the_first_line_is_read(line: str, options: CellOptions) -> None:
    assert parse_line(line) == options


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--limits 3", "unknown option --limits"),
        ("--limits 3", "did you mean --limit?"),
        ("--limit x", "--limit x is not a whole number from 0"),
        ("--limit -1", "--limit -1 is not a whole number from 0"),
        ("-w 0", "--workers 0 is not a whole number from 1"),
        ("--name", "--name needs a value"),
        ("--quiet=yes", "--quiet takes no value"),
        ("--progress bar", "one of auto, widget, text, none"),
        ("-S my-view", "my-view cannot be the name of a view"),
        ("-N", "--no-execute goes with --save"),
        ("my-trips", "my-trips cannot be the name of a variable"),
        ("class", "class cannot be the name of a variable"),
        ("SELECT 1", "write the SQL on the lines below"),
        ('-n "open', "close every quote"),
    ],
)
def test_what_cannot_be_read_is_named_with_a_remedy(line: str, message: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse_line(line)
    assert message in str(caught.value)
    assert "%%fusionflow? explains every option" in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 12


def test_every_option_is_explained_with_an_example_that_is_read() -> None:
    text = help_text()
    for option in OPTIONS:
        assert all(flag in text for flag in option.flags)
        assert option.example in text
        assert parse_line(option.example.removeprefix("%%fusionflow")) != CellOptions()


def test_the_help_fits_a_page() -> None:
    assert max(len(line) for line in help_text().splitlines()) <= 110
