"""One route of the service: what it is called, what it asks for and gives, and the function that answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar, get_origin

from pydantic import Json, ValidationError
from pydantic.fields import FieldInfo

from fusionflow_lab.api import Session
from fusionflow_lab.jobs.board import Board
from fusionflow_lab.jobs.records import JobRecord
from fusionflow_lab.service.models import Model
from fusionflow_lab.service.problems import RequestError, refused_fields
from fusionflow_lab.service.row_orders import RowOrders
from fusionflow_lab.service.wire import JSON, Reply, Request

M = TypeVar("M", bound=Model)

_IN_BODY = frozenset({"POST", "PATCH"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """A request with what it is about: the session of who asks, and the job that its path names.

    ``job`` is a job of the user's: that of another was answered as unknown before this was made.
    """

    session: Session
    board: Board
    orders: RowOrders
    request: Request
    found: JobRecord | None = None

    @property
    def user(self) -> str:
        """Who asks."""
        return self.request.user

    @property
    def job(self) -> JobRecord:
        """The job that the path names.

        Raises
        ------
        LookupError
            The path names none.
        """
        if self.found is None:
            raise LookupError("the path of this route names no job")
        return self.found


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """One route.

    Parameters
    ----------
    method, path
        ``GET``, ``jobs/{id}``: what is in braces stands for any text without a slash.
    name, summary
        What it is called, and what it does in one sentence.
    asks
        What stands in the query (GET, DELETE) or in the body (POST, PATCH).
    gives
        What a success holds as JSON; None where it holds rows or text.
    media
        The media types it can answer with, the usual one first.
    statuses
        The statuses of its successes.
    run
        Reads the request and answers it.
    """

    method: str
    path: str
    name: str
    summary: str
    asks: type[Model]
    gives: type[Model] | None
    media: tuple[str, ...]
    statuses: tuple[int, ...]
    run: Callable[[Call], Reply]

    @property
    def in_body(self) -> bool:
        """Whether what it asks for stands in the body."""
        return self.method in _IN_BODY

    def match(self, path: str) -> Mapping[str, str] | None:
        """Return what stands for the braces in a path; None where the path is another's.

        Examples
        --------
        >>> from fusionflow_lab.service.models import Nothing
        >>> def show(call: Call, asked: Nothing) -> Reply:
        ...     '''Show a job.'''
        ...     return Reply()
        >>> route("GET", "jobs/{id}", show, asks=Nothing).match("jobs/ab12")
        {'id': 'ab12'}
        """
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(self.path))
        found = re.fullmatch(pattern, path)
        return None if found is None else found.groupdict()


def route(
    method: str,
    path: str,
    handle: Callable[[Call, M], Reply | Model],
    *,
    asks: type[M],
    gives: type[Model] | None = None,
    media: tuple[str, ...] = (JSON,),
    statuses: tuple[int, ...] = (200,),
) -> Route:
    """Make a route of a function, which gives it its name and summary; see ``Route``."""

    def run(call: Call) -> Reply:
        asked = _body(call.request, asks) if method in _IN_BODY else _query(call.request, asks)
        answer = handle(call, asked)
        return answer if isinstance(answer, Reply) else json_reply(answer)

    return Route(
        method=method,
        path=path,
        name=handle.__name__,
        summary=(handle.__doc__ or "").partition("\n")[0],
        asks=asks,
        gives=gives,
        media=media,
        statuses=statuses,
        run=run,
    )


def json_reply(model: Model, *, status: int = 200) -> Reply:
    """Return a reply that holds a shape as JSON."""
    return Reply(status=status, body=model.model_dump_json().encode())


def _body(request: Request, asks: type[M]) -> M:
    if request.query:
        raise RequestError(
            f"unknown field {min(request.query)}", where="query", hint="write it into the body"
        )
    try:
        return asks.model_validate_json(request.body)
    except ValidationError as error:
        raise refused_fields(error, "body") from None


def _query(request: Request, asks: type[M]) -> M:
    if request.body.strip():
        raise RequestError("this takes no body", where="body", hint="write it into the query")
    values = {name: _value(asks, name, texts) for name, texts in request.query.items()}
    try:
        return asks.model_validate(values)
    except ValidationError as error:
        raise refused_fields(error, "query") from None


def _value(asks: type[Model], name: str, texts: Sequence[str]) -> object:
    field = asks.model_fields.get(name)
    if field is not None and get_origin(field.annotation) is list and not _is_json(field):
        return list(texts)
    if len(texts) > 1:
        raise RequestError(f"{name} is there {len(texts)} times", where="query", hint="write it once")
    return texts[0] if texts else ""


def _is_json(field: FieldInfo) -> bool:
    """Tell whether a field is written as JSON in one text."""
    return any(type(one) is Json for one in field.metadata)
