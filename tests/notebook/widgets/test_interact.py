"""A query bound to controls, in a real kernel."""

from __future__ import annotations

import pytest

from fusionflow_lab.notebook.widgets.assets import widgets_there
from tests.notebook.conftest import Kernel

pytestmark = pytest.mark.skipif(not widgets_there(), reason="the bundles are not built: make ui")

SQL = "SELECT count(*) AS n FROM 'trips_*.csv' WHERE distance > $least"
WAIT = """
import time
give_up = time.monotonic() + 60
while not (held := {condition}) and time.monotonic() < give_up:
    time.sleep(0.05)
held
"""


def value(kernel: Kernel, expression: str) -> str:
    output = kernel.run(expression)
    assert output.error == ""
    return output.result["text/plain"]


def holds(kernel: Kernel, condition: str) -> bool:
    """Wait in the kernel until something holds; its observers run meanwhile, on threads."""
    return value(kernel, WAIT.format(condition=condition)) == "True"


def test_a_moved_slider_runs_the_cell_again(kernel: Kernel) -> None:
    kernel.run("import ipywidgets\nleast = ipywidgets.IntSlider(value=4, min=0, max=9)")
    output = kernel.run(f"%%fusionflow few --interact\n{SQL}")
    assert output.error == ""
    assert "application/vnd.jupyter.widget-view+json" in output.displays[-1]
    assert value(kernel, "few.df().n.tolist()") == "[4]"
    kernel.run("for step in (5, 6, 7, 2):\n    least.value = step")
    assert holds(kernel, "few.df().n.tolist() == [6]")


def test_a_cell_that_runs_again_lets_its_controls_go(kernel: Kernel) -> None:
    bound = "bool(least._trait_notifiers.get('value', {}).get('change'))"
    kernel.run(f"%%fusionflow few --interact\n{SQL}")
    assert value(kernel, bound) == "True"
    kernel.run(f"%%fusionflow few\n{SQL}")
    assert value(kernel, bound) == "False"


def test_the_same_from_python_with_what_makes_a_control(kernel: Kernel) -> None:
    made = kernel.run(
        f'import fusionflow_lab as ff\nbox = ff.interact("{SQL}", least=(0, 9, 1))\nbox.children[0].value = 6'
    )
    assert made.error == ""
    assert holds(kernel, "box.job.parameters[0].value == '6' and box.result().df().n.tolist() == [2]")
    kernel.run("box.children[0].value = 99")
    kernel.run("box.close()")


def test_without_a_control_it_is_refused(kernel: Kernel) -> None:
    kernel.run("plain = 3")
    output = kernel.run("%%fusionflow --interact\nSELECT $plain AS n")
    assert "no $x of the query is a control" in output.error
