"""Run a notebook in a kernel of its own and print what its cells say, as they say it.

``make demo`` calls it. Progress is a line for each 10 %, as for everybody who runs a notebook by a program.

Usage: run.py NOTEBOOK
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

CELL_SECONDS = 600
COLOURS = re.compile("\x1b\\[[0-9;]*m")


class TalkingClient(NotebookClient):
    """A notebook client that prints progress as it comes."""

    def __init__(self, notebook: NotebookNode, folder: Path) -> None:
        super().__init__(
            notebook,
            timeout=CELL_SECONDS,
            kernel_name="python3",
            resources={"metadata": {"path": str(folder)}},
            extra_arguments=["--log-level=ERROR"],
        )

    def process_message(
        self, msg: dict[str, Any], cell: NotebookNode, cell_index: int
    ) -> NotebookNode | None:
        """Print a line of progress, then do what every client does."""
        if is_progress(msg["content"]):
            print(msg["content"]["text"], end="", flush=True)
        return super().process_message(msg, cell, cell_index)


def is_progress(output: Mapping[str, object]) -> bool:
    """Tell whether an output, or the content of a message, is progress."""
    return output.get("name") == "stderr"


def text_of(output: NotebookNode) -> str:
    """Return an output as text, an error without its colours; empty for what has none."""
    if output.output_type == "stream":
        return str(output.text).rstrip()
    if output.output_type in {"display_data", "execute_result"}:
        return str(output.data.get("text/plain", "")).rstrip()
    return COLOURS.sub("", "\n".join(output.traceback))


def run(path: Path) -> bool:
    """Run the notebook cell by cell and print; False where a cell failed."""
    notebook = nbformat.read(path, as_version=4)
    client = TalkingClient(notebook, path.parent)
    with client.setup_kernel():
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type != "code":
                print(f"\n{cell.source}" if cell.cell_type == "markdown" else "")
                continue
            print("\n" + "\n".join(f"  │ {line}" for line in cell.source.splitlines()), flush=True)
            try:
                client.execute_cell(cell, index)
            except CellExecutionError as error:
                print(error, file=sys.stderr)
                return False
            told = [text_of(output) for output in cell.outputs if not is_progress(output)]
            print("\n".join(filter(None, told)), flush=True)
    return True


if __name__ == "__main__":
    if len(sys.argv) != 2:  # noqa: PLR2004 - the program and its argument
        sys.exit((__doc__ or "").strip().splitlines()[-1])
    sys.exit(0 if run(Path(sys.argv[1])) else 1)
