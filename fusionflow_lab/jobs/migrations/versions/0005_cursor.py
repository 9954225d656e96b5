"""One order of all durable events, so that a reader of many jobs can go on where it was cut."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_NUMBER = """
UPDATE job_events SET cursor = numbered.place FROM (
  SELECT job_id, seq, row_number() OVER (ORDER BY time, job_id, seq) AS place FROM job_events
) AS numbered WHERE numbered.job_id = job_events.job_id AND numbered.seq = job_events.seq
"""


def upgrade() -> None:
    """Give the events that are there cursors by their times, and count on from there."""
    # The default stays, as in the revisions before.
    column = sa.Column("cursor", sa.BigInteger(), nullable=False, server_default=sa.literal(0))
    op.add_column("job_events", column)
    op.execute(_NUMBER)
    op.create_index("ix_job_events_cursor", "job_events", ["cursor"])
    op.create_table(
        "event_counter",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_event_counter"),
    )
    op.execute("INSERT INTO event_counter (id, last) SELECT 1, coalesce(max(cursor), 0) FROM job_events")


def downgrade() -> None:
    """Drop it again."""
    op.drop_table("event_counter")
    op.drop_index("ix_job_events_cursor", "job_events")
    op.drop_column("job_events", "cursor")
