"""What a runner does that somebody talks to over its socket."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from fusionflow_lab.config import Config
from fusionflow_lab.execution.channel import open_channel
from fusionflow_lab.execution.connection import ClusterConnection
from fusionflow_lab.execution.service import Service
from fusionflow_lab.execution.stores import open_stores
from fusionflow_lab.jobs.codec import decode_query, encode_query
from fusionflow_lab.jobs.wire import pack, receive
from fusionflow_lab.planning.catalog import Catalog
from fusionflow_lab.planning.plan import Planner
from fusionflow_lab.query import Query

HELLO = pack({"op": "hello"})
FOREVER = 60


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "rows.csv"
    path.write_text("a,b\n1,2\n")
    return path


def known(tmp_path: Path, *said: Query, wanted: Query) -> bool:
    """Tell a runner's socket that queries are about to come, and whether one is planned before a job asks."""
    return asyncio.run(_known(tmp_path, said, wanted))


async def _known(tmp_path: Path, said: tuple[Query, ...], wanted: Query) -> bool:
    config = Config.load(home=tmp_path / "home")
    stores, catalog = open_stores(config), Catalog(tmp_path / "sources")
    planner = Planner(catalog)
    service = Service(
        stores=stores,
        catalog=catalog,
        planner=planner,
        connection=ClusterConnection("local", config),
        idle_seconds=None,
        home=tmp_path,
        upkeep=lambda: None,
    )
    async with open_channel(service, {"id": "it"}) as address:
        reader, writer = await asyncio.open_unix_connection(address)
        for query in said:
            writer.write(pack({"op": "plan", "query": encode_query(query)}))
        writer.write(HELLO)
        assert await receive(reader) == ({"id": "it"}, b"")  # it was not kept waiting, nor did it end
        writer.close()
        await writer.wait_closed()
    service.end()
    await asyncio.wait_for(service.serve(), FOREVER)  # what it began is done then
    found = planner.knows(decode_query(encode_query(wanted)))
    planner.close()
    stores.jobs.close()
    return found


def test_a_query_is_planned_before_its_job_is_there(tmp_path: Path, path: Path) -> None:
    query = Query(text=f"SELECT sum(a) AS a FROM '{path}'", folder=str(tmp_path), max_errors="5%")
    assert known(tmp_path, query, wanted=query)


def test_a_wrong_query_is_left_to_its_client(tmp_path: Path, path: Path) -> None:
    wrong = [Query(text=text) for text in ("SELEC", f"SELECT c FROM '{path}'", "FROM 'nowhere.csv'")]
    good = Query(text=f"FROM '{path}'")
    assert known(tmp_path, *wrong, good, wanted=good)
    assert not known(tmp_path, *wrong, wanted=wrong[1])
