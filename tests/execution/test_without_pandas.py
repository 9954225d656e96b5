"""DuckDB and pyarrow look for pandas once; whoever imports it afterwards gets it."""

from __future__ import annotations

import subprocess
import sys

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


def test_pandas_is_not_loaded_but_there() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["3", "False", "3"]
