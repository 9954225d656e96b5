"""Queries over JSON of every form through a real cluster, beside DuckDB's own reader."""

from __future__ import annotations

import bz2
import gzip
import json
import random
from math import isclose
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from fusionflow_lab.api import Session
from fusionflow_lab.errors import QueryError

ROWS = 6000
QUERIES = [
    "SELECT kind, count(*), sum(amount), max(moment) FROM {} GROUP BY kind ORDER BY ALL",
    "SELECT owner.name, count(*), avg(owner.size) FROM {} GROUP BY ALL ORDER BY ALL",
    "SELECT t.owner.place.x, min(t.owner.name) FROM {} t WHERE t.owner.size > 50 GROUP BY ALL ORDER BY ALL",
    "SELECT sum(len(tags)), count(tags), list_sort(list(DISTINCT tags[1])) FROM {}",
    "SELECT id, tag FROM (SELECT id, unnest(tags) AS tag FROM {}) WHERE tag LIKE 'b%' ORDER BY ALL LIMIT 20",
    "SELECT count(*), count(owner), count(owner.place), count(late), count(huge) FROM {}",
    "SELECT * FROM {} ORDER BY id LIMIT 7",
    "SELECT count(DISTINCT owner), count(DISTINCT t), count(*) FILTER (WHERE owner.size > 5) FROM {} AS t",
    "SELECT day, sum(huge), bool_or(ok) FROM {} WHERE ok OR ok IS NULL GROUP BY day ORDER BY ALL",
    "SELECT mixed, count(*) FROM {} GROUP BY ALL ORDER BY count(*) DESC, mixed LIMIT 5",
    "SELECT map_keys(attributes)[1] AS k, count(*) FROM {} GROUP BY ALL ORDER BY ALL LIMIT 9",
]


def records() -> list[dict[str, object]]:
    rng = random.Random(5)
    made: list[dict[str, object]] = []
    for number in range(ROWS):
        record: dict[str, object] = {
            "id": number,
            "kind": rng.choice(["push", "watch", 'grün "x"', "a kind with a name longer than twelve"]),
            "amount": rng.choice([rng.randrange(1000), round(rng.uniform(0, 99), 3), None]),
            "owner": {
                "name": f"o{rng.randrange(9)}",
                "size": rng.randrange(100),
                "place": {"x": rng.randrange(4)},
            },
            "tags": rng.sample(["a", "b", "bc", "é"], rng.randrange(4)),
            "ok": rng.choice([True, False, None]),
            "day": f"2024-01-{rng.randrange(1, 29):02}",
            "moment": f"2024-01-{rng.randrange(1, 29):02}T10:00:{rng.randrange(60):02}Z",
            "huge": 2**63 + number,
            "mixed": rng.choice([1, "one", [1]]),
            "attributes": {f"key{rng.randrange(400)}": rng.randrange(9)},
        }
        for name in ("amount", "owner", "tags", "ok"):
            if rng.random() < 0.05:
                del record[name]
        if rng.random() < 0.2:
            record["late"] = "here"
        made.append(record)
    return made


def write(folder: Path, form: str) -> str:
    """Write the records in a form; return the pattern of the files."""
    made = records()
    if form == "list":
        (folder / "one.json").write_text(json.dumps(made, indent=1))
        return f"{folder}/one.json"
    if form == "lines":
        (folder / "one.jsonl").write_text("".join(json.dumps(record) + "\n" for record in made))
        return f"{folder}/one.jsonl"
    if form == "packed":
        parts = [
            "".join(json.dumps(record) + "\n" for record in made[at : at + 500]) for at in range(0, ROWS, 500)
        ]
        (folder / "one.jsonl.gz").write_bytes(b"".join(gzip.compress(part.encode()) for part in parts))
        (folder / "one.txt").write_text("".join(parts))
        (folder / "two.json.bz2").write_bytes(bz2.compress(json.dumps(made).encode()))
        return f"{folder}/one.jsonl.gz"
    for number in range(6):
        part = made[number * 1000 : (number + 1) * 1000]
        text = json.dumps(part) if number == 4 else "\r\n".join(json.dumps(record) for record in part)
        (folder / f"part{number}.json").write_text(text)
    return f"{folder}/*.json"


def alike(one: object, other: object) -> bool:
    """Tell whether values are equal; sums of fractions may have been made in another order."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        return all(alike(mine, theirs) for mine, theirs in zip(one, other, strict=True))
    if isinstance(one, float) and isinstance(other, float):
        return isclose(one, other, rel_tol=1e-12)
    return one == other


@pytest.mark.parametrize("form", ["lines", "list", "files", "packed"])
def test_queries_over_json(form: str, session: Session, tmp_path: Path) -> None:
    pattern = write(tmp_path, form)
    plain = pattern.replace("one.jsonl.gz", "one.txt")
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for query in QUERIES:
            found = connection.execute(query.format(f"read_json('{plain}')"))
            expected = [(str(name), str(kind)) for name, kind, *_ in found.description or []]
            rows = found.fetchall()
            result = session.sql(query.format(f"'{pattern}'")).result()
            connection.register("answer", result.arrow())
            mine = connection.execute("FROM answer").fetchall()
            assert len(mine) == len(rows), query
            assert all(alike(one, other) for one, other in zip(mine, rows, strict=True)), query
            assert [name for name, _ in expected] == result.table.column_names
            connection.unregister("answer")
            assert isinstance(result.table, pa.Table)
            counters = result.counters
            assert counters.rows_read == counters.rows_used + counters.rows_filtered == ROWS, query


def test_packed_lists_are_read_like_others(session: Session, tmp_path: Path) -> None:
    write(tmp_path, "packed")
    found = session.sql(f"SELECT count(*), sum(id) FROM '{tmp_path}/two.json.bz2'").result()
    assert found.table.to_pylist() == [{"count_star()": ROWS, "sum(id)": sum(range(ROWS))}]


LATE = [
    "SELECT a FROM {} ORDER BY a.x",
    "SELECT n, a.inner FROM {} ORDER BY n",
    "SELECT list FROM {} ORDER BY n",
    "SELECT a, count(*) FROM {} WHERE n >= 99_990 GROUP BY a ORDER BY a.x",
    "SELECT a.x, a.inner.y FROM {} ORDER BY n",
    "SELECT a.late, a.inner.late FROM {} WHERE a.late IS NOT NULL",
    "SELECT a.late FROM {} ORDER BY n",
]


def test_a_field_that_no_sample_showed_is_refused(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"a":{"x":1}}\n')
    with pytest.raises(QueryError, match="there is no field late") as told:
        session.sql(f"SELECT a.late FROM '{path}'").result()
    assert "fields: x" in str(told.value)
    assert "sample_size = -1" in str(told.value)


@pytest.mark.parametrize("late", [60_000, 99_999])
def test_late_fields_of_structs_are_not_lost(late: int, session: Session, tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    with path.open("w") as file:
        for n in range(100_000):
            more = ',"late":"here"' if n == late else ""
            inner = f'{{"y":{n % 7}{more}}}'
            record = f'{{"n":{n},"a":{{"x":{n},"inner":{inner}{more}}},"list":[{inner}]}}\n'
            file.write(record)
    whole = f"read_json('{path}', sample_size = -1)"
    with duckdb.connect() as connection:
        for query in LATE:
            expected = connection.execute(query.format(whole)).fetchall()
            # What a path asks for must be known before; everything else is found on the way.
            source = whole if ".late" in query else f"'{path}'"
            connection.register("answer", session.sql(query.format(source)).result().arrow())
            assert connection.execute("FROM answer").fetchall() == expected, query
            connection.unregister("answer")
