"""Jobs that outlive their submitter: the whole query, lost leases, unread bytes; runners."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ADDED = {"query": "", "reuse_key": "", "losses": 0, "chunks_claimed": 0, "retry_at": 0.0, "bytes_unread": 0}


def upgrade() -> None:
    """Add columns to the jobs, and the table of runners; jobs that are there keep all they have."""
    # A column that is not null needs a default to be added. It stays: taking it away would make SQLite copy
    # the table, and dropping the old one takes every event along.
    _add("query", sa.Text())
    _add("reuse_key", sa.String(64))
    _add("losses", sa.Integer())
    _add("chunks_claimed", sa.BigInteger())
    _add("retry_at", sa.Double())
    _add("bytes_unread", sa.BigInteger())
    op.create_index("ix_jobs_reuse_key", "jobs", ["reuse_key"])
    op.create_table(
        "runners",
        sa.Column("id", sa.String(255), nullable=False),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("pid", sa.BigInteger(), nullable=False),
        sa.Column("cluster", sa.String(255), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("scheduler", sa.Text(), nullable=False),
        sa.Column("workers", sa.Integer(), nullable=False),
        sa.Column("started", sa.Double(), nullable=False),
        sa.Column("heartbeat", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_runners"),
    )


def downgrade() -> None:
    """Drop them again."""
    op.drop_table("runners")
    op.drop_index("ix_jobs_reuse_key", "jobs")
    for name in reversed(_ADDED):
        op.drop_column("jobs", name)


def _add(name: str, kind: sa.types.TypeEngine[str] | sa.types.TypeEngine[int] | sa.Double[float]) -> None:
    default = sa.literal(_ADDED[name])
    op.add_column("jobs", sa.Column(name, kind, nullable=False, server_default=default))
