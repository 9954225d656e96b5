"""The runner of the first cell, started by ``%load_ext`` before anything else is loaded.

A runner takes longer to load than a kernel does, so it begins first; both load at the same time then.
"""

from __future__ import annotations

from contextlib import suppress

from IPython.core.interactiveshell import InteractiveShell

from fusionflow_lab.config import Config
from fusionflow_lab.errors import ConfigError
from fusionflow_lab.jobs.starting import start_runner
from fusionflow_lab.traits import FusionFlow


def start_early(shell: InteractiveShell) -> None:
    """Start the runner of a shell's first cell where there is none; what is wrong with it, the cell says."""
    with suppress(ConfigError, OSError):
        config = Config.load(traits=FusionFlow(config=shell.config).given())
        if config.runner == "detached":
            said = start_runner(config, config.cluster_name("local"))
            if said is not None:
                said.close()
