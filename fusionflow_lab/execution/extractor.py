"""Documents read by another process: one that may be killed, when it takes too long or too much memory."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from fusionflow_lab.errors import ScanCancelledError, SourceError
from fusionflow_lab.execution.arrow_scan import Token

PROGRAM = Path(__file__).with_name("extract_document.py")
MEMORY_BYTES = 2 << 30
POLL_SECONDS = 0.1
_READ_BYTES = 1 << 20
_LENGTH = 8

Part = Mapping[str, object]


class Extractor:
    """Reads documents in a process of its own, started for the first and after each that it did not survive.

    Parameters
    ----------
    token
        Ends the reading of a document.
    seconds
        How long one document may take.
    memory
        Bytes of memory that the process may have.

    Examples
    --------
    >>> class Never:
    ...     cancelled = False
    >>> page = Path("hello.html")
    >>> _ = page.write_text("<title>Hi</title><p>Hello <b>there</b>")
    >>> with Extractor(Never()) as extractor:
    ...     extractor.parts(str(page))
    [{'page': 1, 'title': 'Hi', 'text': 'Hello there', 'metadata': {}}]
    """

    def __init__(self, token: Token, *, seconds: float = 60, memory: int = MEMORY_BYTES) -> None:
        self._token = token
        self._seconds = seconds
        self._memory = memory
        self._process: subprocess.Popen[bytes] | None = None
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed at the end of the block

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process."""
        self._kill()
        self._said.close()

    def parts(self, path: str) -> Sequence[Part] | str:
        """Return the parts of a document, or why it cannot be read.

        Raises
        ------
        SourceError
            A package is missing that reads such documents.
        ScanCancelledError
            The token was raised.
        """
        process = self._running()
        if process.stdin is None:  # pragma: no cover - it was opened with pipes
            raise RuntimeError("the process has no input")
        process.stdin.write(json.dumps(path).encode() + b"\n")
        process.stdin.flush()
        raw = self._answer(process)
        if isinstance(raw, str):
            self._kill()
            return raw
        found = json.loads(raw)
        if "missing" in found:
            raise SourceError(
                f"documents like {Path(path).name} are read by the package {found['missing']}",
                where=path,
                hint="install it where the workers run: pip install 'fusionflow_lab[documents]'",
            )
        return str(found["error"]) if "error" in found else list(found["parts"])

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._kill()
            self._said.seek(0)
            self._said.truncate()
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-P", str(PROGRAM), str(self._memory)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said,
                start_new_session=True,
            )
        return self._process

    def _answer(self, process: subprocess.Popen[bytes]) -> bytes | str:
        """Wait for an answer; a text says why there is none."""
        if process.stdout is None:  # pragma: no cover - it was opened with pipes
            raise RuntimeError("the process has no output")
        raw = bytearray()
        end = time.monotonic() + self._seconds
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while len(raw) < _LENGTH or len(raw) < _LENGTH + int.from_bytes(raw[:_LENGTH], "big"):
                if self._token.cancelled:
                    raise ScanCancelledError("the scan was cancelled")
                if time.monotonic() > end:
                    return f"reading it took more than {self._seconds:g} s"
                if selector.select(POLL_SECONDS):
                    more = os.read(process.stdout.fileno(), _READ_BYTES)
                    if not more:
                        return self._death(process)
                    raw += more
        return bytes(raw[_LENGTH:])

    def _death(self, process: subprocess.Popen[bytes]) -> str:
        """Say what a process died of."""
        code = process.wait()
        self._said.seek(0)
        said = self._said.read().decode(errors="replace").strip().splitlines()
        if said and "MemoryError" in said[-1]:
            return f"reading it took more than {self._memory >> 20} MiB of memory"
        return f"its reader failed: {said[-1][:200]}" if said else f"its reader died (exit code {code})"

    def _kill(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:  # it died with a request unread
                    continue
        process.wait()
