"""What the commands of the shell share: options, where rows go, progress on stderr, exit codes."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from fusionflow_lab.errors import JobLeftError, JobStoppedError, RejectsError
from fusionflow_lab.lazily import Lazy
from fusionflow_lab.results.message import USER_ERRORS, message_lines

if TYPE_CHECKING:
    import pyarrow as pa

    from fusionflow_lab.results import lines, render, words
    from fusionflow_lab.results import write as writing
    from fusionflow_lab.results.result import Result
    from fusionflow_lab.results.view import JobView
    from fusionflow_lab.results.write import FileFormat
else:
    lines = Lazy("fusionflow_lab.results.lines")
    render = Lazy("fusionflow_lab.results.render")
    words = Lazy("fusionflow_lab.results.words")
    writing = Lazy("fusionflow_lab.results.write")


FAILED, REJECTED, STOPPED = 1, 3, 130
ROWS_SHOWN = 40


class Format(StrEnum):
    """What stdout carries."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    ARROW = "arrow"


File: TypeAlias = Annotated[
    Path | None, typer.Argument(help="File of SQL; - for stdin.", show_default=False, allow_dash=True)
]
Command: TypeAlias = Annotated[
    str | None, typer.Option("-c", "--command", metavar="SQL", help="The SQL.", show_default=False)
]
Params: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "-p", "--param", metavar="NAME=VALUE", help="The value of $NAME: JSON, or a text.", show_default=False
    ),
]
Workers: TypeAlias = Annotated[
    int | None, typer.Option("-w", "--workers", min=1, help="Local workers; one a core if not given.")
]
Cluster: TypeAlias = Annotated[
    str, typer.Option("--cluster", metavar="ADDRESS", help="A Dask scheduler's address, or local.")
]
OutPath: TypeAlias = Annotated[
    Path | None, typer.Option("-o", "--out", help="Write the rows to .csv, .json, .parquet or .arrow.")
]
Limit: TypeAlias = Annotated[int, typer.Option("--limit", min=0, help="Rows that --format table shows.")]
OutFormat: TypeAlias = Annotated[Format, typer.Option("--format", help="What stdout carries.")]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Write JSON.")]


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """Where the rows go: a file of a format, or stdout."""

    path: Path | None
    file_format: FileFormat
    format: Format
    limit: int


class LineScreen:
    """Progress on stderr: one line written over on a terminal, else one line each 10 %."""

    def __init__(self, *, quiet: bool) -> None:
        self._lines = None if quiet else lines.ProgressLines(sys.stderr, rewrite=sys.stderr.isatty())

    def paint(self, view: JobView) -> None:
        """Write how far the job is."""
        if self._lines:
            self._lines.paint(view)

    def finish(self, view: JobView, result: Result) -> None:
        """Write the account of every row read."""
        if self._lines:
            self._lines.paint(view)
            how = f"completed{words.with_rejects(result.counters)}"
            self._lines.end(f"job {view.job} {how} · {result.counted()}\n{result.summary()}")
            if result.counters.rows_rejected:
                rejected = words.count_text(result.counters.rows_rejected, "row")
                self._lines.end(f"! {rejected} rejected; fusionflow jobs rejects {view.job} lists them")

    def leave(self, view: JobView) -> None:
        """Clear the way for the error's message."""
        if self._lines:
            self._lines.paint(view)
            self._lines.clear()


def say(text: str, facts: object, *, as_json: bool, err: bool = False) -> None:
    """Write a text for people, or the same as JSON to stdout."""
    if as_json:
        typer.echo(json.dumps(facts, default=str))
    else:
        typer.echo(text, err=err)


def target_of(out: Path | None, out_format: Format, limit: int, *, as_json: bool = False) -> Target:
    """Say where the rows go: to a file by its suffix, or to stdout."""
    out_format = Format.JSON if as_json else out_format
    stdout_formats: dict[Format, FileFormat] = {Format.CSV: "csv", Format.JSON: "json", Format.ARROW: "arrow"}
    file_format = stdout_formats.get(out_format, "csv")
    if out is not None:
        named = writing.format_of(out)
        if named is None:
            known = ".csv, .json, .ndjson, .jsonl, .parquet, .arrow"
            raise typer.BadParameter(f"{out.name} should end in one of {known}", param_hint="-o")
        if not out.absolute().parent.is_dir():
            raise typer.BadParameter(f"there is no folder {out.parent}", param_hint="-o")
        file_format = named
    return Target(path=out, file_format=file_format, format=out_format, limit=limit)


def write(result: Result, target: Target) -> None:
    """Write the rows."""
    table: pa.Table = result.arrow()
    if target.path is not None:
        writing.write_file(table, target.path, target.file_format)
    elif target.format is Format.TABLE:
        typer.echo(render.table_text(render.shown(table, rows=target.limit, types=result.types)))
    else:
        writing.write_stream(table, sys.stdout.buffer, target.file_format)


@contextmanager
def exit_codes() -> Iterator[None]:
    """Turn what went wrong into a message on stderr and an exit code."""
    try:
        yield
    except BrokenPipeError:  # whoever read stdout has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(FAILED) from None
    except (JobLeftError, JobStoppedError) as error:
        typer.echo("\n".join(message_lines(error)), err=True)
        raise typer.Exit(STOPPED) from None
    except USER_ERRORS as error:
        typer.echo("\n".join(message_lines(error)), err=True)
        raise typer.Exit(REJECTED if isinstance(error, RejectsError) else FAILED) from None
    except KeyboardInterrupt:
        raise typer.Exit(STOPPED) from None
