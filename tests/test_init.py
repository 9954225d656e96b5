from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

import fusionflow_lab
from fusionflow_lab import errors

HEAVY = [
    "IPython",
    "alembic",
    "dask",
    "distributed",
    "duckdb",
    "pandas",
    "polars",
    "pyarrow",
    "sqlalchemy",
    "tornado",
]


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


def median_seconds(code: str) -> float:
    seconds = []
    for _ in range(5):
        started = time.perf_counter()
        run(code)
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def test_import_loads_nothing_heavy() -> None:
    loaded = run(
        "import sys, fusionflow_lab; print(*{name.partition('.')[0] for name in sys.modules})"
    ).split()

    assert [name for name in HEAVY if name in loaded] == []


def test_import_adds_few_modules(record_property: Callable[[str, object], None]) -> None:
    added = int(
        run("import sys; before = len(sys.modules); import fusionflow_lab; print(len(sys.modules) - before)")
    )
    seconds = median_seconds("import fusionflow_lab") - median_seconds("pass")
    record_property("import_seconds", round(seconds, 4))  # told, not judged: machines are busy

    assert added <= 40


def test_errors_are_exported() -> None:
    tree = [name for name, value in vars(errors).items() if isinstance(value, type)]

    assert [name for name in tree if name not in fusionflow_lab.__all__] == []
    assert fusionflow_lab.QueryError is errors.QueryError


def test_version_is_that_of_the_native_core() -> None:
    native = run("from fusionflow_lab import _native; print(_native.__version__)").strip()

    assert fusionflow_lab.__version__ == native


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'fusionflow_lab' has no attribute 'conect'"):
        fusionflow_lab.conect  # noqa: B018


def test_dir_lists_the_public_names() -> None:
    assert dir(fusionflow_lab) == sorted(fusionflow_lab.__all__)


@pytest.mark.parametrize("name", ["Job", "Result", "Session", "connect"])
def test_lazy_names_load(name: str) -> None:
    assert getattr(fusionflow_lab, name).__name__ == name
