"""A proxy in front of an HTTP server that remembers requests, and spoils answers as it is told."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Self

Fault = Literal["", "500", "503", "429", "drop", "cut", "stall", "slow"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What a client asked for; ``number`` counts requests from 0."""

    number: int
    method: str
    path: str
    range: str


def none(_: Request) -> Fault:
    """Spoil nothing."""
    return ""


@dataclass(slots=True)
class FaultProxy:
    """Passes requests on; ``fault`` says which answers are spoilt and how.

    ``500``, ``503`` and ``429`` are errors of the server, ``drop`` closes the connection in place of an
    answer, ``cut`` in the middle of the body, ``stall`` stops there, ``slow`` sends the body in small pieces.
    """

    host: str
    port: int
    fault: Callable[[Request], Fault] = none
    requests: list[Request] = field(default_factory=list)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _bound: Future[int] = field(default_factory=Future)
    _thread: threading.Thread | None = None
    _ended: asyncio.Event = field(default_factory=asyncio.Event)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))
        self._thread.start()
        self._bound.result(timeout=30)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        if self._thread is not None:
            self._thread.join(timeout=30)
        self._loop.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._bound.result()}"

    def gets(self) -> list[Request]:
        """Return the requests for bytes of objects."""
        return [request for request in self.requests if request.method == "GET" and request.range]

    async def _serve(self) -> None:
        tasks: set[asyncio.Task[None]] = set()

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = self._loop.create_task(self._talk(reader, writer))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        server = await asyncio.start_server(accept, "127.0.0.1", 0)
        self._bound.set_result(server.sockets[0].getsockname()[1])
        await self._ended.wait()
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._exchange(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        first, _, rest = head.partition(b"\r\n")
        method, path, _ = first.decode().split(" ")
        fields = _fields(rest)
        if "expect" in fields:
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            await writer.drain()
            head = re.sub(rb"(?i)\r\nexpect: [^\r]*", b"", head)
        body = await reader.readexactly(int(fields.get("content-length", 0)))
        request = Request(number=len(self.requests), method=method, path=path, range=fields.get("range", ""))
        self.requests.append(request)
        fault = self.fault(request)
        if fault == "drop":
            return False
        if fault in {"500", "503", "429"}:
            writer.write(f"HTTP/1.1 {fault} No\r\nContent-Length: 0\r\n\r\n".encode())
            await writer.drain()
            return True
        answer_head, answer = await self._ask(method, head, body)
        writer.write(answer_head)
        if fault in {"cut", "stall"}:
            writer.write(answer[: len(answer) // 2])
            await writer.drain()
            await asyncio.sleep(60.0 if fault == "stall" else 0.0)
            return False
        step = max(len(answer) // 20, 1) if fault == "slow" else max(len(answer), 1)
        for start in range(0, len(answer), step):
            writer.write(answer[start : start + step])
            await writer.drain()
            await asyncio.sleep(0.02 if fault == "slow" else 0.0)
        return True

    async def _ask(self, method: str, head: bytes, body: bytes) -> tuple[bytes, bytes]:
        reader, writer = await asyncio.open_connection(self.host, self.port)
        try:
            writer.write(head + body)
            await writer.drain()
            answer_head = await reader.readuntil(b"\r\n\r\n")
            fields = _fields(answer_head.partition(b"\r\n")[2])
            if method == "HEAD" or answer_head.startswith((b"HTTP/1.1 304", b"HTTP/1.1 204")):
                return answer_head, b""
            if "chunked" in fields.get("transfer-encoding", ""):
                raise ConnectionError("the proxy does not know chunked answers")
            return answer_head, await reader.readexactly(int(fields.get("content-length", 0)))
        finally:
            writer.close()


def _fields(head: bytes) -> dict[str, str]:
    pairs = (line.split(": ", 1) for line in head.decode("latin-1").split("\r\n") if ": " in line)
    return {name.lower(): value for name, value in pairs}
