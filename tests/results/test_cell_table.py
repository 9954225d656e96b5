"""What a cell shows is one table, tests/results/cells.json; the front end is held to it by its own tests."""

from __future__ import annotations

import base64
import io
import json

import pyarrow as pa
import pytest

from tests.results.cell_table import TABLE, entry, tables

ENTRIES = json.loads(TABLE.read_text())


def test_the_table_holds_every_value() -> None:
    assert [known["sql"] for known in ENTRIES] == [sql for sql, _ in tables()]


@pytest.mark.parametrize("known", ENTRIES, ids=lambda known: known["sql"][:40])
def test_a_value_shows_as_the_table_says(known: dict[str, object]) -> None:
    with pa.ipc.open_stream(io.BytesIO(base64.b64decode(str(known["ipc"])))) as reader:
        table = reader.read_all()
    now = entry(str(known["sql"]), table)
    now["ipc"] = known["ipc"]  # the padding of a buffer may differ
    assert now == known


def test_duckdb_still_gives_these_values() -> None:
    for known, (_, table) in zip(ENTRIES, tables(), strict=True):
        now = entry(str(known["sql"]), table)
        assert (now["type"], now["text"], now["full"]) == (known["type"], known["text"], known["full"])
