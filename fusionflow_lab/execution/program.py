"""The program of a runner that a client starts: ``python -m fusionflow_lab.execution.program OPTIONS``.

The process that becomes its workers is started first of all, so that both load at the same time.
"""

from __future__ import annotations

import sys
from importlib import import_module

from fusionflow_lab.execution.fork_server import start_fork_server

if __name__ == "__main__":
    start_fork_server()
    import_module("fusionflow_lab.execution.without_pandas")
    import_module("fusionflow_lab.execution.process").main(sys.argv[1])
