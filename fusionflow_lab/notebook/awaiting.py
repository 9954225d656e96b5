"""Make the cell await: ``%%fusionflow`` at the top of a cell becomes ``await …``.

While a cell awaits, the kernel goes on answering, so that buttons, interrupts and comms work inside a running
cell and Run All keeps its order. Where the magic is not at the top (under ``%%time``, ``%%capture``, in a
script) or top-level await is off, nothing is changed and the magic blocks.
"""

from __future__ import annotations

from IPython.core.interactiveshell import InteractiveShell

_CALL = "get_ipython().run_cell_magic('fusionflow', "
_AWAITED = "await get_ipython().magics_manager.registry['FusionflowMagics'].awaited("


class AwaitingCells:
    """The input transformer, and the count of cells at work that tells top from nested.

    Parameters
    ----------
    shell
        The shell whose cells are to await.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._running = 0

    def register(self) -> None:
        """Start to transform cells."""
        self._shell.input_transformers_post.append(self.transform)
        self._shell.events.register("pre_execute", self._enter)
        self._shell.events.register("post_execute", self._leave)

    def unregister(self) -> None:
        """Leave cells as they are again."""
        self._shell.input_transformers_post.remove(self.transform)
        self._shell.events.unregister("pre_execute", self._enter)
        self._shell.events.unregister("post_execute", self._leave)

    def transform(self, lines: list[str]) -> list[str]:
        """Turn the magic's call into an awaited one."""
        if not lines or not lines[0].startswith(_CALL) or not self._shell.autoawait or self._running:
            return lines
        return [_AWAITED + lines[0].removeprefix(_CALL), *lines[1:]]

    def _enter(self) -> None:
        self._running += 1

    def _leave(self) -> None:
        self._running = max(self._running - 1, 0)
