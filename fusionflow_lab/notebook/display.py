"""Where a cell's output goes: one display that is updated in place, lines on stderr, or nothing.

The follower paints at most four times a second; what stays at the end is plain HTML and text.
"""

from __future__ import annotations

import sys
import uuid

from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell

from fusionflow_lab.notebook.card import Bundle, empty, final, live
from fusionflow_lab.notebook.options import CellOptions
from fusionflow_lab.results.follow import Screen
from fusionflow_lab.results.lines import ProgressLines
from fusionflow_lab.results.result import Result
from fusionflow_lab.results.view import JobView


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
    """

    def __init__(self, publisher: DisplayPublisher, *, rows: int, table: bool) -> None:
        self._publisher = publisher
        self._rows = rows
        self._table = table
        self._display_id = ""

    def paint(self, view: JobView) -> None:
        """Draw the live card."""
        self._show(live(view, rows=self._rows))

    def finish(self, view: JobView, result: Result) -> None:
        """Draw the final card in the live one's place."""
        self._show(final(view, result, rows=self._rows, table=self._table))

    def leave(self, view: JobView) -> None:
        """Keep what was reached; leave the place empty where no job was begun."""
        if view.job:
            self._show(live(view, rows=self._rows))
        elif self._display_id:
            self._show(empty())

    def _show(self, bundle: Bundle) -> None:
        update = bool(self._display_id)
        self._display_id = self._display_id or uuid.uuid4().hex
        self._publisher.publish(bundle, {}, transient={"display_id": self._display_id}, update=update)


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


def screen_for(shell: InteractiveShell, options: CellOptions, *, table: bool = True) -> Screen:
    """Choose where a cell's output goes.

    Parameters
    ----------
    shell
        A kernel's shell can update an output in place; a terminal's cannot.
    options
        What the cell asks for.
    table
        Whether the rows are shown; not where the result itself is shown after it.
    """
    publisher = shell.display_pub
    rows, table = options.limit, table and options.display
    if options.progress == "auto" and not options.quiet and getattr(shell, "kernel", None) is not None:
        return CardScreen(publisher, rows=rows, table=table)
    progress = options.progress != "none" and not options.quiet
    return LineScreen(publisher, rows=rows, table=table, keep=not options.quiet, progress=progress)
