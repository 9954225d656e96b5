"""The first line of a cell: result name and options, their help, and how they are read.

The table ``OPTIONS`` is the only list of them: it parses, and it writes ``%%fusionflow?``.
"""

from __future__ import annotations

import difflib
import keyword
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from fusionflow_lab.errors import QueryError
from fusionflow_lab.results.result import ROWS_SHOWN

ProgressMode = Literal["auto", "widget", "text", "none"]

_HELP_HINT = "%%fusionflow? explains every option"


@dataclass(frozen=True, kw_only=True, slots=True)
class CellOptions:
    """What the first line of a cell asks for.

    ``result`` is the variable that takes the result; empty for none. ``cluster`` and ``workers`` are None
    where the session in use is meant. ``params`` is as written; ``save`` names a view, or is empty.
    """

    result: str = ""
    name: str = ""
    detach: bool = False
    priority: int = 0
    limit: int = ROWS_SHOWN
    display: bool = True
    quiet: bool = False
    cache: bool = True
    progress: ProgressMode = "auto"
    verbose: bool = False
    cluster: str | None = None
    workers: int | None = None
    file: Path | None = None
    dry_run: bool = False
    allow_failed_chunks: bool = False
    max_errors: str = ""
    params: str = ""
    save: str = ""
    execute: bool = True
    interact: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class OptionHelp:
    """One option: its spellings, the name of its value (empty for a switch), what it does, one example."""

    flags: tuple[str, ...]
    value: str = ""
    text: str
    example: str


OPTIONS = (
    OptionHelp(
        flags=("-n", "--name"),
        value="TEXT",
        text="A name for the job, shown beside its id.",
        example='%%fusionflow trips --name "daily trips"',
    ),
    OptionHelp(
        flags=("--limit",),
        value="N",
        text=f"Rows of the table to show; the result holds all of them. Default {ROWS_SHOWN}.",
        example="%%fusionflow trips --limit 50",
    ),
    OptionHelp(
        flags=("--no-display",),
        text="Show progress and counters, but no table.",
        example="%%fusionflow trips --no-display",
    ),
    OptionHelp(
        flags=("-q", "--quiet"),
        text="Show nothing but errors.",
        example="%%fusionflow trips -q",
    ),
    OptionHelp(
        flags=("--progress",),
        value="auto|widget|text|none",
        text="auto: the live card in a notebook, else text: a line each 10 %. none: only the end.",
        example="%%fusionflow trips --progress text",
    ),
    OptionHelp(
        flags=("--detach",),
        text="Return at once; the variable holds the Job, which goes on even when the kernel ends.",
        example="%%fusionflow job --detach",
    ),
    OptionHelp(
        flags=("--priority",),
        value="N",
        text="Jobs of a higher one go first and get more of the cluster. Default 0.",
        example="%%fusionflow trips --priority 1",
    ),
    OptionHelp(
        flags=("--no-cache",),
        text="Scan everything again, even what is already known, in a new job.",
        example="%%fusionflow trips --no-cache",
    ),
    OptionHelp(
        flags=("--allow-failed-chunks",),
        text="Finish without chunks that kill their workers or cannot be read; the result says so.",
        example="%%fusionflow trips --allow-failed-chunks",
    ),
    OptionHelp(
        flags=("--max-errors",),
        value="N|N%",
        text="Records of a source that may be rejected before the job fails. Default 1%, at least 10.",
        example="%%fusionflow trips --max-errors 5%",
    ),
    OptionHelp(
        flags=("--dry-run",),
        text="Print the plan and run nothing, as EXPLAIN does.",
        example="%%fusionflow --dry-run",
    ),
    OptionHelp(
        flags=("-f", "--file"),
        value="PATH",
        text="Take the SQL from a file; leave the cell empty.",
        example="%%fusionflow trips -f trips.sql",
    ),
    OptionHelp(
        flags=("-p", "--params"),
        value="JSON|$DICT",
        text="Values of $x in the SQL. What is not given is taken from the variable x.",
        example="""%%fusionflow trips --params '{"city": "Oslo"}'""",
    ),
    OptionHelp(
        flags=("--interact",),
        text="Show the controls that $x names above the card; the cell's query runs again when one is moved.",
        example="%%fusionflow trips --interact",
    ),
    OptionHelp(
        flags=("-S", "--save"),
        value="VIEW",
        text="Give the query a name that later cells can read: FROM VIEW.",
        example="%%fusionflow trips --save long_trips",
    ),
    OptionHelp(
        flags=("-N", "--no-execute"),
        text="With --save: make the view and run nothing.",
        example="%%fusionflow --save long_trips -N",
    ),
    OptionHelp(
        flags=("-c", "--cluster"),
        value="ADDRESS",
        text="Run on the Dask scheduler at this address, from now on; local for workers on this machine.",
        example="%%fusionflow trips -c tcp://scheduler:8786",
    ),
    OptionHelp(
        flags=("-w", "--workers"),
        value="N",
        text="Workers of the local cluster, from now on. Default: one a core.",
        example="%%fusionflow trips -w 4",
    ),
    OptionHelp(
        flags=("--verbose",),
        text="Show the traceback of an error.",
        example="%%fusionflow trips --verbose",
    ),
)


def parse_line(line: str) -> CellOptions:
    """Read the first line of a cell.

    Raises
    ------
    QueryError
        Where the line cannot be read, with what to write instead.

    Examples
    --------
    >>> parse_line("trips << --limit 5").result
    'trips'
    >>> parse_line("--limits 5")
    Traceback (most recent call last):
    fusionflow_lab.errors.QueryError: unknown option --limits
    where: first line of the cell
    try: did you mean --limit? %%fusionflow? explains every option
    """
    words = _words(line)
    chosen: dict[str, str] = {}
    names: list[str] = []
    for word in words:
        if word.startswith("-") and len(word) > 1:
            flag, has_value, value = word.partition("=")
            option = _option(flag)
            if option.value and not has_value:
                value = _next_value(words, flag, option)
            elif has_value and not option.value:
                raise _wrong(f"{flag} takes no value", f"write {flag} alone")
            chosen[option.flags[-1]] = value
        elif word != "<<":
            names.append(word)
    return _options(_result_name(names), chosen)


def _words(line: str) -> Iterator[str]:
    try:
        return iter(shlex.split(line))
    except ValueError as error:
        raise _wrong(f"cannot read the options: {error}", "close every quote") from None


def _option(flag: str) -> OptionHelp:
    for option in OPTIONS:
        if flag in option.flags:
            return option
    known = [flag for option in OPTIONS for flag in option.flags]
    near = difflib.get_close_matches(flag, known, n=1)
    raise _wrong(f"unknown option {flag}", f"did you mean {near[0]}?" if near else "")


def _next_value(words: Iterator[str], flag: str, option: OptionHelp) -> str:
    value = next(words, None)
    if value is None:
        raise _wrong(f"{flag} needs a value", f"write {flag} {option.value}")
    return value


def _result_name(names: list[str]) -> str:
    if not names:
        return ""
    if len(names) > 1:
        raise _wrong(
            f"one result name expected, found {' '.join(names)}",
            "write the SQL on the lines below, or use %fusionflow SELECT … for one line",
        )
    if not names[0].isidentifier() or keyword.iskeyword(names[0]):
        raise _wrong(f"{names[0]} cannot be the name of a variable", "use letters, digits and _")
    return names[0]


def _options(result: str, chosen: dict[str, str]) -> CellOptions:
    modes: dict[str, ProgressMode] = {"auto": "auto", "widget": "widget", "text": "text", "none": "none"}
    progress = chosen.get("--progress", "auto")
    if progress not in modes:
        raise _wrong(f"--progress {progress} is unknown;", "write one of auto, widget, text, none;")
    return CellOptions(
        result=result,
        name=chosen.get("--name", ""),
        detach="--detach" in chosen,
        priority=_priority(chosen),
        limit=_whole("--limit", chosen, least=0, default=ROWS_SHOWN),
        display="--no-display" not in chosen,
        quiet="--quiet" in chosen,
        cache="--no-cache" not in chosen,
        progress=modes[progress],
        verbose="--verbose" in chosen,
        cluster=chosen.get("--cluster"),
        workers=_whole("--workers", chosen, least=1, default=0) or None,
        file=Path(chosen["--file"]).expanduser() if "--file" in chosen else None,
        dry_run="--dry-run" in chosen,
        allow_failed_chunks="--allow-failed-chunks" in chosen,
        max_errors=chosen.get("--max-errors", ""),
        params=chosen.get("--params", ""),
        save=_view_name(chosen),
        execute="--no-execute" not in chosen,
        interact="--interact" in chosen,
    )


def _view_name(chosen: dict[str, str]) -> str:
    name = chosen.get("--save", "")
    if "--no-execute" in chosen and not name:
        raise _wrong("--no-execute goes with --save", "write --dry-run to see the plan;")
    if name and not name.isidentifier():
        raise _wrong(f"{name} cannot be the name of a view", "use letters, digits and _")
    return name


def _whole(flag: str, chosen: dict[str, str], *, least: int, default: int) -> int:
    text = chosen.get(flag)
    if text is None:
        return default
    if not text.isdecimal() or int(text) < least:
        raise _wrong(f"{flag} {text} is not a whole number from {least}", f"for example {flag} 5")
    return int(text)


def _priority(chosen: Mapping[str, str]) -> int:
    text = chosen.get("--priority", "0")
    if not text.removeprefix("-").isdecimal():
        raise _wrong(f"--priority {text} is not a whole number", "for example --priority 1")
    return int(text)


def _wrong(what: str, hint: str) -> QueryError:
    return QueryError(what, where="first line of the cell", hint=f"{hint} {_HELP_HINT}".strip())


def help_text() -> str:
    """Write the help that ``%%fusionflow?`` and ``%fusionflow help`` show.

    Examples
    --------
    >>> "--no-cache" in help_text()
    True
    """
    lines = [_INTRODUCTION]
    for option in OPTIONS:
        flags = ", ".join(option.flags)
        lines += [f"  {flags} {option.value}".rstrip(), f"      {option.text}", f"      {option.example}", ""]
    return "\n".join([*lines, _COMMANDS])


_INTRODUCTION = """\
Run SQL over files on a Dask cluster; the cell shows progress, a preview and the exact result.

  %%fusionflow [RESULT] [OPTIONS]          also: %%fusionflow RESULT << [OPTIONS]
  SELECT city, count(*) AS trips FROM 'data/*.csv' GROUP BY ALL

RESULT is a variable: .df(), .pl() and .arrow() give its rows. The SQL is DuckDB's; read_csv('…', …) takes
options of the file. $x is the value of the variable x, or of a control; FROM df reads a DataFrame df.
CREATE VIEW v AS SELECT … names a query, SHOW TABLES lists what has a name, EXPLAIN SELECT … prints the plan.
Stop the cell (■, Ctrl-C) and the work is kept: run it again to go on. On an error RESULT holds the job.

Options
"""

_COMMANDS = """\
In one line

  %fusionflow SELECT …          run it and return the result:  r = %fusionflow SELECT 42 AS answer
  %fusionflow explain SELECT …  print its plan:  %fusionflow explain SELECT count(*) FROM 'trips.csv'
  %fusionflow tables            what can stand in FROM by name; views: the views:  %fusionflow tables
  %fusionflow schema NAME       columns of a file, view, table or DataFrame:  %fusionflow schema trips.csv
  %fusionflow sniff FILE        how a CSV file is read:  %fusionflow sniff 'data/*.csv'
  %fusionflow status            what this session runs on, and the last job:  %fusionflow status
  %fusionflow jobs              the newest jobs, of other sessions too:  %fusionflow jobs
  %fusionflow job [ID]          return a job, the last one without an id:  job = %fusionflow job
  %fusionflow rejects [ID]      rows that were rejected: file, line, column, reason:  %fusionflow rejects
  %fusionflow attach [ID]       watch a job of any notebook, also after its end:  r = %fusionflow attach ab12
  %fusionflow stop [ID]         stop a job and keep its work:  %fusionflow stop
  %fusionflow resume [ID]       go on with a job that was stopped or failed:  %fusionflow resume
  %fusionflow retry [ID]        try again what failed of a job, keeping the rest:  %fusionflow retry
  %fusionflow rerun [ID]        submit its query again as a new job:  %fusionflow rerun
  %fusionflow config            the settings in force, and where each comes from:  %fusionflow config
  %fusionflow help              this text:  %fusionflow help
"""
