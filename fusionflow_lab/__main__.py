"""``python -m fusionflow_lab``: the same as the ``fusionflow`` command."""

from fusionflow_lab.cli import main

if __name__ == "__main__":
    main()
