"""What is logged, in one form everywhere: each line names its job, its user and its chunk, where it has them.

Lines of a job go into the log of whoever drives it, and into a file of the job's own, which ``Job.logs`` and
``fusionflow jobs logs`` read. Workers write to Dask's own log of the worker, with the same ids.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Final

LOGGER: Final = "fusionflow_lab"
WORKER_LOGGER: Final = "distributed.worker.fusionflow"

_IDS: ContextVar[dict[str, str]] = ContextVar("fusionflow_ids", default={})  # noqa: B039 - never changed


@contextmanager
def about(**ids: str) -> Iterator[None]:
    """Name what the lines logged within are about: ``job``, ``user``, ``chunk``.

    Examples
    --------
    >>> with about(job="ab12"), about(chunk="7"):
    ...     ids_text()
    'job=ab12 chunk=7 '
    """
    before = _IDS.set({**_IDS.get(), **{name: text for name, text in ids.items() if text}})
    try:
        yield
    finally:
        _IDS.reset(before)


def ids_text() -> str:
    """Return the ids in force as the beginning of a line."""
    return "".join(f"{name}={text} " for name, text in _IDS.get().items())


class LineFormatter(logging.Formatter):
    """Writes a line for people: time, level, ids, message.

    Examples
    --------
    >>> record = logging.LogRecord("x", logging.INFO, "", 0, "begun", None, None)
    >>> with about(job="ab12"):
    ...     LineFormatter().format(record).split(" ", 2)[2]
    'INFO job=ab12 begun'
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; a traceback follows it."""
        record.ids = ids_text()
        return logging.Formatter("%(asctime)s %(levelname)s %(ids)s%(message)s").format(record)


class JsonFormatter(logging.Formatter):
    """Writes a JSON object a line: time (ISO 8601), level, ids, message, exception.

    Examples
    --------
    >>> record = logging.LogRecord("x", logging.INFO, "", 0, "begun", None, None)
    >>> with about(job="ab12"):
    ...     json.loads(JsonFormatter().format(record))["job"]
    'ab12'
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the object."""
        time = self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z")
        line = {"time": time, "level": record.levelname, "logger": record.name, **_IDS.get()}
        line["message"] = record.getMessage()
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


class JobFiles(logging.Handler):
    """Appends each line that is about a job to a file of that job.

    Parameters
    ----------
    folder
        Where the files lie.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line; one that cannot be written is lost, as a log's lines are."""
        job = _IDS.get().get("job")
        if not job:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with job_log(self._folder, job).open("a", encoding="utf-8") as file:
                file.write(f"{self.format(record)}\n")
        except OSError:
            self.handleError(record)


def write_logs(*targets: logging.Handler, as_json: bool, level: str) -> None:
    """Have our lines written to some handlers.

    Parameters
    ----------
    targets
        Where to.
    as_json
        Whether as JSON.
    level
        The least level that is written: ``debug``, ``info``, ``warning`` or ``error``.
    """
    logger = logging.getLogger(LOGGER)
    logger.setLevel(level.upper())
    for target in targets:
        target.setFormatter(JsonFormatter() if as_json else LineFormatter())
        logger.addHandler(target)


def write_logs_no_more(target: logging.Handler) -> None:
    """Take a handler away again."""
    logging.getLogger(LOGGER).removeHandler(target)
    target.close()


def job_log(folder: Path, job: str) -> Path:
    """Return the file of a job's lines.

    Examples
    --------
    >>> job_log(Path("logs"), "ab12").name
    'ab12.log'
    """
    return folder / f"{job}.log"
