"""The words after ``%fusionflow`` that are no SQL: status, jobs, rejects, tables, schema and others."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Final, Protocol

import pyarrow as pa

from fusionflow_lab.api import Job
from fusionflow_lab.config_text import config_text
from fusionflow_lab.errors import QueryError
from fusionflow_lab.notebook.options import help_text
from fusionflow_lab.notebook.sessions import LOCAL, Sessions
from fusionflow_lab.results.jobs_table import jobs_table
from fusionflow_lab.results.result import Result
from fusionflow_lab.results.words import bytes_text, count_text

COMMANDS: Final = (
    *("explain", "tables", "views", "schema", "sniff", "status", "jobs", "job", "rejects"),
    *("attach", "stop", "resume", "retry", "rerun", "config", "help"),
)
"""What can stand after ``%fusionflow`` beside SQL."""

_TAKES_PATHS = frozenset({"schema", "sniff"})


class Follow(Protocol):
    """Shows a job to its end."""

    def __call__(self, find: Callable[[], Job], *, leave: bool) -> object:
        """Find a job, show it, and return its result."""


class Commands:
    """Answers the one-line commands about the session and its jobs.

    Parameters
    ----------
    sessions
        Whose jobs they are about.
    variables
        The user's variables: DataFrames among them have names in FROM.
    follow
        Shows a job to its end and returns its result; told whether an interrupt leaves the job running.
    """

    def __init__(self, sessions: Sessions, variables: Mapping[str, object], follow: Follow) -> None:
        self._sessions = sessions
        self._follow = follow
        self._variables = variables
        self._commands: dict[str, Callable[[str], object]] = {
            "": self._help,
            "help": self._help,
            "status": self._status,
            "jobs": self._jobs,
            "job": self._sessions.job,
            "rejects": self._rejects,
            "stop": self._stop,
            "attach": self._attach,
            "resume": self._resume,
            "retry": self._retry,
            "rerun": self._rerun,
            "tables": self._tables,
            "views": self._views,
            "schema": self._schema,
            "sniff": self._sniff,
            "config": self._config,
        }

    def run(self, line: str) -> tuple[bool, object]:
        """Return whether the line is a command, and its answer.

        Raises
        ------
        QueryError
            It is nearly one.
        """
        word, _, rest = line.strip().partition(" ")
        command = self._commands.get(word.lower())
        if len(rest.split()) > 1 and word.lower() not in _TAKES_PATHS:
            return False, None
        if command is None:
            _not_misspelt(word)
            return False, None
        return True, command(rest.strip())

    def _help(self, _: str) -> None:
        print(help_text())  # noqa: T201 - this is the cell's output

    def _status(self, _: str) -> None:
        cluster, workers = self._sessions.target
        where = "workers on this machine" if cluster == LOCAL else cluster
        number = f" ({count_text(workers, 'worker')})" if workers else ""
        running = [job for job in self._sessions.jobs if not job.done()]
        lines = [f"cluster: {where}{number}", f"jobs: {len(self._sessions.jobs)}, at work: {len(running)}"]
        lines += [_line(job) for job in (running or self._sessions.jobs[-1:])]
        print("\n".join(lines))  # noqa: T201 - this is the cell's output

    def _jobs(self, _: str) -> Result:
        return Result(table=jobs_table(self._sessions.get(None, None).jobs()))

    def _rejects(self, job_id: str) -> Result:
        job = self._sessions.job(job_id)
        return Result(table=job.rejects(), job_id=job.id)

    def _stop(self, job_id: str) -> None:
        job = self._sessions.job(job_id)
        job.stop()
        print(f"job {job.id} is told to stop; its work is kept")  # noqa: T201 - this is the cell's output

    def _attach(self, job_id: str) -> object:
        return self._follow(lambda: self._sessions.attach(job_id), leave=True)

    def _resume(self, job_id: str) -> object:
        return self._begun_again(job_id, Job.resume)

    def _retry(self, job_id: str) -> object:
        return self._begun_again(job_id, Job.retry)

    def _begun_again(self, job_id: str, begin: Callable[[Job], None]) -> object:
        def begun() -> Job:
            job = self._sessions.job(job_id)
            begin(job)
            self._sessions.add(job)
            return job

        return self._follow(begun, leave=False)

    def _rerun(self, job_id: str) -> object:
        def again() -> Job:
            job = self._sessions.job(job_id).rerun()
            self._sessions.add(job)
            return job

        return self._follow(again, leave=False)

    def _tables(self, _: str) -> Result | None:
        return self._listing("SHOW TABLES")

    def _views(self, _: str) -> Result | None:
        return self._listing("SHOW VIEWS")

    def _listing(self, statement: str) -> Result | None:
        said = self._sessions.get(None, None).command(statement, scope=self._variables)
        return Result(table=said) if isinstance(said, pa.Table) else None

    def _schema(self, name: str) -> Result:
        _needs(name, "schema", "trips.csv")
        return Result(table=self._sessions.get(None, None).schema(_plain(name), scope=self._variables))

    def _sniff(self, pattern: str) -> None:
        _needs(pattern, "sniff", "'data/*.csv'")
        print(self._sessions.get(None, None).sniff(_plain(pattern)))  # noqa: T201 - this is the cell's output

    def _config(self, _: str) -> None:
        print(config_text(self._sessions.get(None, None).config, origin=True))  # noqa: T201 - as above


def _not_misspelt(word: str) -> None:
    near = difflib.get_close_matches(word.lower(), COMMANDS, n=1, cutoff=0.75)
    # TABLE t is SQL.
    if near and near[0] != word.lower() and word.lower() != "table":
        hint = f"did you mean %fusionflow {near[0]}? %fusionflow help lists all"
        raise QueryError(f"there is no %fusionflow {word}", hint=hint)


def _needs(argument: str, command: str, example: str) -> None:
    if not argument:
        raise QueryError(f"%fusionflow {command} needs a name", hint=f"%fusionflow {command} {example}")


def _plain(argument: str) -> str:
    """Take the quotes off a name."""
    quoted = len(argument) > 1 and argument[0] == argument[-1] and argument[0] in "'\""
    return argument[1:-1] if quoted else argument


def _line(job: Job) -> str:
    progress = job.progress
    done = f", {bytes_text(progress.bytes_done)} of {bytes_text(progress.bytes_total)}" if progress else ""
    return f"job {job.id}: {job.status}{done}"
