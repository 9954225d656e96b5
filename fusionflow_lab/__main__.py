"""``python -m fusionflow_lab``: the same as the ``fusionflow`` command; what a runner is started with."""

import sys

from fusionflow_lab.execution.fork_server import start_fork_server

if __name__ == "__main__":
    if sys.argv[1:2] == ["runner"] and "--ready" in sys.argv:
        start_fork_server()  # before all that takes time to load
    from fusionflow_lab.cli import main

    main()
