"""Random tables, DuckDB over them, and a planner that knows them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.differential.soak import Bench, open_bench

SEED = 20260


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    made = open_bench(tmp_path_factory.mktemp("types"), SEED)
    yield made
    made.close()
