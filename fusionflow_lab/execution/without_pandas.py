"""Have DuckDB and pyarrow look for pandas once, here, and not find it: it takes longer to load than either.

Both ask for it at their first look at a table, and keep the answer. No process of a runner has any use for
it. Who else imports pandas in such a process gets it as ever; in any other process this module does nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.abc import MetaPathFinder

import duckdb
import pyarrow as pa

from fusionflow_lab.execution.fork_server import is_fork_server_used


class _NoPandas(MetaPathFinder):
    """Finds that pandas is not there."""

    def find_spec(self, fullname: str, *_: object) -> None:
        """Leave every module but one to the other finders."""
        if fullname == "pandas":
            raise ModuleNotFoundError("pandas is not looked for now", name=fullname)


@contextmanager
def _unseen() -> Iterator[None]:
    finder = _NoPandas()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


if is_fork_server_used() and "pandas" not in sys.modules:
    with _unseen(), duckdb.connect(config={"threads": 1}) as _connection:
        _connection.register("nothing", pa.table({"x": [0]}))
