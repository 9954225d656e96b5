"""The requests on the page about REST are sent, one after the other, and answered as it says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from tests.server.conftest import Site

PAGE = Path(__file__).parents[2] / "docs" / "api" / "rest.md"
_ASKED = re.compile(
    r"^```text\n(GET|POST|PATCH|DELETE) (\S+)\n(.*?)^```$(?:\n\n```json\n(.*?)^```$)?",
    re.MULTILINE | re.DOTALL,
)


async def test_the_requests_of_the_page(site: Site) -> None:
    page = PAGE.read_text(encoding="utf-8")
    asked = _ASKED.findall(page)
    job = ""
    assert len(asked) == len(re.findall(r"^(?:GET|POST|PATCH|DELETE) ", page, re.MULTILINE))
    for method, place, body, expected in asked:
        path, _, query = place.replace("{id}", job).partition("?")
        told = json.loads(body) if body else {}
        if (method, path) == ("POST", "jobs"):
            job = await site.run(told.pop("sql"), **told)
            continue
        reply = await site.send(method, path, query=parse_qs(query), body=told or None)

        assert reply.code == (400 if "message" in expected else 200), (place, reply.body)
        if expected:
            assert_has(json.loads(reply.body), json.loads(expected), place)


def assert_has(found: Any, expected: Any, place: str) -> None:  # noqa: ANN401 - JSON is anything
    """Compare what the page shows; it leaves out what is beside the point."""
    if isinstance(expected, dict):
        for name, value in expected.items():
            assert name in found, (place, name)
            assert_has(found[name], value, place)
    elif isinstance(expected, list):
        for one, other in zip(found, expected, strict=False):
            assert_has(one, other, place)
    else:
        assert found == expected, place
