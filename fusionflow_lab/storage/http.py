"""Files over http and https: parts of them where the server sends parts, small ones whole where it does not.

A version is the ETag, else the time of the last change. A file of a server that tells neither is known by its
content. Every host, each redirect and every address that a name leads to is checked before we connect to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from hashlib import blake2b
from socket import AF_INET, AddressFamily
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

from fusionflow_lab.errors import QueryError, SourceChangedError, SourceError
from fusionflow_lab.lazily import Lazy
from fusionflow_lab.storage.hosts import check_address, check_host, hosts_here
from fusionflow_lab.storage.objects import ObjectInfo, Range
from fusionflow_lab.storage.retry import Patience, TransientError
from fusionflow_lab.storage.urls import redacted

if TYPE_CHECKING:
    import fsspec
    from aiohttp import ClientResponse, ClientSession
else:
    fsspec = Lazy("fsspec")  # most jobs read files of this machine

WHOLE_BYTES: Final = 64 << 20
"""A file of a server that sends no parts is read whole, up to this size, by each task that needs it."""
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS: Final = 5
_BUSY: Final = frozenset({408, 425, 429})
_CONTENT: Final = "content:"


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a server sent."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def version(self) -> str:
        """The ETag, else the time of the last change; empty for neither."""
        return self.headers.get("ETag") or self.headers.get("Last-Modified") or ""

    @property
    def modified_ns(self) -> int:
        """When it was changed last; 0 where that is not told."""
        try:
            return (
                int(parsedate_to_datetime(self.headers.get("Last-Modified", "")).timestamp()) * 1_000_000_000
            )
        except (TypeError, ValueError):
            return 0


@dataclass(frozen=True, slots=True)
class _Client:
    """Makes the session that fsspec keeps: one that connects to no address that is not allowed."""

    hosts: tuple[tuple[str, ...], ...]

    async def __call__(self, **_: object) -> ClientSession:
        """Return a session on the running loop."""
        from aiohttp import ClientSession, TCPConnector, ThreadedResolver
        from aiohttp.abc import ResolveResult

        lists = self.hosts

        class Resolver(ThreadedResolver):
            async def resolve(
                self, host: str, port: int = 0, family: AddressFamily = AF_INET
            ) -> list[ResolveResult]:
                found = await super().resolve(host, port, family)
                for entry in found:
                    for hosts in lists:
                        check_address(host, entry["host"], hosts)
                return found

        return ClientSession(
            connector=TCPConnector(resolver=Resolver(), limit=32), auto_decompress=False, trust_env=False
        )


@dataclass(frozen=True, slots=True)
class HttpObjects:
    """Files over http; see ``Objects``.

    Parameters
    ----------
    hosts
        Which may be read.
    patience
        How often a request is made.
    """

    hosts: tuple[str, ...]
    patience: Patience = field(default_factory=Patience)

    async def find(self, pattern: str) -> list[ObjectInfo]:
        """Return the one file of a URL; there is nothing that could list others."""
        if "*" in pattern:
            raise QueryError(f"{redacted(pattern)}: http has no folders to list", hint="name the file")
        answer = await self._ask("HEAD", pattern)
        length = answer.headers.get("Content-Length", "")
        if answer.status in {403, 405, 501} or not length.isdecimal():
            answer = await self._ask("GET", pattern, wanted=Range(0, 1))
            length = answer.headers.get("Content-Range", "").rpartition("/")[2]
        _refuse_status(answer, pattern)
        if not length.isdecimal() or not answer.version:
            answer = await self._ask("GET", pattern)
            _refuse_status(answer, pattern)
            length = str(len(answer.body))
        version = answer.version or _digest(answer.body)
        return [ObjectInfo(url=pattern, size=int(length), version=version, modified_ns=answer.modified_ns)]

    async def read(self, found: ObjectInfo, wanted: Range) -> bytes:
        """Return bytes of a file that is still the one that was found."""
        whole = found.version.startswith(_CONTENT)
        answer = await self._ask("GET", found.url, wanted=None if whole else wanted, version=found.version)
        if answer.status in {404, 410, 412, 416}:
            raise _changed(found)
        _refuse_status(answer, found.url)
        version = answer.version or _digest(answer.body)
        if version != found.version:
            raise _changed(found)
        if answer.status == 206:  # noqa: PLR2004 - Partial Content
            body, size = answer.body, answer.headers.get("Content-Range", "").rpartition("/")[2]
            begins = answer.headers.get("Content-Range", "").startswith(f"bytes {wanted.start}-")
            if not begins or (size != "*" and size != str(found.size)):
                raise _changed(found)
        else:
            if len(answer.body) != found.size:
                raise _changed(found)
            body = answer.body[wanted.start : wanted.end]
        if len(body) != wanted.end - wanted.start:
            raise _changed(found)
        return body

    async def _ask(self, method: str, url: str, *, wanted: Range | None = None, version: str = "") -> _Answer:
        headers = {"Accept-Encoding": "identity"}
        if wanted is not None:
            headers["Range"] = f"bytes={wanted.start}-{wanted.end - 1}"
            if version.startswith('"'):  # a weak ETag or a time proves itself in the answer
                headers["If-Match"] = version
        size = wanted.end - wanted.start if wanted is not None else 0

        async def attempt() -> _Answer:
            return await self._once(method, url, headers)

        return await self.patience.run(attempt, where=redacted(url), size=size)

    async def _once(self, method: str, url: str, headers: Mapping[str, str]) -> _Answer:
        """Make a request, and go where the server sends us, a few times."""
        from aiohttp import ClientError, ClientTimeout, InvalidURL

        lists = hosts_here(self.hosts)
        session = await fsspec.filesystem("https", get_client=_Client(lists)).set_session()
        silence = self.patience.silence
        timeout = ClientTimeout(total=None, sock_connect=silence, sock_read=silence)
        for _ in range(_MOST_REDIRECTS + 1):
            _check(url, lists)
            try:
                async with session.request(
                    method, url, headers=headers, timeout=timeout, allow_redirects=False
                ) as answer:
                    if answer.status not in _REDIRECTS:
                        return await _received(answer, url)
                    url = urljoin(url, answer.headers.get("Location", ""))
            except InvalidURL:
                raise SourceError(f"{redacted(url)} is no URL", where=redacted(url)) from None
            except PermissionError:
                raise
            except (ClientError, OSError) as error:
                inner = getattr(error, "os_error", None)
                if isinstance(inner, PermissionError):
                    raise inner from None
                raise TransientError(f"the connection failed ({type(error).__name__})") from None
        raise SourceError(
            f"{redacted(url)} sends us on and on", where=redacted(url), hint="name the file itself"
        )


async def _received(answer: ClientResponse, url: str) -> _Answer:
    """Read the body, unless it is an error's or more than is taken whole."""
    if answer.status in _BUSY or answer.status >= 500:  # noqa: PLR2004 - faults of the server
        raise TransientError(f"it answered {answer.status}")
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise SourceError(
            f"{redacted(url)} comes packed on the way",
            where=redacted(url),
            hint="download it, and name the copy",
        )
    body = b""
    if answer.method == "GET" and answer.ok:
        limit = WHOLE_BYTES if answer.status == 200 else None  # noqa: PLR2004 - all of it
        body = await _body(answer, url, limit)
    return _Answer(answer.status, answer.headers, body)


async def _body(answer: ClientResponse, url: str, limit: int | None) -> bytes:
    parts = []
    got = 0
    async for part in answer.content.iter_any():
        parts.append(part)
        got += len(part)
        if limit is not None and got > limit:
            raise SourceError(
                f"{redacted(url)}: the server sends no parts, and it is larger than {limit >> 20} MiB",
                where=redacted(url),
                hint="download it, and name the copy",
            )
    expected = answer.headers.get("Content-Length", "")
    if expected.isdecimal() and got != int(expected):
        raise TransientError(f"the answer was cut off after {got} bytes")
    return b"".join(parts)


def _check(url: str, lists: Sequence[Sequence[str]]) -> None:
    """Refuse a URL that may not be read, before a connection is made."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SourceError(
            f"{redacted(url)} is not read over http", where=redacted(url), hint="name the file itself"
        )
    for hosts in lists:
        check_host(parts.hostname, hosts)


def _refuse_status(answer: _Answer, url: str) -> None:
    told = redacted(url)
    if answer.status in {404, 410}:
        raise FileNotFoundError(f"there is no file {told}")
    if answer.status in {401, 403}:
        raise PermissionError(
            f"{told}: the server asks who we are ({answer.status})\ntry: download it, and name the copy"
        )
    if answer.status >= 400:  # noqa: PLR2004 - errors of the request
        raise SourceError(f"{told}: the server answered {answer.status}", where=told, hint="look at the URL")


def _changed(found: ObjectInfo) -> SourceChangedError:
    return SourceChangedError(
        f"{found.url} changed while it was being read", where=found.url, hint="run the query again"
    )


def _digest(body: bytes) -> str:
    return _CONTENT + blake2b(body, digest_size=16).hexdigest()
