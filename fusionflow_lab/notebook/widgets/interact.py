"""A query bound to controls: when one is moved, the query runs again with its value.

Chunks are known under what is asked of them, so a value that was there before costs nothing, and a new value
of a ``HAVING`` or ``LIMIT`` scans nothing. The job of a value that was moved on from is stopped; what it has
scanned is kept.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from html import escape
from typing import Final

import ipywidgets
from ipywidgets.widgets.interaction import interactive

from fusionflow_lab.api import Job, Session
from fusionflow_lab.errors import QueryError
from fusionflow_lab.notebook.output import drawn_job, view_of
from fusionflow_lab.notebook.widgets.card import JobCard
from fusionflow_lab.notebook.widgets.kept import KeptOutput
from fusionflow_lab.notebook.widgets.kernel import cell_session
from fusionflow_lab.relation import Relation
from fusionflow_lab.results.message import USER_ERRORS
from fusionflow_lab.results.result import Result

SETTLED_SECONDS: Final = 0.25


def interact(text: str, *, session: Session | None = None, name: str = "", **controls: object) -> Interaction:
    """Show a query with controls for its ``$x``; it runs again whenever one is moved.

    Parameters
    ----------
    text
        The query.
    session
        Whose jobs these are; by default the session of the cells.
    name
        A name for the jobs.
    controls
        A control for each ``$x``: a widget, or what ``ipywidgets.interact`` makes one of: ``(0, 10)`` is a
        slider, a list a choice, a text a field.

    Raises
    ------
    QueryError
        The query is wrong, or a control is none.

    Examples
    --------
    >>> interact("FROM 'orders/*.csv' WHERE amount > $least", least=object())
    Traceback (most recent call last):
    fusionflow_lab.errors.QueryError: $least is a object, which is no control
    try: give a widget, or (0, 10) for a slider, ['a', 'b'] for a choice
    """
    made = {parameter: _control(parameter, value) for parameter, value in controls.items()}
    used = session or cell_session()

    def ask(values: Mapping[str, object]) -> Relation:
        return used.sql(text, params=values, name=name)

    return Interaction(ask, made)


class Interaction(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Controls, and below them the card of the job that their values ask for.

    Parameters
    ----------
    ask
        Makes a query of the values of the controls.
    controls
        What is bound, by the name of its parameter.
    show
        Whether the controls are shown too; not where they are seen elsewhere.
    on_result
        Called with each job that has completed, on a thread of the box.
    """

    def __init__(
        self,
        ask: Callable[[Mapping[str, object]], Relation],
        controls: Mapping[str, ipywidgets.ValueWidget],
        *,
        show: bool = True,
        on_result: Callable[[Job], None] | None = None,
    ) -> None:
        self._ask = ask
        self._controls = dict(controls)
        self._on_result = on_result
        self._lock, self._asking, self._keeping = threading.RLock(), threading.Lock(), threading.Lock()
        self._timer: threading.Timer | None = None
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="fusionflow-interact")
        self._released = False
        self.card = JobCard(self._submitted())
        self.card.observe(self._ended, ["status", "job_id"])
        self._problem = ipywidgets.HTML()
        shown = [*self._controls.values()] if show else []
        super().__init__([*shown, self._problem, self.card])
        self._kept = KeptOutput(self._view_data, lambda: drawn_job(self.job, view_of(self.job)))
        for control in self._controls.values():
            control.observe(self._moved, "value")

    @property
    def job(self) -> Job:
        """The job of the newest values."""
        return self.card.job

    def result(self, timeout: float | None = None) -> Result:
        """Wait for the result of the newest values; see ``Job.result``."""
        return self.job.result(timeout)

    def close(self) -> None:
        """Take the box out of the page and leave the controls alone; a job at work goes on."""
        with self._lock:
            self._released = True
            if self._timer is not None:
                self._timer.cancel()
        for control in self._controls.values():
            with suppress(ValueError):  # it was never observed
                control.unobserve(self._moved, "value")
        self._pool.shutdown(wait=False, cancel_futures=True)
        self.card.close()
        self._problem.close()
        self._kept.close()
        super().close()

    def show(self) -> None:
        """Show the box where there are widgets; what its card shows now as HTML and text elsewhere."""
        self._kept.show()

    def _ipython_display_(self) -> None:
        self.show()

    def _view_data(self) -> Mapping[str, object]:
        drawn: Mapping[str, object] = super()._repr_mimebundle_()
        return drawn

    def _moved(self, _: object) -> None:
        """Ask when the controls rest: a slider tells of every step on its way."""
        with self._lock:
            if self._released:
                return
            if self._timer is not None:
                self._timer.cancel()
            self._timer = threading.Timer(SETTLED_SECONDS, self._pool.submit, (self._again,))
            self._timer.daemon = True
            self._timer.start()

    def _again(self) -> None:
        with self._asking:
            former = self.job
            try:
                job = self._submitted()
            except USER_ERRORS as error:
                self._problem.value = f"<pre>{escape(str(error))}</pre>"
                return
            self._problem.value = ""
            if job.id != former.id:
                self.card.show(job)
                if not former.done():
                    former.stop()

    def _submitted(self) -> Job:
        values = {name: control.value for name, control in self._controls.items()}
        return self._ask(values).submit(reuse=True)

    def _ended(self, _: object) -> None:
        job = self.job
        if self._on_result is not None and (self.card.job_id, self.card.status) == (job.id, "COMPLETED"):
            with suppress(RuntimeError):  # the box is closed
                self._pool.submit(self._keep, job, self._on_result)

    def _keep(self, job: Job, on_result: Callable[[Job], None]) -> None:
        """Tell of a job that has completed, unless the controls were moved on: it would come last."""
        with self._keeping:
            if self.job.id == job.id:
                on_result(job)


def _control(name: str, value: object) -> ipywidgets.ValueWidget:
    control = interactive.widget_from_abbrev(value)
    if not isinstance(control, ipywidgets.ValueWidget):
        raise QueryError(
            f"${name} is a {type(value).__name__}, which is no control",
            hint="give a widget, or (0, 10) for a slider, ['a', 'b'] for a choice",
        )
    return control
