"""The jobs board in a cell: all jobs of the user, and each of them whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from fusionflow_lab.api import Session
from fusionflow_lab.notebook.widgets.base import ServiceWidget
from fusionflow_lab.notebook.widgets.kernel import cell_session
from fusionflow_lab.results.jobs_table import jobs_table
from fusionflow_lab.results.result import Result
from fusionflow_lab.service.service import Service


class JobsBoard(ServiceWidget):
    """All jobs of the user, live: to be filtered, searched, sorted, stopped, deleted and looked into.

    Parameters
    ----------
    session
        Whose jobs.

    Examples
    --------
    >>> from fusionflow_lab.api import connect
    >>> with connect(workers=1) as session:
    ...     board = JobsBoard(session)
    ...     board.close()
    """

    bundle_name: ClassVar[str] = "board"

    def __init__(self, session: Session) -> None:
        self._session = session
        super().__init__(Service.of(session))

    def still(self) -> Mapping[str, object]:
        """Return the newest jobs."""
        newest = Result(table=jobs_table(self._session.jobs()))
        return {"text/html": newest.to_html(), "text/plain": newest.to_text()}


def dashboard(*, session: Session | None = None) -> JobsBoard:
    """Show all jobs: filter and search them, stop and delete many at once, open one to see it whole.

    Parameters
    ----------
    session
        Whose jobs; by default the session of the cells.

    Raises
    ------
    ConfigError
        The widgets are not built.

    Examples
    --------
    >>> from fusionflow_lab.api import connect
    >>> with connect(workers=1) as session:
    ...     type(dashboard(session=session)).__name__
    'JobsBoard'
    """
    return JobsBoard(session or cell_session())
