"""An HTTP server of files in memory that can be told what to leave out."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(slots=True)
class Site:
    """Files by path, redirects by path, and what the server does not do.

    ``ranges``: whether it sends parts. ``versions``: which of ``ETag`` and ``Last-Modified`` it tells.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    ranges: bool = True
    versions: tuple[str, ...] = ("ETag",)
    head: bool = True
    encoding: str = ""
    requests: list[tuple[str, str, str]] = field(default_factory=list)
    url: str = ""


class _Server(ThreadingHTTPServer):
    site: Site


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self, *, body: bool) -> None:
        site = self.server.site
        path = self.path.partition("?")[0]
        wanted = self.headers.get("Range", "")
        site.requests.append((self.command, self.path, wanted))
        content = site.files.get(path)
        if path in site.redirects:
            self._send(302, b"", {"Location": site.redirects[path]}, body=body)
        elif content is None:
            self._send(404, b"no such file", {}, body=body)
        elif not site.head and not body:
            self._send(405, b"", {}, body=body)
        else:
            self._file(content, wanted, body=body)

    def _file(self, content: bytes, wanted: str, *, body: bool) -> None:
        site = self.server.site
        tag = f'"{sha256(content).hexdigest()[:16]}"'
        told = {"ETag": tag, "Last-Modified": f"Sun, 02 Nov 2025 10:00:{len(content) % 60:02} GMT"}
        headers = {name: told[name] for name in site.versions}
        if site.encoding:
            headers["Content-Encoding"] = site.encoding
        if self.headers.get("If-Match", tag) != tag:
            self._send(412, b"", {}, body=body)
            return
        found = re.fullmatch(r"bytes=(\d+)-(\d+)", wanted)
        if found and site.ranges:
            start, end = int(found[1]), min(int(found[2]) + 1, len(content))
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(content)}"
            self._send(206, content[start:end], headers, body=body)
        else:
            self._send(200, content, headers, body=body)

    def _send(self, status: int, content: bytes, headers: dict[str, str], *, body: bool) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if body:
            self.wfile.write(content)


@contextmanager
def http_server() -> Iterator[Site]:
    """Run a server on this machine."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.site = site = Site(url=f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()
            thread.join(timeout=30)
