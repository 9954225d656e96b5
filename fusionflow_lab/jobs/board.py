"""The jobs of one owner as somebody looks through them: page by page, searched, counted, and their events.

Every question names the owner, and a job of another is as unknown as one that never was. Pages go on from
the last row of the page before (its sort value and id), so that new jobs shift nothing.
"""

from __future__ import annotations

import base64
import binascii
import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import accumulate
from types import MappingProxyType
from typing import Final, Literal, TypeAlias, cast, get_args

from sqlalchemy import ColumnElement, Engine, and_, case, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from fusionflow_lab.errors import JobError
from fusionflow_lab.jobs.events import Event, Status
from fusionflow_lab.jobs.models import EventCounterRow, EventRow, JobRow
from fusionflow_lab.jobs.records import JobRecord
from fusionflow_lab.jobs.rows import event_of, record_of
from fusionflow_lab.query import Counters

Sort = Literal[
    "created", "started", "finished", "duration", "name", "status", "bytes_total", "rows_read", "owner"
]
Page: TypeAlias = tuple[tuple[JobRecord, ...], str | None]

_NUMBERS: Final[frozenset[str]] = frozenset(
    {"created", "started", "finished", "duration", "bytes_total", "rows_read"}
)
# A job at work is longer than any that has ended, the one that began first before others.
_AT_WORK: Final = 1e10
# Characters of SQL that a page has at most, unless a single job has more: pages travel in one message.
PAGE_TEXT: Final = 256 << 10


class UnknownJobError(JobError):
    """There is no job of this id, or it is another's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Which jobs are looked for: those of some statuses, whose name, id or SQL has a text in it."""

    owner: str
    statuses: Sequence[Status] = ()
    text: str = ""

    def select(self) -> ColumnElement[bool]:
        """Return the condition on a row."""
        conditions: list[ColumnElement[bool]] = [JobRow.owner == self.owner]
        if self.statuses:
            conditions.append(JobRow.status.in_(self.statuses))
        if self.text:
            conditions.append(
                or_(
                    JobRow.name.icontains(self.text, autoescape=True),
                    JobRow.id.startswith(self.text, autoescape=True),
                    JobRow.text.icontains(self.text, autoescape=True),
                )
            )
        return and_(*conditions)


class Board:
    """Looks through the jobs of a database.

    Examples
    --------
    >>> import tempfile
    >>> from fusionflow_lab.jobs.store import JobStore
    >>> from fusionflow_lab.query import Query
    >>> with JobStore(f"{tempfile.mkdtemp()}/jobs.sqlite") as store:
    ...     job = store.create(Query(text="FROM 'a.csv'", name="first"), owner="ann").id
    ...     board = Board(store.engine)
    ...     jobs, _ = board.page(Wanted(owner="ann", text="FIRST"))
    ...     jobs[0].id == job, board.page(Wanted(owner="bob")), board.counts(Wanted(owner="ann"))["CREATED"]
    (True, ((), None), 1)
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def job(self, job: str, *, owner: str) -> JobRecord:
        """Return a job of an owner.

        Raises
        ------
        UnknownJobError
            There is none of this id, or it is another's.
        """
        query = select(JobRow).where(JobRow.id == job, JobRow.owner == owner)
        with Session(self._engine) as session:
            row = session.scalars(query).one_or_none()
            if row is None:
                raise unknown_job(job)
            return record_of(row)

    def page(
        self, wanted: Wanted, *, sort: Sort = "created", up: bool = False, limit: int = 100, cursor: str = ""
    ) -> Page:
        """Return jobs, and the cursor of the page after; None where there is none.

        Parameters
        ----------
        wanted
            Which jobs.
        sort, up
            By what, and whether the least comes first; by default the newest come first.
        limit
            How many; fewer where their SQL is long.
        cursor
            What the page before gave; empty for the first page.

        Raises
        ------
        ValueError
            The cursor is none of this order.
        """
        value = _sorted_by(sort)
        query = select(JobRow, value).where(wanted.select())
        if cursor:
            query = query.where(_after(value, _decoded(cursor, sort, up=up), up=up))
        ways = (value.asc(), JobRow.id.asc()) if up else (value.desc(), JobRow.id.desc())
        with Session(self._engine) as session:
            rows = session.execute(query.order_by(*ways).limit(limit + 1)).all()
            fitting = _fitting([len(row.text) for row, _ in rows[:limit]])
            jobs = tuple(record_of(row) for row, _ in rows[:fitting])
            if len(rows) <= fitting:
                return jobs, None
            last, at = rows[fitting - 1]
            return jobs, _encoded(sort, at, last.id, up=up)

    def counts(self, wanted: Wanted) -> Mapping[Status, int]:
        """Count jobs by status; every status is there."""
        query = select(JobRow.status, func.count()).where(wanted.select()).group_by(JobRow.status)
        with Session(self._engine) as session:
            found = {row[0]: row[1] for row in session.execute(query)}
        return {status: found.get(status, 0) for status in get_args(Status)}

    def totals(self, wanted: Wanted) -> Counters:
        """Add up the rows and bytes of jobs."""
        names = [each.name for each in fields(Counters)]
        sums = [func.coalesce(func.sum(getattr(JobRow, name)), 0) for name in names]
        with Session(self._engine) as session:
            found = session.execute(select(*sums).where(wanted.select())).one()
        return Counters(**{name: int(count) for name, count in zip(names, found, strict=True)})

    def ids(self, wanted: Wanted) -> tuple[str, ...]:
        """Return the ids of all jobs that are wanted."""
        with Session(self._engine) as session:
            return tuple(session.scalars(select(JobRow.id).where(wanted.select())))

    def clusters(self, wanted: Wanted) -> frozenset[str]:
        """Return the names of the clusters that jobs run on."""
        with Session(self._engine) as session:
            return frozenset(session.scalars(select(JobRow.cluster).where(wanted.select()).distinct()))

    def cursor(self) -> int:
        """Return the cursor of the newest durable event of all jobs; 0 before the first."""
        with Session(self._engine) as session:
            return session.scalars(select(EventCounterRow.last)).one_or_none() or 0

    def events(
        self, *, owner: str, since: int, job: str = "", limit: int = 500
    ) -> tuple[tuple[int, Event], ...]:
        """Return durable events of an owner after a cursor, each with its own, in order.

        Parameters
        ----------
        owner
            Whose jobs.
        since
            The cursor.
        job
            One job; empty for all.
        limit
            The most events at once.
        """
        # Written so that no index on owners is taken: the few events after the cursor are found first.
        owned = func.coalesce(JobRow.owner, "") == owner
        query = (
            select(EventRow)
            .join(JobRow, JobRow.id == EventRow.job_id)
            .where(owned, EventRow.cursor > since)
            .order_by(EventRow.cursor)
            .limit(limit)
        )
        if job:
            query = query.where(EventRow.job_id == job)
        with Session(self._engine) as session:
            return tuple((row.cursor, event_of(row)) for row in session.scalars(query))


def unknown_job(job: str) -> UnknownJobError:
    """Return the error of a job that is not there."""
    error = UnknownJobError("no job has this id", hint="look for it in the list of jobs")
    error.job_id = job
    return error


_COLUMNS: Final[Mapping[str, InstrumentedAttribute[str] | InstrumentedAttribute[int]]] = MappingProxyType(
    {
        "name": JobRow.name,
        "status": JobRow.status,
        "owner": JobRow.owner,
        "bytes_total": JobRow.bytes_total,
        "rows_read": JobRow.rows_read,
    }
)


def _sorted_by(sort: Sort) -> ColumnElement[object]:
    if sort == "created":
        return cast("ColumnElement[object]", JobRow.created)
    if sort in {"started", "finished"}:  # what has not come yet is the least
        column = JobRow.started if sort == "started" else JobRow.finished
        return cast("ColumnElement[object]", func.coalesce(column, 0.0))
    if sort == "duration":
        ended = JobRow.finished - JobRow.started
        lasted = case((JobRow.started.is_(None), 0.0), else_=func.coalesce(ended, _AT_WORK - JobRow.started))
        return cast("ColumnElement[object]", lasted)
    return cast("ColumnElement[object]", _COLUMNS[sort])


def _fitting(lengths: Sequence[int]) -> int:
    """Return how many texts of these lengths go onto one page: at least one.

    Examples
    --------
    >>> _fitting([10, 20]), _fitting([PAGE_TEXT + 1, 10]), _fitting([10, PAGE_TEXT]), _fitting([])
    (2, 1, 1, 0)
    """
    fitting = bisect_right([*accumulate(lengths)], PAGE_TEXT)
    return max(fitting, min(len(lengths), 1))


def _after(value: ColumnElement[object], last: tuple[object, str], *, up: bool) -> ColumnElement[bool]:
    at, job = last
    if up:
        return or_(value > at, and_(value == at, JobRow.id > job))
    return or_(value < at, and_(value == at, JobRow.id < job))


def _encoded(sort: Sort, at: object, job: str, *, up: bool) -> str:
    return base64.urlsafe_b64encode(json.dumps([sort, up, at, job]).encode()).decode().rstrip("=")


def _decoded(cursor: str, sort: Sort, *, up: bool) -> tuple[object, str]:
    try:
        of, way, at, job = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, TypeError):
        of, way, at, job = "", False, None, None
    kinds = (int, float) if sort in _NUMBERS else (str,)
    good = isinstance(at, kinds) and not isinstance(at, bool) and isinstance(job, str)
    if (of, way) != (sort, up) or not good:
        raise ValueError("the cursor is none of a page of this order")
    return at, job
