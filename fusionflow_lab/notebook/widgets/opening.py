"""Cards for cells, where widgets can be made; their libraries are loaded with the first one, not before."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Protocol, cast

from fusionflow_lab.job import Job


class LiveCard(Protocol):
    """A card that a cell shows while its job is at work."""

    @property
    def fronts(self) -> int:
        """How many pages have shown it so far; none where the front end has no widgets."""

    @property
    def view_data(self) -> Mapping[str, object]:
        """What a front end with widgets is given to show."""

    def close(self) -> None:
        """Take it out of the page."""


def open_card(job: Job) -> LiveCard:
    """Make a card; takes a fifth of a second for the first one."""
    return cast("LiveCard", import_module("fusionflow_lab.notebook.widgets.card").JobCard(job))
