"""What is installed: this version, and what a worker must have in common with who sends it tasks."""

from __future__ import annotations

from typing import Final

import duckdb

from fusionflow_lab import _native
from fusionflow_lab.states.codec import STATE_FORMAT

VERSION: Final[str] = _native.__version__
BUILD: Final = f"{VERSION} with DuckDB {duckdb.__version__}, states {STATE_FORMAT}"
"""Tasks and states of one are read by the other."""
