"""The words after ``%fusionflow`` that are no SQL: status, jobs, job, rejects, stop, help."""

from __future__ import annotations

from collections.abc import Callable

from fusionflow_lab.api import Job
from fusionflow_lab.notebook.options import help_text
from fusionflow_lab.notebook.sessions import LOCAL, Sessions
from fusionflow_lab.results.jobs_table import jobs_table
from fusionflow_lab.results.result import Result
from fusionflow_lab.results.words import bytes_text, count_text


class Commands:
    """Answers the one-line commands about the session and its jobs.

    Parameters
    ----------
    sessions
        Whose jobs they are about.
    """

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._commands: dict[str, Callable[[str], object]] = {
            "": self._help,
            "help": self._help,
            "status": self._status,
            "jobs": self._jobs,
            "job": self._sessions.job,
            "rejects": self._rejects,
            "stop": self._stop,
        }

    def run(self, line: str) -> tuple[bool, object]:
        """Return whether the line is a command, and its answer."""
        word, _, rest = line.strip().partition(" ")
        command = self._commands.get(word.lower())
        if command is None or len(rest.split()) > 1:
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


def _line(job: Job) -> str:
    progress = job.progress
    done = f", {bytes_text(progress.bytes_done)} of {bytes_text(progress.bytes_total)}" if progress else ""
    return f"job {job.id}: {job.status}{done}"
