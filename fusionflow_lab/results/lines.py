"""Progress for a terminal: one line for each 10 % on stderr, or one line that is rewritten where it can be.

stdout stays free for data.
"""

from __future__ import annotations

import shutil
from typing import TextIO

from fusionflow_lab.results.view import JobView

_STEP = 10
_CLEAR_LINE = "\r\x1b[2K"


class ProgressLines:
    """Writes a job's view as lines.

    Parameters
    ----------
    stream
        Where to write; usually stderr.
    rewrite
        Whether the last line may be written over, as on a terminal; else one line each 10 %.

    Examples
    --------
    >>> import sys
    >>> lines = ProgressLines(sys.stdout, rewrite=False)
    >>> lines.paint(JobView(fraction=0.31, message="running"))
     31 %  running
    >>> lines.paint(JobView(fraction=0.35))
    """

    def __init__(self, stream: TextIO, *, rewrite: bool) -> None:
        self._stream = stream
        self._rewrite = rewrite
        self._next = 0
        self._noted = 0
        self._open = False

    def paint(self, view: JobView) -> None:
        """Write the view if it is far enough from the last one written."""
        self._write_notes(view)
        percent = view.percent()
        if self._rewrite:
            self._stream.write(f"{_CLEAR_LINE}{_line(view)[: shutil.get_terminal_size().columns - 1]}")
            self._open = True
        elif percent >= self._next:
            self._stream.write(f"{_line(view)}\n")
            self._next = percent - percent % _STEP + _STEP
        self._stream.flush()

    def end(self, text: str) -> None:
        """Replace the open line, if there is one, by a last line."""
        self.clear()
        self._stream.write(f"{text}\n")
        self._stream.flush()

    def clear(self) -> None:
        """Remove the open line, if there is one."""
        if self._open:
            self._stream.write(_CLEAR_LINE)
            self._stream.flush()
            self._open = False

    def _write_notes(self, view: JobView) -> None:
        notes = [notice.text for notice in view.notices]
        for note in notes[self._noted :]:
            self.clear()
            self._stream.write(f"! {note}\n")
        self._noted = len(notes)


def _line(view: JobView) -> str:
    return f"{view.percent():3d} %  {view.speed()}"
