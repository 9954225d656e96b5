from __future__ import annotations

import base64
import random
from pathlib import Path

import pyarrow as pa

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


def test_the_map_of_chunks(asker: Asker, tmp_path: Path) -> None:
    for part in range(6):
        (tmp_path / f"{part}.csv").write_text("n\n" + "".join(f"{n}\n" for n in range(50)))
    sql = f"SELECT sum(n + {random.randrange(10**9)}) AS n FROM '{tmp_path}/[0-3].csv'"
    first, second = asker.run(sql), asker.run(sql.replace("[0-3]", "*"))

    (read,) = asker.json("GET", f"jobs/{first}/plan")["chunks"]
    (more,) = asker.json("GET", f"jobs/{second}/plan")["chunks"]
    frames = asker.json("GET", f"jobs/{second}/events")["frames"]

    assert (read["cells"], read["files"], read["per_cell"]) == ("dddd", 4, 1)
    assert read["names"] == [f"{tmp_path}/{part}.csv" for part in range(4)]
    assert more["cells"] == "ccccdd"
    assert [frame["event"]["rows"] for frame in frames if frame["event"]["type"] == "chunks"] == [[more]]


def test_a_chunk_that_fails_the_job_is_in_the_map(asker: Asker, tmp_path: Path) -> None:
    (tmp_path / "0.csv").write_text("t\n1\n")
    (tmp_path / "1.csv").write_text("t\nx\n")
    sql = f"SELECT sum(CAST(t AS INTEGER)) FROM read_csv('{tmp_path}/*.csv', types={{'t': 'VARCHAR'}})"
    job = asker.json("POST", "jobs", body={"sql": sql})["id"]
    asker.session.job(job).wait(60)

    assert asker.json("GET", f"jobs/{job}")["status"] == "FAILED"
    assert "f" in "".join(row["cells"] for row in asker.json("GET", f"jobs/{job}/plan")["chunks"])


def test_a_plan_tells_what_stands_beside_and_what_was_asked_with(asker: Asker, trips: Path) -> None:
    sql = f"SELECT a.city, count(*) FROM '{trips}' a JOIN '{trips}' b USING (city) GROUP BY ALL"
    plan = asker.json("GET", f"jobs/{asker.run(sql, use_cache=False)}/plan")

    made, reads = plan["stages"]
    assert reads["broadcast"] == [{"name": "table_0", "stages": [made["name"]]}]
    assert {stage["evaluator"] for stage in plan["stages"]} <= {"duckdb", "native"}
    assert {"name": "cache", "value": "not used"} in plan["options"]


def test_a_copy_tells_where_it_writes(asker: Asker, trips: Path, tmp_path: Path) -> None:
    job = asker.run(f"COPY (SELECT city, distance FROM '{trips}') TO '{tmp_path}/out' (FORMAT parquet)")

    assert asker.json("GET", f"jobs/{job}")["written_to"] == f"{tmp_path}/out"
    plan = asker.json("GET", f"jobs/{job}/plan")
    assert [column["name"] for column in plan["columns"]] == ["city", "distance"]
    assert asker.json("GET", f"jobs/{job}/result")[0]["rows"] == 4
