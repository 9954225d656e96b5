"""Cells with ``--interact``: their query is bound to the controls that its ``$x`` name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Protocol, cast

from IPython.core.interactiveshell import InteractiveShell

from fusionflow_lab.errors import QueryError
from fusionflow_lab.job import Job
from fusionflow_lab.notebook.widgets.assets import widgets_there
from fusionflow_lab.relation import Relation


class Box(Protocol):
    """Controls and a card."""

    job: Job

    def show(self) -> None:
        """Show it in the cell that runs."""

    def close(self) -> None:
        """Take it out of the page."""


class Interactions:
    """The boxes of the cells, one for each; a cell that runs again closes the one it had."""

    def __init__(self) -> None:
        self._boxes: dict[str, Box] = {}

    def open(
        self,
        cell: str,
        ask: Callable[[Mapping[str, object]], Relation],
        controls: Mapping[str, object],
        on_result: Callable[[Job], None],
    ) -> Box:
        """Make the box of a cell, and begin its first job."""
        self.release(cell)
        module = import_module("fusionflow_lab.notebook.widgets.interact")
        box = cast("Box", module.Interaction(ask, controls, on_result=on_result))
        self._boxes[cell] = box
        return box

    def release(self, cell: str) -> None:
        """Close the box of a cell, if it has one."""
        box = self._boxes.pop(cell, None)
        if box is not None:
            box.close()

    def close(self) -> None:
        """Close all boxes."""
        for cell in list(self._boxes):
            self.release(cell)


def cell_key(shell: InteractiveShell, text: str) -> str:
    """Return what tells a cell from others: its id where the front end says it, else its text."""
    parent: Mapping[str, Mapping[str, object]] = getattr(shell, "get_parent", dict)()
    return str(parent.get("metadata", {}).get("cellId") or text)


def controls_of(names: Sequence[str], values: Mapping[str, object]) -> dict[str, object]:
    """Return the controls among the values of parameters.

    Raises
    ------
    QueryError
        There is none, or no widgets can be made here.

    Examples
    --------
    >>> controls_of(["x"], {"x": 5})
    Traceback (most recent call last):
    fusionflow_lab.errors.QueryError: --interact: no $x of the query is a control
    try: x = ipywidgets.IntSlider(5), and $x in the SQL
    """
    found = {name: values[name] for name in names if _is_control(values.get(name))}
    if not found:
        hint = "x = ipywidgets.IntSlider(5), and $x in the SQL"
        raise QueryError("--interact: no $x of the query is a control", hint=hint)
    if not widgets_there():
        hint = 'pip install "fusionflow_lab[lab]"'
        raise QueryError("--interact needs widgets, which are not installed here", hint=hint)
    return found


def _is_control(value: object) -> bool:
    return hasattr(value, "observe") and hasattr(value, "value")
