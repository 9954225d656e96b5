"""The service over a comm: requests of the front end answered, events pushed to it.

The other side is ``js/shared/src/comm.ts``. Messages come on the kernel's main thread or on that of a
subshell, which are never held up: requests are answered on threads of the bridge, each stream of events has
one of its own. They begin with the first message that needs them and end with the bridge.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from typing import Annotated, Final, Literal, Protocol, TypeAlias

from pydantic import BaseModel, Field, JsonValue, TypeAdapter, ValidationError

from fusionflow_lab.service.models import EventFrame, Problem
from fusionflow_lab.service.wire import Reply, Request

MOST_BYTES: Final = 1 << 20
_THREADS: Final = 2
# A page says hello every half a minute; one in the background may be slowed down to a minute.
_SILENT_SECONDS: Final = 90.0

_log = logging.getLogger(__name__)

Send: TypeAlias = Callable[[dict[str, object], list[bytes]], None]


class Answers(Protocol):
    """What is behind the comm: the service of one user."""

    def answer(self, request: Request) -> Reply:
        """Answer a request; may block, never raises."""

    def follow(
        self, tell: Callable[[EventFrame], None], *, since: int | None, job: str = ""
    ) -> Callable[[], None]:
        """Tell the events after a cursor, of one job or of all, from a thread; return what ends it."""


class _Asked(BaseModel):
    kind: Literal["request"]
    id: int
    method: str
    path: str
    query: dict[str, str | int | float | list[str]] = {}
    body: JsonValue = None
    accept: str = ""


class _Hello(BaseModel):
    kind: Literal["hello"]
    front: int


class _Watch(BaseModel):
    kind: Literal["watch"]
    id: int
    front: int = 0
    since: int = 0
    job: str | None = None


class _Unwatch(BaseModel):
    kind: Literal["unwatch"]
    id: int


_Message: TypeAlias = Annotated[_Asked | _Hello | _Watch | _Unwatch, Field(discriminator="kind")]
_MESSAGE: Final[TypeAdapter[_Asked | _Hello | _Watch | _Unwatch]] = TypeAdapter(_Message)
_BODY: Final[TypeAdapter[JsonValue]] = TypeAdapter(JsonValue)


class Bridge:
    """Answers the messages of one comm.

    Parameters
    ----------
    answers
        What is asked.
    send
        Sends a message and its buffers; called from the bridge's threads, one at a time.
    silent
        Seconds after which a page that says nothing is taken for closed, once another one is there.

    Examples
    --------
    >>> from concurrent.futures import Future
    >>> class Hello:
    ...     def answer(self, request):
    ...         return Reply(body=request.path.encode())
    ...     def follow(self, tell, *, since, job=""):
    ...         return lambda: None
    >>> sent = Future()
    >>> bridge = Bridge(Hello(), lambda content, buffers: sent.set_result((content["status"], buffers)))
    >>> bridge.take({"kind": "request", "id": 1, "method": "GET", "path": "me"})
    >>> sent.result()
    (200, [b'me'])
    >>> bridge.close()
    """

    def __init__(self, answers: Answers, send: Send, *, silent: float = _SILENT_SECONDS) -> None:
        self._answers = answers
        self._send_now = send
        self._lock = threading.RLock()
        self._pool: ThreadPoolExecutor | None = None
        self._watches: dict[int, tuple[int, Callable[[], None]]] = {}
        self._fronts: dict[int, float] = {}
        self._silent = silent
        self._closed = False

    @property
    def fronts(self) -> int:
        """How many pages have shown the widget so far; one that was loaded again counts again."""
        return len(self._fronts)

    def take(self, content: object) -> None:
        """Take in a message of the front end; returns at once."""
        try:
            message = _MESSAGE.validate_python(content)
        except ValidationError:
            _log.warning("a widget sent what is no message of ours")
            return
        with self._lock:
            if self._closed:
                return
            match message:
                case _Asked():
                    self._pool = self._pool or ThreadPoolExecutor(
                        _THREADS, thread_name_prefix="fusionflow-widget"
                    )
                    self._pool.submit(self._answer, message)
                case _Hello():
                    self._greet(message.front)
                case _Watch():
                    self._unwatch(message.id)
                    self._watches[message.id] = (message.front, self._watch(message))
                case _Unwatch():
                    self._unwatch(message.id)

    def close(self) -> None:
        """End what is at work and take no more; what is asked stays unanswered. Twice does no harm."""
        with self._lock:
            self._closed = True
            for watch in list(self._watches):
                self._unwatch(watch)
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)

    def _answer(self, asked: _Asked) -> None:
        query = {name: _texts(value) for name, value in asked.query.items()}
        body = b"" if asked.body is None else _BODY.dump_json(asked.body)
        request = Request(method=asked.method, path=asked.path, query=query, body=body, accept=asked.accept)
        reply = _within(self._answers.answer(request))
        head = {"status": reply.status, "type": reply.type, "headers": dict(reply.headers)}
        self._send({"kind": "reply", "id": asked.id, **head}, [reply.body])

    def _watch(self, watch: _Watch) -> Callable[[], None]:
        def tell(frame: EventFrame) -> None:
            self._send({"kind": "event", "watch": watch.id, "frame": frame.model_dump()}, [])

        return self._answers.follow(tell, since=watch.since, job=watch.job or "")

    def _unwatch(self, watch: int) -> None:
        _, end = self._watches.pop(watch, (0, None))
        if end is not None:
            end()

    def _greet(self, front: int) -> None:
        """Note that a page is there, and end what others watched that are silent: they were closed."""
        now = time.monotonic()
        self._fronts[front] = now
        silent = {one for one, heard in self._fronts.items() if now - heard > self._silent}
        for watch in [watch for watch, (front, _) in self._watches.items() if front in silent]:
            self._unwatch(watch)

    def _send(self, content: dict[str, object], buffers: list[bytes]) -> None:
        with self._lock:
            if not self._closed:
                self._send_now(content, buffers)


def _joined(parts: Generator[bytes]) -> bytes:
    """Put pieces together, no more of them than are seen to be too many."""
    body = bytearray()
    with closing(parts):
        for part in parts:
            body += part
            if len(body) > MOST_BYTES:
                break
    return bytes(body)


def _texts(value: str | float | list[str]) -> list[str]:
    return value if isinstance(value, list) else [str(value)]


def _within(reply: Reply) -> Reply:
    """Return the reply, or a refusal where it is more than one message may carry."""
    if reply.parts is not None:
        reply = replace(reply, body=_joined(reply.parts), parts=None)
    if len(reply.body) <= MOST_BYTES:
        return reply
    problem = Problem(
        message=f"the reply has more than the {MOST_BYTES:,} bytes of one message",
        reason="ReplyTooLarge",
        hint="ask for fewer rows or columns at once",
    )
    return Reply(status=413, body=problem.model_dump_json().encode())
