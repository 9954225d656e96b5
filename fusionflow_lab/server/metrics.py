"""What Prometheus reads: requests of this server, and what the jobs of who asks come to."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily

from fusionflow_lab.api import Session
from fusionflow_lab.jobs.board import Board, Wanted

TYPE: Final = "text/plain; version=0.0.4"


class Metrics:
    """Counts requests, in a registry of its own.

    Examples
    --------
    >>> metrics = Metrics()
    >>> metrics.count("list_jobs", 200, 0.01)
    >>> b'fusionflow_requests_total{route="list_jobs",status="200"} 1.0' in metrics.requests_text()
    True
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "fusionflow_requests",
            "Requests that were answered.",
            ["route", "status"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "fusionflow_request_seconds", "How long answers took.", ["route"], registry=self._registry
        )
        self._events = Counter(
            "fusionflow_events_sent", "Events that were sent over WebSockets.", registry=self._registry
        )

    def count(self, route: str, status: int, seconds: float) -> None:
        """Count a request; ``route`` is the name of its route."""
        self._requests.labels(route=route, status=str(status)).inc()
        self._seconds.labels(route=route).observe(seconds)

    def sent(self) -> None:
        """Count an event that was sent."""
        self._events.inc()

    def requests_text(self) -> bytes:
        """Return what was counted."""
        return generate_latest(self._registry)

    def text(self, session: Session) -> bytes:
        """Return what was counted, and what the jobs of the session's user come to. It reads the database."""
        return self.requests_text() + generate_latest(_Jobs(session))


class _Jobs:
    """The jobs of a user as a collector."""

    def __init__(self, session: Session) -> None:
        self._board = Board(session.stores.jobs.engine)
        self._wanted = Wanted(owner=session.config.user)

    def collect(self) -> list[GaugeMetricFamily]:
        """Return jobs by status, and the rows and bytes of all that are there."""
        jobs = GaugeMetricFamily("fusionflow_jobs", "Jobs that are kept.", labels=["status"])
        for status, count in self._board.counts(self._wanted).items():
            jobs.add_metric([status], count)
        totals = asdict(self._board.totals(self._wanted))
        rows = GaugeMetricFamily("fusionflow_job_rows", "Rows of jobs that are kept.", labels=["what"])
        sizes = GaugeMetricFamily("fusionflow_job_bytes", "Bytes of jobs that are kept.", labels=["what"])
        for name, count in totals.items():
            kind, _, what = name.partition("_")
            (rows if kind == "rows" else sizes).add_metric([what], count)
        return [jobs, rows, sizes]
