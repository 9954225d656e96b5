"""The service: finds the route of a request, sees whose job it is about, and answers; never raises.

It may block (planning, the database, files): whoever has an event loop calls it in a thread.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace

from fusionflow_lab.api import Session
from fusionflow_lab.errors import FusionflowError
from fusionflow_lab.jobs.board import Board
from fusionflow_lab.service.models import EventFrame
from fusionflow_lab.service.problems import MethodError, UnknownPathError, problem_reply
from fusionflow_lab.service.routes import ROUTES
from fusionflow_lab.service.routing import Call, Route
from fusionflow_lab.service.row_orders import RowOrders
from fusionflow_lab.service.watching import follow, watch
from fusionflow_lab.service.wire import Reply, Request


class Service:
    """Answers requests.

    Parameters
    ----------
    session_of
        Gives the session of a user, whose jobs are owned by him.
    routes
        What it answers.

    Examples
    --------
    >>> from fusionflow_lab.api import connect
    >>> with connect(workers=1) as session:
    ...     service = Service.of(session)
    ...     body = b'{"sql": "SELECT 42 AS n"}'
    ...     made = service.answer(Request(method="POST", path="jobs", body=body))
    ...     missing = service.answer(Request(method="GET", path="jobs/nope"))
    >>> made.status, missing.status
    (201, 404)
    """

    def __init__(self, session_of: Callable[[str], Session], routes: Sequence[Route] = ROUTES) -> None:
        self._session_of = session_of
        self._routes = routes
        self._orders = RowOrders()

    @classmethod
    def of(cls, session: Session) -> Service:
        """Return the service of one session, for all that its user asks; others cannot ask."""

        def only(user: str) -> Session:
            if user not in {"", session.config.user}:
                raise PermissionError("this session is another user's")
            return session

        return cls(only)

    def name(self, request: Request) -> str:
        """Return the name of a request's route; empty where there is none."""
        try:
            return self._route(request)[0].name
        except FusionflowError:
            return ""

    def answer(self, request: Request) -> Reply:
        """Answer a request; what is wrong is in the reply."""
        try:
            return self._answered(request)
        except Exception as error:  # noqa: BLE001 - the entry: what is unknown is logged as a bug of ours
            return problem_reply(error)

    def watch(self, *, since: int | None, user: str = "", job: str = "") -> AsyncIterator[EventFrame]:
        """Yield a user's events after a cursor for as long as they are read; see ``watching.Watcher``."""
        return watch(self._session_of(user), since=since, job=job)

    def follow(
        self, tell: Callable[[EventFrame], None], *, since: int | None, user: str = "", job: str = ""
    ) -> Callable[[], None]:
        """Tell a user's events from a thread of its own; return what ends it. See ``watching.Watcher``."""
        return follow(self._session_of(user), tell, since=since, job=job)

    def _answered(self, request: Request) -> Reply:
        route, names = self._route(request)
        session = self._session_of(request.user)
        owned = replace(request, user=session.config.user)
        board = Board(session.stores.jobs.engine)
        found = board.job(names["id"], owner=owned.user) if "id" in names else None
        return route.run(Call(session=session, board=board, orders=self._orders, request=owned, found=found))

    def _route(self, request: Request) -> tuple[Route, dict[str, str]]:
        """Return the route of a request; one without braces goes before one with them."""
        at_path = [
            (route, dict(names))
            for route in sorted(self._routes, key=lambda route: "{" in route.path)
            if (names := route.match(request.path.strip("/"))) is not None
        ]
        if not at_path:
            raise UnknownPathError(f"there is nothing at {request.path}", hint="openapi.json lists all paths")
        for route, names in at_path:
            if route.method == request.method:
                return route, names
        known = ", ".join(sorted({route.method for route, _ in at_path}))
        raise MethodError(f"{request.path} does not take {request.method}", hint=f"it takes {known}")
