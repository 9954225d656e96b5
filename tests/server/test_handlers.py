from __future__ import annotations

import io
import json
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from jupyter_server.auth.authorizer import Authorizer
from jupyter_server.auth.identity import IdentityProvider, User
from jupyter_server.base.handlers import JupyterHandler
from openapi_spec_validator import validate
from tornado.httpclient import HTTPClientError, HTTPResponse
from tornado.iostream import StreamClosedError
from tornado.simple_httpclient import HTTPStreamClosedError

from fusionflow_lab.jobs.store import JobStore
from fusionflow_lab.query import Query
from fusionflow_lab.server.access import owner_of, server_config
from fusionflow_lab.server.handlers import ServiceHandler
from fusionflow_lab.service import routing
from fusionflow_lab.service.models import Nothing
from fusionflow_lab.service.routes import ROUTES
from fusionflow_lab.service.routing import Call, Route
from fusionflow_lab.service.service import Service
from fusionflow_lab.service.wire import ARROW, CSV, NDJSON, PARQUET, Reply
from tests.server.conftest import API, BASE, Site

XSRF = "00112233445566778899aabbccddeeff"
MUTATING = [route for route in ROUTES if route.method != "GET"]


def empty(route: Route) -> dict[str, str] | None:
    """Return a body with nothing in it, where the route takes one."""
    return {} if route.in_body else None


async def test_a_job_over_http(site: Site) -> None:
    job = await site.run("SELECT city, sum(distance) AS n FROM 'trips.csv' GROUP BY ALL ORDER BY city")
    rows = [{"city": "Bergen", "n": 3}, {"city": "Oslo", "n": 12}]
    path = f"jobs/{job}/result"
    forms = {
        kind: await site.send("GET", path, headers={"Accept": kind}) for kind in (ARROW, PARQUET, CSV, NDJSON)
    }

    assert await site.json("GET", path) == rows
    arrow = pa.ipc.open_stream(forms[ARROW].body).read_all()
    assert [{**row, "n": int(row["n"])} for row in arrow.to_pylist()] == rows
    assert pq.read_table(io.BytesIO(forms[PARQUET].body)).to_pylist() == arrow.to_pylist()
    assert forms[CSV].body == b"city,n\nBergen,3\nOslo,12\n"
    assert [json.loads(line) for line in forms[NDJSON].body.splitlines()] == rows
    assert {kind: reply.headers["Content-Type"] for kind, reply in forms.items()} == {
        kind: kind for kind in forms
    }
    assert {reply.headers["X-Total-Rows"] for reply in forms.values()} == {"2"}
    assert forms[CSV].headers["X-Content-Type-Options"] == "nosniff"
    file = await site.send("GET", f"{path}/file", query={"format": "csv"})
    assert (file.body, file.headers["Content-Type"]) == (forms[CSV].body, CSV)
    assert file.headers["Content-Disposition"] == f'attachment; filename="{job}-result.csv"'
    assert (await site.json("GET", f"jobs/{job}/plan"))["chunks"][0]["cells"] == "d"
    assert await site.json("DELETE", "jobs", query={"id": [job]}) == {"deleted": [job]}


def broken(_: Call, __: Nothing) -> Reply:
    """Return a file that breaks off."""

    def parts() -> Generator[bytes]:
        yield b"n\n1\n"
        raise OSError("the disk is gone")

    return Reply(type=CSV, parts=parts())


async def test_a_file_that_breaks_off_is_not_taken_for_whole(site: Site) -> None:
    surface = site.extension.surface
    assert surface is not None
    service = Service(
        surface.sessions.get, [routing.route("GET", "broken", broken, asks=Nothing, media=(CSV,))]
    )
    shared = {"surface": replace(surface, service=service)}
    handlers = [(rf"{BASE}{API}/(broken)", ServiceHandler, shared)]
    site.app.web_app.add_handlers(".*", handlers)  # type: ignore[no-untyped-call]
    with pytest.raises((HTTPClientError, StreamClosedError, HTTPStreamClosedError)):
        await site.fetch(API, "broken")


async def test_every_route_is_there_and_the_document_says_so(site: Site) -> None:
    document = await site.json("GET", "openapi.json")
    validate(document)
    job = await site.run("SELECT 1 AS one")
    for route in ROUTES:
        body = empty(route)
        reply = await site.send(route.method, route.path.replace("{id}", job), body=body)
        told = document["paths"][f"/{route.path}"][route.method.lower()]["responses"]
        assert str(reply.code) in told or 400 <= reply.code < 500, (route.path, reply.body)
        if reply.code >= 400:
            problem = json.loads(reply.body)
            assert set(problem) == {"message", "reason", "where", "hint", "job_id"}, route.path
    assert (await site.send("GET", "nowhere")).code == 404
    assert (await site.send("DELETE", "health")).code == 405


async def test_the_owner_of_jobs(site: Site) -> None:
    extension = site.extension
    assert extension.surface is not None
    config = extension.surface.sessions.config
    assert (await site.json("GET", "me"))["name"] == config.user
    assert config.root_folders == (str(site.root), str(Path.home()))

    class Hub(IdentityProvider):
        """Knows names, as JupyterHub's does."""

    assert owner_of(Hub(), User(username="ann"), config) == "ann"
    assert server_config({"home": str(config.home), "roots": "/data"}, "/work").root_folders == ("/data",)


async def test_another_users_job_is_unknown(site: Site) -> None:
    await site.json("GET", "health")
    surface = site.extension.surface
    assert surface is not None
    with JobStore(surface.sessions.config.job_database) as store:
        theirs = store.create(Query(text="SELECT 'secret'"), owner="another").id
    nobodys = "0" * len(theirs)
    for route in ROUTES:
        if "{id}" in route.path:
            paths = [route.path.replace("{id}", job) for job in (theirs, nobodys)]
            first, second = [await site.send(route.method, path, body=empty(route)) for path in paths]

            assert (first.code, second.code) == (404, 404), route.path
            assert first.body.replace(theirs.encode(), nobodys.encode()) == second.body, route.path


async def test_nobody_is_let_in_without_a_token(site: Site) -> None:
    for route in ROUTES:
        for token in ("", "token wrong"):
            headers, path = {"Authorization": token}, route.path.replace("{id}", "x")
            reply = await site.send(route.method, path, body=empty(route), headers=headers)
            assert reply.code == 403, route.path


async def test_requests_of_other_sites_change_nothing(site: Site) -> None:
    # A browser sends the cookie along, whoever asks; other sites know no XSRF token and cannot send JSON.
    cookie, token = await signed_in(site)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    foreign = {"X-XSRFToken": token, "Origin": "https://evil.example"}
    asked: tuple[dict[str, str], ...] = ({}, {"X-XSRFToken": "wrong"}, foreign, form, {"X-XSRFToken": token})
    for route in MUTATING:
        path, body = route.path.replace("{id}", "x"), empty(route)
        codes = []
        for headers in asked:
            sent = {"Authorization": "", "Cookie": cookie, **headers}
            codes.append((await site.send(route.method, path, body=body, headers=sent)).code)

        assert codes[:4] == [403, 403, 404, 403], route.path
        assert codes[4] in {400, 404, 200}, f"{route.path} with the token is answered"
        if route.in_body:
            assert (await site.send(route.method, path, body=body, headers=form)).code == 415, route.path


async def signed_in(site: Site) -> tuple[str, str]:
    """Return the cookies of a browser that has signed in, and its XSRF token."""
    token = site.app.identity_provider.token
    with pytest.raises(HTTPClientError) as redirected:
        await site.fetch(
            "login", params={"token": token}, headers={"Authorization": ""}, follow_redirects=False
        )
    assert redirected.value.response is not None
    cookies = [line.partition(";")[0] for line in redirected.value.response.headers.get_list("Set-Cookie")]
    return "; ".join([*cookies, f"_xsrf={XSRF}"]), XSRF


class ReadsOnly(Authorizer):
    """Lets everybody look, and nobody do."""

    def is_authorized(self, handler: JupyterHandler, user: User, action: str, resource: str) -> bool:
        del handler, user
        return action == "read" or resource != "fusionflow"


async def test_what_the_authorizer_refuses_is_not_done(site: Site) -> None:
    site.app.web_app.settings["authorizer"] = ReadsOnly(parent=site.app)

    assert (await site.send("GET", "jobs")).code == 200
    for route in MUTATING:
        reply = await site.send(route.method, route.path.replace("{id}", "x"), body=empty(route))
        assert reply.code == 403, route.path


async def test_metrics_are_read(site: Site) -> None:
    await site.run("SELECT count(*) AS n FROM 'trips.csv'")
    reply: HTTPResponse = await site.send("GET", "metrics")
    lines = reply.body.decode().splitlines()

    assert reply.headers["Content-Type"].startswith("text/plain")
    assert 'fusionflow_jobs{status="COMPLETED"} 1.0' in lines
    assert 'fusionflow_job_rows{what="read"} 3.0' in lines
    assert 'fusionflow_requests_total{route="submit_job",status="201"} 1.0' in lines


async def test_the_bus_tells_of_jobs(site: Site) -> None:
    heard: list[dict[str, Any]] = []

    async def listen(logger: object, schema_id: str, data: dict[str, Any]) -> None:
        del logger, schema_id
        heard.append(data)

    bus = site.app.event_logger
    assert bus is not None
    bus.add_listener(schema_id="https://events.jupyter.org/fusionflow_lab/job", listener=listen)
    await site.json("GET", "jobs")
    surface = site.extension.surface
    assert surface is not None
    await surface.bus.listening(surface.sessions.config.user)
    job = await site.run("SELECT city FROM 'trips.csv'", name="secret name")
    after = await site.run("SELECT 1 AS one")
    frames = (await site.json("GET", f"jobs/{job}/events"))["frames"]
    durable = [frame["event"] for frame in frames if frame["event"]["type"] == "status"]
    while not any(data["job"] == after for data in heard):
        await site.json("GET", "health")

    told = [data for data in heard if data["job"] == job]
    assert {data["type"] for data in told} == {"status"}
    assert [data["status"] for data in told] == [event["status"] for event in durable]
    assert "secret name" not in str(heard)
