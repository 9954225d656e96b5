from __future__ import annotations

import base64
import random
from pathlib import Path

import pyarrow as pa
import pytest

from fusionflow_lab.service import plans
from tests.service.conftest import Asker


def test_a_query_is_checked(asker: Asker, trips: Path) -> None:
    sql = f"SELECT city, count(*) AS n FROM '{trips}' GROUP BY city"
    asked = asker.json("POST", "validate", body={"sql": sql})
    formed = asker.json("POST", "validate", body={"sql": sql.replace(" AS n", " AS other") + " LIMIT 1"})

    assert asked["columns"] == [{"name": "city", "type": "VARCHAR"}, {"name": "n", "type": "BIGINT"}]
    assert asked["text"].startswith("final   SELECT")
    (stage,) = asked["stages"]
    assert (stage["kind"], stage["files"], stage["chunks"]) == ("aggregate", 1, 1)
    assert stage["map_hash"] == formed["stages"][0]["map_hash"] != ""


def test_parameters_and_relative_paths_are_checked(asker: Asker, trips: Path) -> None:
    body = {"sql": "FROM 'trips.csv' WHERE city = $c", "params": {"c": "Oslo"}, "folder": str(trips.parent)}

    assert asker.json("POST", "validate", body=body)["stages"][0]["files"] == 1
    assert asker.problem("POST", "validate", body={**body, "params": {}})[1]["reason"] == "QueryError"


def test_files_are_sniffed(asker: Asker, trips: Path) -> None:
    found = asker.json("POST", "sniff", body={"path": "*.csv", "folder": str(trips.parent)})
    rows = pa.ipc.open_stream(base64.b64decode(found["sample"])).read_all()

    assert (found["format"], found["files"], found["bytes"]) == ("csv", 1, trips.stat().st_size)
    assert [column["name"] for column in found["columns"]] == rows.column_names == ["city", "distance", "day"]
    assert rows.num_rows == 4


def test_a_sample_is_quick_and_of_several_files(asker: Asker, tmp_path: Path) -> None:
    for part in range(4):
        (tmp_path / f"{part}.csv").write_text("n\n" + f"{part}\n" * (10 if part < 2 else 500_000))
    found = asker.json("POST", "sniff", body={"path": f"{tmp_path}/*.csv"})
    rows = pa.ipc.open_stream(base64.b64decode(found["sample"])).read_all()

    assert rows.column("n").to_pylist() == [0] * 10 + [1] * 10


def test_the_map_of_chunks(asker: Asker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for part in range(6):
        (tmp_path / f"{part}.csv").write_text("n\n" + "".join(f"{n}\n" for n in range(50)))
    sql = f"SELECT sum(n + {random.randrange(10**9)}) AS n FROM '{tmp_path}/[0-3].csv'"
    first = asker.json("GET", f"jobs/{asker.run(sql)}/plan")
    second = asker.json("GET", f"jobs/{asker.run(sql.replace('[0-3]', '*'))}/plan")
    monkeypatch.setattr(plans, "MOST_CELLS", 3)
    short = asker.json("GET", f"jobs/{asker.run(sql)}/plan")["cells"]

    counted = [(len(plan["cells"]), *sums(plan["cells"])) for plan in (first, second)]
    assert counted == [(4, 4, 4, 0, 0), (6, 6, 6, 4, 0)]
    assert {Path(cell["file"]).name for cell in first["cells"]} == {f"{part}.csv" for part in range(4)}
    assert (len(short), *sums(short)[:2]) == (2, 4, 4)


def sums(cells: list[dict[str, int]]) -> list[int]:
    return [sum(cell[what] for cell in cells) for what in ("chunks", "done", "cached", "failed")]
