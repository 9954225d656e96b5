"""What Alembic runs: the steps, over the connection that ``jobs.database`` opened.

The caller's transaction surrounds all of it, so that a database is at one revision or at another and
never between.
"""

from __future__ import annotations

from alembic import context

from fusionflow_lab.jobs.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
