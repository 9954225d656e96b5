"""How far running tasks are: workers tell of those that take long, and the driver adds it to its progress.

A worker sends the bytes that its long tasks have read to one topic of the cluster, four times a second
(``plugin``). What gets lost on the way is told again; nothing but the progress hangs on it.
"""

from __future__ import annotations

from distributed import Client

from fusionflow_lab.execution.plugin import READINGS


class Readings:
    """Bytes read so far by the tasks that somebody watches, by key.

    Examples
    --------
    >>> readings = Readings()
    >>> readings.watch(("job", 1))
    >>> readings.heard((0.0, [["job", 1, 500], ["another", 1, 7]]))
    >>> readings.read(("job", 1)), readings.read(("another", 1))
    (500, 0)
    """

    def __init__(self) -> None:
        self._read: dict[object, int] = {}
        self._client: Client | None = None

    def listen(self, client: Client) -> None:
        """Hear the workers of a cluster; said once for each client, whose next message waits 10 ms for it."""
        if client is not self._client:
            self._client = client
            client.subscribe_topic(READINGS, self.heard)

    def watch(self, key: object) -> None:
        """Take note of a task from now on."""
        self._read[key] = 0

    def forget(self, key: object) -> None:
        """Forget a task."""
        self._read.pop(key, None)

    def read(self, key: object) -> int:
        """Return the bytes that a task was last told to have read."""
        return self._read.get(key, 0)

    def heard(self, event: tuple[float, list[tuple[str, int, int]]]) -> None:
        """Take what a worker tells: (first and second part of the key, bytes) of some tasks."""
        for name, number, read in event[1]:
            if (name, number) in self._read:
                self._read[name, number] = read
