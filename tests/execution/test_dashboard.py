from __future__ import annotations

import dask

from fusionflow_lab.api import Session
from fusionflow_lab.execution.dashboard import dashboard_link


def test_the_link_of_a_scheduler_is_as_dask_is_set(session: Session) -> None:
    plain = dashboard_link(session.scheduler_address)
    with dask.config.set({"distributed.dashboard.link": "/user/ann/proxy/{port}/status"}):
        proxied = dashboard_link(session.scheduler_address)

    port = plain.removesuffix("/status").rpartition(":")[2]
    assert plain.startswith("http://127.0.0.1:")
    assert proxied == f"/user/ann/proxy/{port}/status"
