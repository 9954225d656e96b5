"""The tables of the job database, as SQLAlchemy sees them. Only ``jobs.store`` uses them.

A job is a row with a lease and an epoch: whoever claims the lease raises the epoch, and writes only
where the epoch is still his. Times are seconds since the epoch. The schema itself is made by
``jobs/migrations``; a test holds both equal.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, MetaData, String, Table, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Base of the tables; its naming rules let migrations drop constraints by name."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def table_of(row: type[Base]) -> Table:
    """Return the table of a class of rows: for statements that need no objects, and cost a tenth."""
    table = row.__table__
    if not isinstance(table, Table):
        raise TypeError(row)
    return table


class JobRow(Base):
    """One job: what was asked, who drives it, how far it is and how it ended."""

    __tablename__ = "jobs"
    __table_args__ = (
        Index("ix_jobs_owner_created", "owner", "created"),
        Index("ix_jobs_status", "status"),
        Index("ix_jobs_reuse_key", "reuse_key"),
        # Of rows with a key only, says the migration; said here, it would load all of PostgreSQL's drivers.
        Index("ix_jobs_owner_submit_key", "owner", "submit_key", unique=True),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    owner: Mapped[str] = mapped_column(String(255), default="")
    name: Mapped[str] = mapped_column(String(255), default="")
    text: Mapped[str] = mapped_column(Text)
    use_cache: Mapped[bool] = mapped_column(default=True)
    plan_hash: Mapped[str] = mapped_column(String(64), default="")
    cluster: Mapped[str] = mapped_column(String(255), default="")
    priority: Mapped[int] = mapped_column(default=0)

    status: Mapped[str] = mapped_column(String(16))
    desired: Mapped[str] = mapped_column(String(8))
    lease_holder: Mapped[str] = mapped_column(String(255), default="")
    lease_until: Mapped[float] = mapped_column(default=0.0)
    epoch: Mapped[int] = mapped_column(BigInteger, default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    last_seq: Mapped[int] = mapped_column(BigInteger, default=0)

    chunks_total: Mapped[int] = mapped_column(BigInteger, default=0)
    chunks_done: Mapped[int] = mapped_column(BigInteger, default=0)
    bytes_total: Mapped[int] = mapped_column(BigInteger, default=0)
    bytes_done: Mapped[int] = mapped_column(BigInteger, default=0)
    rows_read: Mapped[int] = mapped_column(BigInteger, default=0)
    rows_used: Mapped[int] = mapped_column(BigInteger, default=0)
    rows_filtered: Mapped[int] = mapped_column(BigInteger, default=0)
    rows_rejected: Mapped[int] = mapped_column(BigInteger, default=0)
    bytes_scanned: Mapped[int] = mapped_column(BigInteger, default=0)
    bytes_reused: Mapped[int] = mapped_column(BigInteger, default=0)

    result_ref: Mapped[str] = mapped_column(Text, default="")
    error: Mapped[str | None] = mapped_column(Text)
    created: Mapped[float]
    started: Mapped[float | None]
    finished: Mapped[float | None]

    query: Mapped[str] = mapped_column(Text, default="")
    reuse_key: Mapped[str] = mapped_column(String(64), default="")
    submit_key: Mapped[str] = mapped_column(String(255), default="")
    losses: Mapped[int] = mapped_column(default=0)
    chunks_claimed: Mapped[int] = mapped_column(BigInteger, default=0)
    retry_at: Mapped[float] = mapped_column(default=0.0)
    bytes_unread: Mapped[int] = mapped_column(BigInteger, default=0)
    bytes_verified: Mapped[int] = mapped_column(BigInteger, default=0)


class EventRow(Base):
    """One durable event; ``seq`` counts from 1 without gaps within a job, ``cursor`` over all jobs."""

    __tablename__ = "job_events"
    __table_args__ = (Index("ix_job_events_cursor", "cursor"),)

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    time: Mapped[float]
    type: Mapped[str] = mapped_column(String(32))
    body: Mapped[str] = mapped_column(Text)
    cursor: Mapped[int] = mapped_column(BigInteger, default=0)


class EventCounterRow(Base):
    """The cursor of the newest durable event, in one row: its lock puts all events into one order.

    Who appends an event raises it and keeps the row to the commit. So cursors are committed in their order,
    and a reader who has seen one has seen all before it; a sequence of the database would not give that.
    """

    __tablename__ = "event_counter"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int] = mapped_column(BigInteger)


class LatestRow(Base):
    """The latest live event of each type of a job; ``data`` holds a preview's bytes."""

    __tablename__ = "job_latest"

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    type: Mapped[str] = mapped_column(String(32), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    time: Mapped[float]
    body: Mapped[str] = mapped_column(Text)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class ChunkErrorRow(Base):
    """Where a chunk stands that failed: its bytes, the attempts so far and the last reason."""

    __tablename__ = "chunk_errors"

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    file: Mapped[str] = mapped_column(Text, primary_key=True)
    start: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    end: Mapped[int] = mapped_column(BigInteger)
    attempts: Mapped[int]
    message: Mapped[str] = mapped_column(Text)
    time: Mapped[float]


class RunnerRow(Base):
    """One runner at work: where it is reached, what it serves and when it last said that it lives."""

    __tablename__ = "runners"

    id: Mapped[str] = mapped_column(String(255), primary_key=True)
    host: Mapped[str] = mapped_column(String(255))
    pid: Mapped[int] = mapped_column(BigInteger)
    cluster: Mapped[str] = mapped_column(String(255))
    version: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(Text)
    scheduler: Mapped[str] = mapped_column(Text, default="")
    workers: Mapped[int] = mapped_column(default=0)
    started: Mapped[float]
    heartbeat: Mapped[float]
