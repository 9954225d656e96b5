"""Makes drives of claimed jobs: what a runner knows and all its drives share.

A runner lives in its own process (``execution.process``) or, where no other process may run, in a thread of
the client's; it needs nothing but the job store, the state store and a way to the cluster.
"""

from __future__ import annotations

import os
import platform
import secrets
from contextlib import suppress

from fusionflow_lab.errors import FusionflowError
from fusionflow_lab.execution.dispatch import OpenClient
from fusionflow_lab.execution.drive import Drive, Tools
from fusionflow_lab.execution.evaluators import Evaluators
from fusionflow_lab.execution.share import Share
from fusionflow_lab.execution.stores import Stores
from fusionflow_lab.jobs.codec import decode_query
from fusionflow_lab.jobs.feed import JobFeed
from fusionflow_lab.jobs.records import Claim
from fusionflow_lab.planning.catalog import Catalog
from fusionflow_lab.planning.plan import Planner
from fusionflow_lab.query import Plan, Query


class Runner:
    """Drives jobs on one cluster.

    Parameters
    ----------
    stores
        Jobs, states and results.
    catalog
        Knows the sources.
    planner
        Makes the plans.
    client
        Gives the Dask client, opening the cluster at the first call.
    """

    def __init__(self, *, stores: Stores, catalog: Catalog, planner: Planner, client: OpenClient) -> None:
        self.holder = f"{platform.node()}:{os.getpid()}:{secrets.token_hex(3)}"
        self.stores = stores
        self._tools = Tools(
            stores=stores,
            catalog=catalog,
            planner=planner,
            client=client,
            share=Share(),
            evaluators=Evaluators(),
        )

    def plan(self, query: Query) -> Plan:
        """Plan a query; see ``Planner.plan``."""
        return self._tools.planner.plan(query)

    def foresee(self, query: str) -> None:
        """Plan a query before its job is there, as ``encode_query`` wrote it: the planner remembers the plan.

        Of what is wrong with it the client tells, which plans it at the same time.
        """
        with suppress(FusionflowError, OSError, ValueError):
            self.plan(decode_query(query))

    def drive(self, claim: Claim, *, plan: Plan | None = None) -> Drive:
        """Return the drive of a claimed job; nothing runs yet."""
        return Drive(self._tools, claim, JobFeed(self.stores.jobs.events(claim.job)), plan)

    async def prepare(self) -> None:
        """Open what the first job will most likely need."""
        async with self._tools.evaluators.lent((("TimeZone", self._tools.planner.time_zone),)):
            pass

    def close(self) -> None:
        """Close what waits for jobs to come."""
        self._tools.evaluators.close()
