"""A query that has not run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from fusionflow_lab.job import Job
from fusionflow_lab.planning.copying import sink_of
from fusionflow_lab.query import Query
from fusionflow_lab.results.result import Result


class Asked(Protocol):
    """Explains and submits queries; a session does."""

    def explain(self, query: Query) -> str:
        """Draw the plan of a query."""

    def submit(self, query: Query, *, priority: int = 0, reuse: bool = False, key: str = "") -> Job:
        """Start a job."""


@dataclass(frozen=True, slots=True)
class Relation:
    """A query that has not run: look at its plan, submit it, or ask for the result."""

    session: Asked
    query: Query

    def explain(self) -> str:
        """Draw the plan: stages, their SQL, what is to read and what is known. Nothing runs.

        Raises
        ------
        QueryError, SourceError, FileNotFoundError
            The query or its files are at fault.
        """
        return self.session.explain(self.query)

    def submit(self, *, priority: int = 0, reuse: bool = False, key: str = "") -> Job:
        """Start a job and return it at once; raises as ``explain`` does.

        Parameters
        ----------
        priority
            Jobs of a higher one go first.
        reuse
            Whether a job of the same query over unchanged files, at work or completed, is returned instead
            of a new one; what a cell does that is run again.
        key
            A name under which the query is submitted once: asked again, the same job is returned, whatever
            became of it. For programs that may try twice.
        """
        return self.session.submit(self.query, priority=priority, reuse=reuse, key=key)

    def copy_to(self, url: str, **options: str | bool | int | Sequence[str]) -> Relation:
        """Return the query that writes the rows of this one; as ``COPY (query) TO 'url' (options)`` does.

        Parameters
        ----------
        url
            A folder, which becomes a dataset, a file by its suffix, or ``s3://bucket/prefix``.
        options
            Those of COPY, in lower case: ``format``, ``partition_by``, ``compression``, ``file_size_bytes``,
            ``append``, ``overwrite`` …

        Raises
        ------
        QueryError
            An option is unknown, or has a value that is none of its values.

        Examples
        --------
        >>> from fusionflow_lab.api import connect
        >>> with connect(workers=1) as session:
        ...     rows = session.sql("FROM 'orders/*.csv'")
        ...     rows.copy_to("out", format="parquet", partition_by=["city"]).query.sink.partition_by
        ('city',)
        """
        texts = {
            name: tuple(value) if isinstance(value, list | tuple) else str(value)
            for name, value in options.items()
        }
        return replace(self, query=replace(self.query, sink=sink_of(url, texts)))

    def result(self, timeout: float | None = None) -> Result:
        """Submit, wait and return the result."""
        return self.submit().result(timeout)
