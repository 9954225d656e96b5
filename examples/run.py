"""Run a notebook in a kernel of its own and print what its cells say, as they say it.

``make demo`` calls it. Progress is printed as it changes: over the same line on a terminal, else as one line
now and then.

Usage: run.py NOTEBOOK
"""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

SECONDS_BETWEEN_LINES = 1.0
CELL_SECONDS = 600
COLOURS = re.compile("\x1b\\[[0-9;]*m")


class TalkingClient(NotebookClient):
    """A notebook client that prints the first line of whatever a display changes to."""

    def __init__(self, notebook: NotebookNode, folder: Path) -> None:
        super().__init__(
            notebook,
            timeout=CELL_SECONDS,
            kernel_name="python3",
            resources={"metadata": {"path": str(folder)}},
            extra_arguments=["--log-level=ERROR"],
        )
        self._last = ""
        self.said = ""
        self._printed_at = 0.0

    def process_message(
        self, msg: dict[str, Any], cell: NotebookNode, cell_index: int
    ) -> NotebookNode | None:
        """Print a changed display, then do what every client does."""
        if msg["msg_type"] in {"display_data", "update_display_data"}:
            text = msg["content"]["data"].get("text/plain", "")
            self._progress(text.strip().partition("\n")[0])
        return super().process_message(msg, cell, cell_index)

    def _progress(self, line: str) -> None:
        now = time.monotonic()
        if not line or line == self._last:
            return
        if sys.stdout.isatty():
            print(f"\r{line[:100]:<100}", end="", flush=True)
        elif now - self._printed_at >= SECONDS_BETWEEN_LINES:
            print(line, flush=True)
            self.said = line
        self._last, self._printed_at = line, now


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
            if sys.stdout.isatty():
                print("\r" + " " * 100 + "\r", end="")
            text = "\n".join(filter(None, map(text_of, cell.outputs)))
            print(text.removeprefix(f"{client.said}\n"), flush=True)
    return True


if __name__ == "__main__":
    if len(sys.argv) != 2:  # noqa: PLR2004 - the program and its argument
        sys.exit((__doc__ or "").strip().splitlines()[-1])
    sys.exit(0 if run(Path(sys.argv[1])) else 1)
