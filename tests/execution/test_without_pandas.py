"""DuckDB and pyarrow look for pandas once; whoever imports it afterwards gets it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

CODE = """
import sys
import fusionflow_lab.execution.without_pandas
import duckdb, pyarrow as pa
with duckdb.connect() as connection:
    connection.register("numbers", pa.table({"x": [1, 2]}))
    connection.execute("CREATE TABLE kept AS FROM numbers")
    print(connection.sql("SELECT sum(x) FROM kept").fetchall()[0][0], "pandas" in sys.modules)
import pandas
print(pa.table({"x": [1, 2]}).to_pandas().x.sum())
"""


METHOD = "DASK_DISTRIBUTED__WORKER__MULTIPROCESSING_METHOD"


@pytest.mark.parametrize(("method", "is_loaded"), [("forkserver", "False"), ("spawn", "True")])
def test_pandas_is_looked_for_in_processes_that_are_not_ours_alone(method: str, is_loaded: str) -> None:
    environment = {**os.environ, METHOD: method}

    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=True, env=environment
    )

    assert done.stdout.split() == ["3", is_loaded, "3"]
