"""The output of a widget, made to outlive its kernel.

JupyterLab writes "model not found" in the place of a widget whose kernel is gone, though HTML stands beside
it. So the output has a display id, and when the kernel is told to end, HTML and text take the widget's place.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress

from IPython.core.getipython import get_ipython
from IPython.core.interactiveshell import InteractiveShell

from fusionflow_lab.notebook.somebody import somebody_there
from fusionflow_lab.results.message import USER_ERRORS

Draw = Callable[[], Mapping[str, object]]


class KeptOutput:
    """Where a widget is shown, as often as it is.

    Parameters
    ----------
    widget
        Returns what a front end with widgets is given to show.
    still
        Returns what stands for the widget elsewhere, and when the kernel has ended.
    """

    def __init__(self, widget: Draw, still: Draw) -> None:
        self._widget = widget
        self._still = still
        self._display_id = uuid.uuid4().hex
        self._shell: InteractiveShell | None = None

    def show(self) -> None:
        """Show the widget in the cell that runs; what stands for it where a program runs the notebook."""
        shell = get_ipython()
        if shell is None:
            return
        widget = self._widget() if somebody_there(shell) else {}
        if self._shell is None:
            self._shell = shell
            # What Python calls at its end may come too late: a kernel has seconds from here on.
            shell.observe(self._ends, "exit_now")
        self._publish({**widget, **self._still()}, update=False)

    def close(self) -> None:
        """Leave the place empty."""
        if self._shell is not None:
            self._shell.unobserve(self._ends, "exit_now")
            self._publish({"text/html": "", "text/plain": ""}, update=True)
        self._shell = None

    def _ends(self, change: Mapping[str, object]) -> None:
        # On a thread that Python waits for: whatever goes wrong there, the kernel ends as it was told.
        if change["new"]:
            threading.Thread(target=self._rest, name="fusionflow-kept").start()

    def _rest(self) -> None:
        with suppress(*USER_ERRORS):  # the job was deleted: what is shown is all there is
            self._publish(self._still(), update=True)

    def _publish(self, data: Mapping[str, object], *, update: bool) -> None:
        shell = self._shell
        if shell is not None:
            shell.display_pub.publish(
                dict(data), {}, transient={"display_id": self._display_id}, update=update
            )
