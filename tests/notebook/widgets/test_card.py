"""The card in a real kernel: what it says over its comm, and what stays of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from fusionflow_lab.notebook.widgets.assets import widgets_there
from tests.held import Held
from tests.notebook.conftest import Comm, Kernel, Output

pytestmark = pytest.mark.skipif(not widgets_there(), reason="the bundles are not built: make ui")

WIDGET = "application/vnd.jupyter.widget-view+json"
JOB = "application/vnd.fusionflow.job+json"


def card_of(output: Output) -> str:
    """Return the comm of the card that a cell shows; empty before there is one."""
    found = [one.id for one in output.comms if one.kind == "comm_open" and "job_id" in one.data["state"]]
    return found[0] if found else ""


def said(output: Output, kind: str) -> list[Comm]:
    """Return what a card has sent of a kind."""
    return [
        one
        for one in output.comms
        if one.data.get("method") == "custom" and one.data["content"]["kind"] == kind
    ]


@dataclass
class Page:
    """What a page does that shows the card: it watches, asks, and at the first progress it stops the job.

    ``painted`` counts the updates that came before it knew that the card knows of it.
    """

    kernel: Kernel
    begun: bool = False
    stopped: bool = False
    painted: int = 0

    def look(self, output: Output) -> None:
        card = card_of(output)
        named: list[Any] = [one[JOB] for _, one in output.updates if JOB in one]
        job = named[0]["job"] if named else ""
        if card and job and not self.begun:
            self.begun = True
            self.kernel.tell(card, {"kind": "hello", "front": 1})
            self.kernel.tell(card, {"kind": "watch", "id": 1, "front": 1, "since": 0, "job": job})
            request = {
                "kind": "request",
                "id": 2,
                "method": "GET",
                "path": f"jobs/{job}",
                "query": {},
                "body": None,
            }
            self.kernel.tell(card, {**request, "accept": "application/json"})
        moved = [
            one
            for one in said(output, "event")
            if one.data["content"]["frame"]["event"]["type"] == "progress"
        ]
        if moved and said(output, "reply") and not self.stopped:
            self.stopped = True
            self.painted = len(output.updates)
            stop = {"kind": "request", "id": 3, "method": "PATCH", "path": f"jobs/{job}", "query": {}}
            self.kernel.tell(card, {**stop, "body": {"status": "STOPPED"}, "accept": "application/json"})


@pytest.fixture(scope="module")
def page(kernel: Kernel) -> Page:
    return Page(kernel)


@pytest.fixture(scope="module")
def stopped(kernel: Kernel, page: Page, tmp_path_factory: pytest.TempPathFactory) -> Output:
    """Run a cell whose card is stopped by its page."""
    held = Held(tmp_path_factory.mktemp("held")).write()
    return kernel.run(f"%%fusionflow cut\n{held.sql('cut')}", meanwhile=page.look)


def test_a_running_cell_is_stopped_over_its_comm(stopped: Output) -> None:
    assert stopped.error_name == "JobStoppedError"
    # The stop itself may end the card before it has answered.
    statuses = {one.data["content"]["id"]: one.data["content"]["status"] for one in said(stopped, "reply")}
    assert statuses in ({2: 200}, {2: 200, 3: 200})


def test_events_come_as_they_happen_and_the_html_rests(stopped: Output, page: Page) -> None:
    types = [one.data["content"]["frame"]["event"]["type"] for one in said(stopped, "event")]
    assert types.count("status") >= 2
    assert "progress" in types
    traits = [one.data["state"] for one in stopped.comms if one.data.get("method") == "update"]
    assert any(state.get("status") == "IN_PROGRESS" for state in traits)
    assert [one for _, one in stopped.updates[page.painted :] if WIDGET in one] == []


def test_what_stays_holds_no_widget_and_the_comm_is_closed(stopped: Output) -> None:
    assert any(WIDGET in one for _, one in stopped.updates)
    assert set(stopped.shown) == {"text/html", "text/plain", JOB}
    assert "■" in stopped.shown["text/plain"]
    assert [one.id for one in stopped.comms if one.kind == "comm_close"] == [card_of(stopped)]


def test_a_card_follows_its_job_and_stands_in_boxes(kernel: Kernel) -> None:
    kernel.run("%%fusionflow --no-display\nSELECT sum(distance) AS km FROM 'trips_*.csv'")
    made = kernel.run(
        "import fusionflow_lab as ff, ipywidgets\njob = %fusionflow job\n"
        "card = ff.card(job)\nbox = ipywidgets.VBox([card])\nbox"
    )
    assert made.error == ""
    assert kernel.run("card.status, card.fraction, card.rows").result["text/plain"] == "('COMPLETED', 1.0, 6)"
    (shown,) = kernel.run("card").displays
    assert {WIDGET, "text/html", "text/plain", JOB} <= set(shown)
    assert "✓ completed" in shown["text/plain"]
    assert kernel.run("view = job.view()\nview.job_id == card.job_id").result["text/plain"] == "True"
    kernel.run("card.close()\nview.close()")


def test_where_nobody_is_there_no_widget_is_made(kernel: Kernel) -> None:
    kernel.allow_input(allow=False)
    output = kernel.run("%%fusionflow --no-cache\nSELECT max(distance) AS km FROM 'trips_*.csv'")
    kernel.allow_input(allow=True)
    assert output.comms == []
    assert "✓ completed" in output.shown["text/plain"]
