"""A service on a real session, and requests to it in one line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fusionflow_lab.api import Session, connect
from fusionflow_lab.service.service import Service
from fusionflow_lab.service.wire import JSON, Reply, Request

TRIPS = "city,distance,day\nOslo,7,2024-01-01\nOslo,5,2024-01-02\nBergen,3,2024-01-03\nBergen,x,2024-01-04\n"


@dataclass(frozen=True)
class Asker:
    """Sends requests; ``json`` reads a reply that must be a success."""

    service: Service
    session: Session
    user: str = ""

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | Sequence[str]] | None = None,
        body: object = None,
        accept: str = "",
    ) -> Reply:
        texts = {name: [one] if isinstance(one, str) else one for name, one in (query or {}).items()}
        sent = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.service.answer(
            Request(method=method, path=path, query=texts, body=sent, accept=accept, user=self.user)
        )

    def json(self, method: str, path: str, **parts: Any) -> Any:  # noqa: ANN401 - JSON is anything
        reply = self.send(method, path, **parts)
        assert reply.status < 300, reply.body
        assert reply.type == JSON
        return json.loads(reply.body)

    def problem(self, method: str, path: str, **parts: Any) -> tuple[int, dict[str, Any]]:  # noqa: ANN401
        reply = self.send(method, path, **parts)
        assert reply.status >= 400, reply.body
        return reply.status, json.loads(reply.body)

    def run(self, sql: str, **more: object) -> str:
        """Run a query to its end and return the job's id."""
        job: str = self.json("POST", "jobs", body={"sql": sql, **more})["id"]
        assert self.session.job(job).wait(60)
        return job


@pytest.fixture(scope="module")
def asker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asker]:
    with connect(home=tmp_path_factory.mktemp("service"), workers=1) as session:
        yield Asker(Service.of(session), session)


@pytest.fixture(scope="module")
def trips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trips") / "trips.csv"
    path.write_text(TRIPS)
    return path
