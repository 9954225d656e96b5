"""The submit form in a cell: choices and SQL, and the job that comes of them."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import ClassVar

import traitlets

from fusionflow_lab.api import Job, Session
from fusionflow_lab.errors import QueryError
from fusionflow_lab.notebook.widgets.base import ServiceWidget
from fusionflow_lab.notebook.widgets.kernel import cell_session
from fusionflow_lab.planning.form import Form, FormSource
from fusionflow_lab.service.service import Service


class SubmitForm(ServiceWidget):
    """A form for a query and its job; nests in boxes and can be observed as any widget.

    ``sql`` and ``form`` are two faces of one query: whichever is set, in the page or here, the other follows.
    ``form`` is None where the SQL is wrong or holds what a form cannot show.

    Parameters
    ----------
    session
        Whose jobs these are.
    sql
        The query at first.

    Raises
    ------
    QueryError
        A form that is set has faults.

    Examples
    --------
    >>> from fusionflow_lab.api import connect
    >>> with connect(workers=1) as session:
    ...     form = SubmitForm(session, sql="SELECT city FROM 'orders/*.csv'")
    ...     form.form.columns[0].column
    'city'
    """

    bundle_name: ClassVar[str] = "form"

    sql = traitlets.Unicode("").tag(sync=True)
    job_id = traitlets.Unicode("").tag(sync=True)
    form = traitlets.Instance(Form, allow_none=True)

    def __init__(self, session: Session, *, sql: str = "") -> None:
        self._session = session
        super().__init__(Service.of(session))
        self.form = Form()
        self.sql = sql

    @property
    def job(self) -> Job | None:
        """The job that was submitted last; None before."""
        return self._session.job(self.job_id) if self.job_id else None

    def still(self) -> Mapping[str, object]:
        """Return the query that was made."""
        return {"text/html": f"<pre>{escape(self.sql)}</pre>", "text/plain": self.sql}

    @traitlets.observe("sql")
    def _follow_sql(self, change: dict[str, object]) -> None:
        try:
            found = self._session.planner.form(str(change["new"]))
        except QueryError:
            found = None
        self.form = found if isinstance(found, Form) else None

    @traitlets.validate("form")
    def _without_faults(self, proposal: dict[str, object]) -> object:
        form = proposal["value"]
        if isinstance(form, Form) and form != Form():
            self._session.planner.form_sql(form)
        return form

    @traitlets.observe("form")
    def _follow_form(self, change: dict[str, object]) -> None:
        form, planner = change["new"], self._session.planner
        if isinstance(form, Form) and form.source.path and planner.form(self.sql) != form:
            self.sql = planner.form_sql(form)


def form(pattern: str = "", *, sql: str = "", session: Session | None = None) -> SubmitForm:
    """Show a form for a query over files.

    Parameters
    ----------
    pattern
        A file, a pattern or the name of a table to begin with.
    sql
        A query to begin with, in place of a pattern.
    session
        Whose jobs these are; by default the session of the cells.

    Raises
    ------
    ConfigError
        The libraries of widgets are not installed.

    Examples
    --------
    >>> from fusionflow_lab.api import connect
    >>> with connect(workers=1) as session:
    ...     print(form("orders/*.csv", session=session).sql)
    SELECT *
    FROM 'orders/*.csv'
    """
    used = session or cell_session()
    text = sql or (used.planner.form_sql(Form(source=FormSource(path=pattern))) if pattern else "")
    return SubmitForm(used, sql=text)
