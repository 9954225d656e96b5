"""Bytes that were read only to see that they are what was scanned before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add their count to the jobs."""
    # The default stays, as in the revision before.
    column = sa.Column("bytes_verified", sa.BigInteger(), nullable=False, server_default=sa.literal(0))
    op.add_column("jobs", column)


def downgrade() -> None:
    """Drop it again."""
    op.drop_column("jobs", "bytes_verified")
