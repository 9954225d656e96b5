"""A lazy module is loaded by the first look at one of its names, and is that module from then on."""

from __future__ import annotations

import subprocess
import sys

import pytest

from fusionflow_lab.lazily import Lazy


def test_loaded_by_the_first_look() -> None:
    code = (
        "import sys; from fusionflow_lab.lazily import Lazy\n"
        "colors = Lazy('colorsys'); before = 'colorsys' in sys.modules\n"
        "colors.rgb_to_hsv(0, 0, 0); print(before, 'colorsys' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["False", "True"]


def test_unknown_names_are_told() -> None:
    with pytest.raises(AttributeError, match="module 'json' has no attribute 'lods'"):
        Lazy("json").lods  # noqa: B018
    assert repr(Lazy("json")) == "Lazy('json')"


def test_a_client_of_a_runner_loads_neither_dask_nor_what_is_seldom_used() -> None:
    code = (
        "import sys, fusionflow_lab.notebook.magics; print(*{name.partition('.')[0] for name in sys.modules})"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    seldom = {"alembic", "dask", "distributed", "fsspec", "pandas", "pydantic", "typer"}
    assert seldom & set(done.stdout.split()) == set()


def test_the_command_line_loads_what_its_command_needs() -> None:
    code = "import sys, fusionflow_lab.cli; print(*{name.partition('.')[0] for name in sys.modules})"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert {"distributed", "duckdb", "pyarrow", "sqlalchemy"} & set(done.stdout.split()) == set()
