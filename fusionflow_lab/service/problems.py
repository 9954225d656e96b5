"""What is answered when something is wrong: one table of statuses, one shape.

Wrong input is 400, what is not allowed 403, unknown 404, a conflict with what is there 409, a cluster or a
database that is away 503. 500 is a bug of ours: it is logged with its traceback, and the reply says only
that.
"""

from __future__ import annotations

import logging
import re
from typing import Final

from pydantic import ValidationError

from fusionflow_lab import errors
from fusionflow_lab.errors import FusionflowError
from fusionflow_lab.jobs.board import UnknownJobError
from fusionflow_lab.service.models import Place, Problem
from fusionflow_lab.service.wire import Reply

_log = logging.getLogger(__name__)

OUR_BUG: Final = 500


class RequestError(FusionflowError):
    """The request itself is wrong: a field, a value, a media type."""


class UnknownPathError(FusionflowError):
    """There is nothing at this path."""


class MethodError(FusionflowError):
    """The path does not take this method."""


class NotThereError(FusionflowError):
    """What was asked for is not there, or not yet."""


class NotReadyError(FusionflowError):
    """What was asked for is being made: whoever asks again later has it."""


class AcceptError(FusionflowError):
    """None of the media types that are accepted can be had."""


class MediaError(FusionflowError):
    """The body is of a media type that is not taken."""


# The first that fits counts: a class stands before those it is made of.
_STATUSES: Final[tuple[tuple[type[BaseException], int], ...]] = (
    (errors.AccountError, OUR_BUG),
    (errors.NativePanicError, OUR_BUG),
    (UnknownJobError, 404),
    (UnknownPathError, 404),
    (NotThereError, 404),
    (MethodError, 405),
    (AcceptError, 406),
    (MediaError, 415),
    (NotReadyError, 503),
    (errors.DatabaseError, 503),
    (errors.JobError, 409),
    (errors.SourceChangedError, 409),
    (errors.StateError, 409),
    (errors.ClusterError, 503),
    (FusionflowError, 400),
    (FileNotFoundError, 404),
    (PermissionError, 403),
    (OSError, 400),
)

_UNKNOWN: Final = frozenset({"extra_forbidden", "unexpected_keyword_argument"})
_NUMBERS: Final = {name: re.compile(rf"\b{name} (\d+)\b") for name in ("line", "byte", "column")}
_RANGE: Final = re.compile(r"\bbytes (\d+)-\d+")
_TAIL: Final = re.compile(r"(^|, | )(line|byte|bytes|column|row) \d.*$")


def status_of(error: BaseException) -> int:
    """Return the status of an error.

    Examples
    --------
    >>> status_of(errors.QueryError("no such column")), status_of(KeyError("a bug"))
    (400, 500)
    """
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), OUR_BUG)


def problem_reply(error: BaseException) -> Reply:
    """Return the reply that tells of an error.

    Examples
    --------
    >>> problem_reply(errors.ConfigError("too many")).body
    b'{"message":"too many","reason":"ConfigError","where":null,"hint":"","job_id":""}'
    """
    status = status_of(error)
    if status == OUR_BUG:
        _log.error("a request failed: this is a bug", exc_info=error)
    return Reply(status=status, body=_problem(error, status).model_dump_json().encode())


def refused_fields(error: ValidationError, where: str) -> RequestError:
    """Return the error of fields that are unknown, missing or of the wrong type, each with its name."""
    lines = []
    for one in error.errors(include_url=False, include_context=False, include_input=False):
        name = ".".join(map(str, one["loc"]))
        text = f"unknown field {name}" if one["type"] in _UNKNOWN else f"{name}: {one['msg']}"
        lines.append(text.removeprefix(": "))
    return RequestError("\n".join(lines), where=where, hint="openapi.json says what is taken")


def place_of(where: str) -> Place | None:
    """Read a place as errors write it: file, line, byte and column, as far as they are there.

    Examples
    --------
    >>> place_of("trips.csv, byte 120, line 7")
    Place(file='trips.csv', line=7, byte=120, column=None)
    >>> place_of("") is None
    True
    """
    if not where:
        return None
    found = {name: pattern.search(where) for name, pattern in _NUMBERS.items()}
    numbers = {name: int(match[1]) for name, match in found.items() if match}
    spread = _RANGE.search(where)
    if spread:
        numbers.setdefault("byte", int(spread[1]))
    file = _TAIL.sub("", where).strip(" ,") or None
    return Place(file=file, line=numbers.get("line"), byte=numbers.get("byte"), column=numbers.get("column"))


def _problem(error: BaseException, status: int) -> Problem:
    reason = type(error).__name__
    if status == OUR_BUG:
        what = "something went wrong here that should not: a bug of ours"
        return Problem(message=what, reason="InternalError", hint="the server's log says more; report it")
    if isinstance(error, FusionflowError):
        return Problem(
            message=error.what,
            reason=reason,
            where=place_of(error.where),
            hint=error.hint,
            job_id=error.job_id,
        )
    # Python's errors hold our hints below their first line, as "try: ...".
    first, _, rest = str(error).partition("\n")
    return Problem(message=first or reason, reason=reason, hint=rest.removeprefix("try: "))
