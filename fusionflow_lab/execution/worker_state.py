"""What the tasks of one worker process share: evaluators, and the ways to stop what runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from fusionflow_lab import _native
from fusionflow_lab.states.evaluate import Evaluator
from fusionflow_lab.states.memory import evaluation_bytes

Settings = tuple[tuple[str, str], ...]

LONG_SECONDS = 0.5
"""What tasks have read is told once they run for so long."""


@dataclass(slots=True)
class WorkerState:
    """Evaluators by settings; cancel tokens, threads and times of their beginning by task."""

    memory: int | None = None
    """Bytes that the process may take."""
    folder: str = ""
    """Where it may write what does not fit."""
    evaluators: dict[Settings, Evaluator] = field(default_factory=dict)
    tokens: dict[object, _native.CancelToken] = field(default_factory=dict)
    threads: dict[object, int] = field(default_factory=dict)
    begun: dict[object, float] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def evaluator(self, settings: Settings) -> Evaluator:
        """Return the evaluator for these settings; it is opened once (17 ms) and kept."""
        with self.lock:
            if settings not in self.evaluators:
                self.evaluators[settings] = Evaluator(
                    settings, streaming=True, memory=evaluation_bytes(self.memory), folder=self.folder
                )
            return self.evaluators[settings]

    @contextmanager
    def token(self, key: object) -> Iterator[_native.CancelToken]:
        """Lend a cancel token to the task ``key`` while this thread runs it."""
        with self.lock:
            # A cancel may have come before the task's first line.
            token = self.tokens.setdefault(key, _native.CancelToken())
            self.threads[key] = threading.get_ident()
            self.begun[key] = time.monotonic()
        try:
            yield token
        finally:
            with self.lock:
                self.tokens.pop(key, None)
                self.threads.pop(key, None)
                self.begun.pop(key, None)

    def cancel(self, key: object) -> None:
        """Cancel the task ``key``, which runs here or is about to."""
        with self.lock:
            self.tokens.setdefault(key, _native.CancelToken()).cancel()
            self._interrupt(key)

    def readings(self) -> list[tuple[str, int, int]]:
        """Return the bytes that tasks have read which run for long: both parts of their keys, and bytes."""
        late = time.monotonic() - LONG_SECONDS
        with self.lock:
            running = [
                (key, self.tokens[key].bytes_read) for key, begun in self.begun.items() if begun < late
            ]
        return [(str(key[0]), int(key[1]), read) for key, read in running if isinstance(key, tuple) and read]

    def cancel_all(self) -> None:
        """Cancel every task that runs here."""
        with self.lock:
            for key, token in self.tokens.items():
                token.cancel()
                self._interrupt(key)

    def _interrupt(self, key: object) -> None:
        """End the statement that a task is in; a scan sees its token, but costly SQL asks for rows seldom."""
        if key in self.threads:
            for evaluator in self.evaluators.values():
                evaluator.interrupt(self.threads[key])
