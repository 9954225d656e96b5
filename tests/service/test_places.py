from __future__ import annotations

import time
from pathlib import Path

from fusionflow_lab.api import connect
from fusionflow_lab.service.service import Service
from tests.service.conftest import Asker


def test_who_asks_and_what_answers(asker: Asker) -> None:
    assert asker.json("GET", "me") == {"name": asker.session.config.user, "roots": []}
    assert asker.json("GET", "health")["status"] == "ok"
    assert asker.json("GET", "clusters") == {"clusters": []}


def test_a_process_that_drives_its_own_jobs_shows_its_cluster(asker: Asker) -> None:
    address = asker.session.scheduler_address
    give_up = time.monotonic() + 60
    while not (found := asker.json("GET", "clusters")["clusters"]) or not found[0]["workers"]:
        assert time.monotonic() < give_up
        time.sleep(0.1)
    (cluster,) = found
    assert (cluster["name"], cluster["scheduler"], cluster["workers"]) == ("local", address, 1)
    assert (cluster["in_process"], cluster["version_ok"]) == (True, True)
    assert asker.session.runners() == (), "nobody else's jobs are driven there"


def test_a_folder_is_listed(asker: Asker, tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "<b>.csv").write_text("n\n1\n")
    (tmp_path / ".hidden").touch()
    found = asker.json("GET", "files", query={"path": str(tmp_path)})

    assert [(entry["name"], entry["folder"], entry["size"]) for entry in found["entries"]] == [
        ("inner", True, None),
        ("<b>.csv", False, 4),
    ]
    assert found["parent"] == str(tmp_path.parent)
    assert asker.problem("GET", "files", query={"path": str(tmp_path / "none")})[0] == 404


def test_roots_are_listed_and_nothing_above(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for root in (one, two):
        (root / "in").mkdir(parents=True)
    (one / "out").symlink_to(tmp_path)
    with connect(home=tmp_path / "home", workers=1, traits={"roots": f"{one}:{two}"}) as session:
        asker = Asker(Service.of(session), session)
        roots = asker.json("GET", "files")
        listed = asker.json("GET", "files", query={"path": str(one)})
        inner = asker.json("GET", "files", query={"path": str(one / "in")})
        status, problem = asker.problem("GET", "files", query={"path": str(one / "out")})

    assert [entry["path"] for entry in roots["entries"]] == [str(one), str(two)]
    assert ([entry["name"] for entry in listed["entries"]], listed["parent"]) == (["in"], "")
    assert inner["parent"] == str(one)
    assert (status, problem["reason"]) == (403, "PermissionError")
    assert problem["hint"].startswith("take a file below one of them: ")


def test_tables_cache_and_config(asker: Asker, trips: Path) -> None:
    asker.session.create_view("oslo", f"SELECT city, day FROM '{trips}' WHERE city = 'Oslo'", replace=True)
    asker.run(f"SELECT max(day) FROM '{trips}'")
    (table,) = asker.json("GET", "tables")["tables"]
    used = asker.json("GET", "cache")
    gone = asker.json("DELETE", "cache")
    config = {one["name"]: one for one in asker.json("GET", "config")["settings"]}

    assert (table["name"], table["kind"]) == ("oslo", "view")
    assert table["columns"] == [{"name": "city", "type": "VARCHAR"}, {"name": "day", "type": "DATE"}]
    assert used["states"] == gone["states"] > 0
    assert (gone["states_left"], used["limit_days"]) == (0, 30.0)
    assert config["workers"]["origin"] == "option"
