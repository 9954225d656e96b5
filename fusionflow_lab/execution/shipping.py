"""Give workers that lack this package the one that runs here."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import cloudpickle
from distributed import Client

from fusionflow_lab.errors import ClusterError
from fusionflow_lab.execution import package as package_module
from fusionflow_lab.execution.build import BUILD
from fusionflow_lab.execution.package import PackagePlugin, built_for, packed
from fusionflow_lab.execution.plugin import resource


def give_package(cluster: str) -> None:
    """Give every worker of a cluster this package until it ends; late ones, too.

    Workers need the other packages that this one imports, and a machine like this one.

    Parameters
    ----------
    cluster
        The scheduler's address.

    Raises
    ------
    ClusterError
        No scheduler answers.
    """
    asyncio.run(_give(cluster, packed(Path(package_module.__file__).parents[1])))


async def _give(cluster: str, archive: bytes) -> None:
    client = Client(cluster, asynchronous=True, set_as_default=False, timeout=10)
    try:
        await client
    except (OSError, TimeoutError, ValueError) as error:
        hint = "fusionflow doctor --cluster ADDRESS says more"
        raise ClusterError(f"no Dask scheduler answers: {error}", where=cluster, hint=hint) from None
    async with client:
        # Workers that looked for the package in vain look again when the next client comes.
        with suppress(ValueError):
            await client.unregister_worker_plugin(resource(BUILD))
        cloudpickle.register_pickle_by_value(package_module)
        try:
            await client.register_plugin(PackagePlugin(archive, built_for()))
        finally:
            cloudpickle.unregister_pickle_by_value(package_module)
