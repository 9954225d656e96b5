"""Keys under which a job is submitted once, however often it is asked for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_INDEX = "ix_jobs_owner_submit_key"


def upgrade() -> None:
    """Add the key to the jobs; an owner has each at most once."""
    # The default stays, as in the revision before.
    column = sa.Column("submit_key", sa.String(255), nullable=False, server_default=sa.literal(""))
    op.add_column("jobs", column)
    given = sa.text("submit_key != ''")
    op.create_index(
        _INDEX, "jobs", ["owner", "submit_key"], unique=True, sqlite_where=given, postgresql_where=given
    )


def downgrade() -> None:
    """Drop it again."""
    op.drop_index(_INDEX, "jobs")
    op.drop_column("jobs", "submit_key")
