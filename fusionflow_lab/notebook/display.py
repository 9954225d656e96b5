"""Where a cell's output goes: one display that is updated in place, lines on stderr, or nothing.

The follower paints at most four times a second. Where a front end has shown the widget beside the HTML, that
draws itself and nothing is painted. What stays at the end is plain HTML and text, and no widget: a notebook
that is opened again has no kernel to ask.
"""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable, Mapping
from types import MappingProxyType

from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell

from fusionflow_lab.job import Job
from fusionflow_lab.notebook.card import Bundle, empty, final, live
from fusionflow_lab.notebook.options import CellOptions
from fusionflow_lab.notebook.output import JOB_MIME, job_data
from fusionflow_lab.notebook.somebody import somebody_there
from fusionflow_lab.notebook.widgets.assets import widgets_there
from fusionflow_lab.notebook.widgets.opening import LiveCard, open_card
from fusionflow_lab.results.follow import Screen
from fusionflow_lab.results.lines import ProgressLines
from fusionflow_lab.results.result import Result
from fusionflow_lab.results.view import JobView

_NO_WIDGET: Mapping[str, object] = MappingProxyType({})

FindJob = Callable[[str], Job]
OpenCard = Callable[[Job], LiveCard]


class CardScreen:
    """One output of the cell, updated in place under one display id.

    Parameters
    ----------
    publisher
        Sends outputs to the front end.
    rows
        Rows of preview and table.
    table
        Whether the final rows are shown.
    find
        Finds the job that is shown; without it the output does not name the job to our extension.
    open_card
        Makes the widget that stands beside the HTML while the job is at work; without it there is none.
    """

    def __init__(
        self,
        publisher: DisplayPublisher,
        *,
        rows: int,
        table: bool,
        find: FindJob | None = None,
        open_card: OpenCard | None = None,
    ) -> None:
        self._publisher = publisher
        self._rows = rows
        self._table = table
        self._find = find
        self._open_card = open_card
        self._display_id = ""
        self._job: Job | None = None
        self._card: LiveCard | None = None

    def paint(self, view: JobView) -> None:
        """Draw the live card, unless the widget draws itself."""
        card = self._widget(view)
        if card is None or not card.fronts:
            self._show(live(view, rows=self._rows), view, {} if card is None else card.view_data)

    def finish(self, view: JobView, result: Result) -> None:
        """Draw the final card in the live one's place."""
        self._show(final(view, result, rows=self._rows, table=self._table), view)
        self._close()

    def leave(self, view: JobView) -> None:
        """Keep what was reached; leave the place empty where no job was begun."""
        if view.job:
            self._show(live(view, rows=self._rows), view)
        elif self._display_id:
            self._show(empty(), view)
        self._close()

    def _widget(self, view: JobView) -> LiveCard | None:
        if self._card is None and self._open_card is not None and view.job and not view.final:
            job = self._known(view)
            self._card = None if job is None else self._open_card(job)
        return self._card

    def _known(self, view: JobView) -> Job | None:
        if self._job is None and self._find is not None and view.job:
            self._job = self._find(view.job)
        return self._job

    def _show(self, bundle: Bundle, view: JobView, widget: Mapping[str, object] = _NO_WIDGET) -> None:
        data: dict[str, object] = {**bundle, **widget}
        job = self._known(view)
        if job is not None:
            data[JOB_MIME] = job_data(job.id, status=view.status, name=view.name, text=job.text)
        update = bool(self._display_id)
        self._display_id = self._display_id or uuid.uuid4().hex
        self._publisher.publish(data, {}, transient={"display_id": self._display_id}, update=update)

    def _close(self) -> None:
        # A page that was loaded again shows what it had, and no longer hears of what takes its place.
        if self._card is not None and self._card.fronts < 2:  # noqa: PLR2004 - one page, and another
            self._card.close()


class LineScreen:
    """Lines on stderr while the job runs if ``progress``, the final card as an output if ``keep``."""

    def __init__(
        self, publisher: DisplayPublisher, *, rows: int, table: bool, keep: bool, progress: bool
    ) -> None:
        self._publisher = publisher
        self._rows = rows
        self._table = table
        self._keep = keep
        self._lines = ProgressLines(sys.stderr, rewrite=False) if progress else None

    def paint(self, view: JobView) -> None:
        """Write a line for each 10 %."""
        if self._lines:
            self._lines.paint(view)

    def finish(self, view: JobView, result: Result) -> None:
        """Show the final card."""
        self.paint(view)
        if self._keep:
            self._publisher.publish(final(view, result, rows=self._rows, table=self._table), {})

    def leave(self, view: JobView) -> None:
        """Write how far it came."""
        if view.job:
            self.paint(view)


def screen_for(
    shell: InteractiveShell,
    options: CellOptions,
    *,
    table: bool = True,
    find: FindJob | None = None,
    awaits: bool = False,
) -> Screen:
    """Choose where a cell's output goes.

    Parameters
    ----------
    shell
        A kernel's shell can update an output in place; a terminal's cannot, and for a program that runs a
        notebook (papermill, ``jupyter execute``) lines are written instead.
    options
        What the cell asks for.
    table
        Whether the rows are shown; not where the result itself is shown after it.
    find
        Finds the job that is shown.
    awaits
        Whether the kernel answers while the cell runs: a widget would else be deaf.
    """
    publisher = shell.display_pub
    rows, table = options.limit, table and options.display
    # A program that runs a notebook keeps what was written last: lines tell it how the job went.
    in_place = options.progress == "widget" or (options.progress == "auto" and somebody_there(shell))
    if in_place and getattr(shell, "kernel", None) is not None and not options.quiet:
        live = awaits and widgets_there()
        return CardScreen(publisher, rows=rows, table=table, find=find, open_card=open_card if live else None)
    progress = options.progress != "none" and not options.quiet
    return LineScreen(publisher, rows=rows, table=table, keep=not options.quiet, progress=progress)
