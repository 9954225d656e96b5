"""What holds for every route, found by going through the list: a new one is tested without being named."""

from __future__ import annotations

import json
import os
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate

from fusionflow_lab.api import connect
from fusionflow_lab.jobs.store import JobStore
from fusionflow_lab.query import Query
from fusionflow_lab.service.openapi import document
from fusionflow_lab.service.problems import OUR_BUG
from fusionflow_lab.service.routes import ROUTES
from fusionflow_lab.service.routing import Route
from fusionflow_lab.service.service import Service
from tests.service.conftest import Asker

OF_A_JOB = [route for route in ROUTES if "{id}" in route.path]
WITH_IDS = [route for route in ROUTES if "id" in route.asks.model_fields]
NAMING = [
    (route, field)
    for route in ROUTES
    for field in ("path", "folder", "sql")
    if field in route.asks.model_fields and route.name != "read_form"  # which only parses
]


def name_of(route: object) -> str:
    return f"{route.method} {route.path}" if isinstance(route, Route) else str(route)


def test_the_document_is_one_and_has_every_route() -> None:
    made = document(ROUTES)
    validate(made)

    paths: Any = made["paths"]
    found = {(method.upper(), path[1:]) for path, methods in paths.items() for method in methods}
    assert found == {(route.method, route.path) for route in ROUTES} | {("GET", "events")}
    assert len({route.name for route in ROUTES}) == len(ROUTES)
    assert all(route.summary.endswith(".") for route in ROUTES)


@pytest.mark.parametrize("route", OF_A_JOB + WITH_IDS, ids=name_of)
def test_another_users_job_is_as_unknown_as_one_that_never_was(asker: Asker, route: Route) -> None:
    with JobStore(asker.session.config.job_database) as store:
        theirs = store.create(Query(text="SELECT 'secret'", name="secret"), owner="another").id
        before = store.get(theirs), store.events(theirs)
        replies = []
        for job in (theirs, "0" * len(theirs)):
            query = {"id": [job]} if route in WITH_IDS else {}
            body = b"{}" if route.in_body else None
            reply = asker.send(route.method, route.path.replace("{id}", job), query=query, body=body)
            replies.append((reply.status, dict(reply.headers), reply.body.replace(job.encode(), b"ID")))

        assert (store.get(theirs), store.events(theirs)) == before
    assert replies[0] == replies[1]
    assert replies[0][0] == 404


@pytest.mark.parametrize("route", ROUTES, ids=name_of)
def test_an_unknown_field_is_named(asker: Asker, route: Route) -> None:
    job = asker.session.stores.jobs.create(Query(text="SELECT 1"), owner=asker.session.config.user).id
    path = route.path.replace("{id}", job)
    parts: dict[str, Any] = {"body": {"nonsense": 1}} if route.in_body else {"query": {"nonsense": "1"}}
    status, problem = asker.problem(route.method, path, **parts)

    assert status == 400
    assert "unknown field nonsense" in problem["message"].splitlines()


@pytest.fixture(scope="module")
def walled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Asker, Path, Path]]:
    """Return a service whose session has one root, the root, and a file outside of it."""
    top = tmp_path_factory.mktemp("walled")
    root, outside = top / "root", top / "outside"
    (root / "deep" / "er").mkdir(parents=True)
    outside.mkdir()
    (root / "inside.csv").write_text("n\n1\n")
    for suffix in ("csv", "txt", "json", "jsonl"):
        (outside / f"secret.{suffix}").write_text('canary\n"canary"\n')
    (root / "door").symlink_to(outside)
    (root / "secret.csv").symlink_to(outside / "secret.csv")
    (root / "deep" / "loop.csv").symlink_to("../../outside/secret.csv")
    with connect(home=top / "home", workers=1, traits={"roots": str(root)}) as session:
        yield Asker(Service.of(session), session), root, outside


def ways_out(root: Path, outside: Path) -> list[str]:
    """Write paths of the file outside, plain and disguised."""
    secret = f"{outside}/secret.csv"
    climbs = [f"{'../' * up}outside/secret.csv" for up in range(1, 4)]
    return [
        secret,
        f"/{secret}",
        f"///{secret}",
        f"{root}/..{secret.removeprefix(str(root.parent))}",
        f"{root}/deep/../../outside/secret.csv",
        f"{root}/./deep/er/../../../outside/./secret.csv",
        f"{root}/nowhere/../../outside/secret.csv",
        *climbs,
        *(f"./{climb}" for climb in climbs),
        *(f"deep/{climb}" for climb in climbs),
        *(f"deep/er/{climb}" for climb in climbs),
        "door/secret.csv",
        f"{root}/door/secret.csv",
        "door/*.csv",
        "door/**",
        "do?r/secret.csv",
        "d*r/s*.csv",
        "[d]oor/secret.csv",
        "{door,deep}/secret.csv",
        "*/secret.csv",
        "**/secret.csv",
        "secret.csv",
        "secret.*",
        "deep/loop.csv",
        "deep/l*",
        "*/../../outside/secret.csv",
        "**/../../outside/secret.csv",
        "{..,deep}/outside/secret.csv",
        "{../outside,deep}/secret.csv",
        "deep/{..}/../outside/secret.csv",
        f"{{{outside},{root}}}/secret.csv",
        f"{outside}/*",
        f"{outside}/**/*.csv",
        f"{outside.parent}/*/secret.csv",
        f"{outside.parent}/o*/secret.csv",
        f"{outside.parent}/**/secret.csv",
        "/*/../etc/passwd",
        "/etc/passwd",
        "/etc/../etc/passwd",
        "/proc/self/environ",
        "/proc/self/root/etc/passwd",
        "/dev/stdin",
        "~/.ssh/id_rsa",
        "~root/.ssh/id_rsa",
        f"file://{secret}",
        f"file:{secret}",
        f"FILE://{secret}",
        f"local://{secret}",
        f"file://localhost{secret}",
        f"simplecache::file://{secret}",
        f"zip://*::file://{secret}",
        f"dir://x::file://{outside}",
        f"memory://{secret}",
        f"http://127.0.0.1{secret}",
        f"https://169.254.169.254{secret}",
        f"s3://../{secret}",
        "..%2f..%2foutside/secret.csv",
        "%2e%2e/outside/secret.csv",
        "..\\outside\\secret.csv",
        "....//outside/secret.csv",
        f"{secret}\x00.csv",
        f"{secret} ",
        f" {secret}",
        f"{secret}\n",
    ]  # fmt: skip


def leads_out(root: Path, way: str) -> bool:
    """Tell whether a path that is written to lies outside; others make a file of an odd name inside."""
    return "\0" not in way and not Path(os.path.realpath(root / way)).is_relative_to(root)


SHAPES = ["FROM {}", "FROM read_csv({})", "FROM read_csv([{0}, 'inside.csv'])", "FROM glob({})",
          "FROM read_text({})", "FROM read_json({})", "FROM read_parquet({})", "FROM read_document({})",
          "SELECT (SELECT count(*) FROM {}) AS n FROM 'inside.csv'"]  # fmt: skip


@pytest.mark.parametrize(("route", "field"), NAMING, ids=name_of)
def test_no_way_leads_out_of_the_roots(walled: tuple[Asker, Path, Path], route: Route, field: str) -> None:
    asker, root, outside = walled
    ways = ways_out(root, outside)
    assert len(ways) >= 60
    if field == "folder":
        ways = [way.rpartition("/")[0] or "/" for way in ways if "secret" in way and ":" not in way]
    texts = [quoted.replace("'", "''") for quoted in ways]
    if field == "sql":
        values = [SHAPES[0].format(f"'{text}'") for text in texts]
        values += [shape.format(f"'{outside}/secret.csv'") for shape in SHAPES]
        values += [f"COPY (FROM 'inside.csv') TO '{text}'" for text in texts if leads_out(root, text)]
    else:
        values = ways
    for value in values:
        told = {"path": "secret.csv"} if field == "folder" and "path" in route.asks.model_fields else {}
        told |= {"sql": "FROM 'secret.csv'"} if field == "folder" and "sql" in route.asks.model_fields else {}
        asked = {**told, field: value}
        query, body = ({}, asked) if route.in_body else (asked, None)
        reply = asker.send(route.method, route.path, query=query, body=body)
        assert 400 <= reply.status < OUR_BUG, (value, reply.body)
        assert b"canary" not in reply.body, value
    assert {path.name for path in outside.iterdir()} == {
        "secret.csv",
        "secret.txt",
        "secret.json",
        "secret.jsonl",
    }


def test_what_is_inside_is_read(walled: tuple[Asker, Path, Path]) -> None:
    asker, root, _ = walled
    assert asker.json("POST", "validate", body={"sql": "FROM 'inside.csv'"})["stages"][0]["files"] == 1
    assert asker.json("POST", "validate", body={"sql": "FROM '../inside.csv'", "folder": "deep"})
    asker.run("CREATE TABLE made AS FROM 'inside.csv'")
    assert asker.json("GET", f"jobs/{asker.run('FROM made')}/result") == [{"n": 1}]
    job = asker.run("COPY (FROM 'inside.csv') TO 'deep/out.csv'")
    assert asker.json("GET", f"jobs/{job}")["status"] == "COMPLETED"
    assert (root / "deep" / "out.csv").is_file()


HOSTILE = ["<img src=x onerror=alert(1)>", "</script><script>alert(1)</script>", "'; DROP TABLE jobs; --",
           '"quoted" \\ \u2028 \x1b[31m', "\u202egnp.exe", "{{7*7}}${7*7}", "=cmd|'/c calc'!A1"]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_come_back_as_the_texts_they_are(asker: Asker, tmp_path: Path, text: str) -> None:
    quoted = text.replace('"', '""')
    (tmp_path / "hostile.csv").write_text(f'"{quoted}",n\n"{quoted}",1\n', encoding="utf-8")
    folder = tmp_path / re.sub(r"[^<>a-z]", "_", text)
    folder.mkdir()
    (tmp_path / "hostile.csv").rename(folder / "hostile.csv")
    job = asker.run(f"FROM read_csv('{folder}/*.csv', header = true)", name=text)
    found = asker.json("GET", f"jobs/{job}")
    rows = asker.json("GET", f"jobs/{job}/result")

    assert (found["status"], found["name"]) == ("COMPLETED", text)
    assert rows == [{text: text, "n": 1}]
    assert asker.json("GET", "jobs", query={"q": text})["jobs"][0]["id"] == job
    for route in OF_A_JOB:
        if route.method == "GET":
            reply = asker.send("GET", route.path.replace("{id}", job))
            assert reply.type != "text/html"
    _, problem = asker.problem("POST", "jobs", body={"sql": f"SELECT {text}"})
    assert problem["reason"] == "QueryError"


@settings(max_examples=150)
@given(
    method=st.sampled_from(["GET", "POST", "PATCH", "DELETE"]),
    route=st.sampled_from([route for route in ROUTES if route.name not in {"clear_cache", "list_clusters"}]),
    query=st.dictionaries(
        st.sampled_from(
            ["limit", "offset", "sort", "filter", "q", "status", "cursor", "since", "format", "id", "x"]
        ),
        st.lists(st.text(string.printable, max_size=12), max_size=2),
        max_size=3,
    ),
    body=st.one_of(
        st.binary(max_size=8),
        st.dictionaries(
            st.sampled_from(["sql", "params", "status", "path", "name"]), st.text(max_size=9)
        ).map(lambda made: json.dumps(made).encode()),
    ),
    accept=st.sampled_from(["", "text/csv", "*/*", "image/png", ";q=,", "text/csv;q=x"]),
)
def test_no_request_is_a_bug(
    asker: Asker,
    numbers: str,
    method: str,
    route: Route,
    query: dict[str, list[str]],
    body: bytes,
    accept: str,
) -> None:
    reply = asker.send(method, route.path.replace("{id}", numbers), query=query, body=body, accept=accept)

    assert reply.status < OUR_BUG, reply.body
    if reply.status >= 400:
        assert set(json.loads(reply.body)) == {"message", "reason", "where", "hint", "job_id"}


@pytest.fixture(scope="module")
def numbers(asker: Asker) -> str:
    return asker.run("SELECT range AS n FROM range(100)")
