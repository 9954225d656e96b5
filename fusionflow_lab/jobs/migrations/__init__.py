"""The schema of the job database, step by step (Alembic).

``HEAD`` is the newest revision: a database that is there needs no look at the steps, so that opening
one does not load Alembic.
"""

from __future__ import annotations

from typing import Final

HEAD: Final = "0005"
