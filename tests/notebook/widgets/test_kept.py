"""The output of a widget in a real kernel: shown, and what takes its place."""

from __future__ import annotations

import pytest

from fusionflow_lab.notebook.widgets.assets import widgets_there
from tests.notebook.conftest import Kernel

pytestmark = pytest.mark.skipif(not widgets_there(), reason="the bundles are not built: make ui")

WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(scope="module")
def card(kernel: Kernel) -> str:
    """Have a job of which cards can be made, and return how."""
    assert kernel.run("%%fusionflow r\nSELECT count(*) AS n FROM 'trips_*.csv'").error == ""
    return "import fusionflow_lab as ff\ncard = ff.card(r.job_id)\ncard"


def test_a_widget_is_shown_with_what_stands_for_it(kernel: Kernel, card: str) -> None:
    (shown,) = kernel.run(card).displays
    assert WIDGET in shown
    assert "completed" in shown["text/html"]
    assert "completed" in shown["text/plain"]


def test_a_program_that_runs_the_notebook_gets_no_widget(kernel: Kernel, card: str) -> None:
    kernel.allow_input(allow=False)
    try:
        (shown,) = kernel.run(card).displays
    finally:
        kernel.allow_input(allow=True)
    assert WIDGET not in shown
    assert "completed" in shown["text/plain"]


def test_a_widget_that_is_closed_leaves_its_place_empty(kernel: Kernel, card: str) -> None:
    kernel.run(card)
    kernel.run("card")
    assert kernel.run("card.close()").shown == {"text/html": "", "text/plain": ""}
    assert kernel.run("card.close()").updates == []


def test_when_the_kernel_ends_html_takes_the_place_of_a_widget(kernel: Kernel, card: str) -> None:
    kernel.run(card)
    # What Python calls at its end, without ending the kernel of the other tests.
    rest = kernel.run("card._kept._rest()").shown
    assert WIDGET not in rest
    assert "completed" in rest["text/html"]
