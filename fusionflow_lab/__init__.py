"""FusionFlow Lab: SQL over files too many, too big or too dirty for one notebook cell.

The names below are loaded when they are first used, so that importing the package costs next to
nothing: no cluster, database or notebook library is loaded for it.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

    from IPython.core.interactiveshell import InteractiveShell

    from fusionflow_lab.api import Job, Session, attach, connect
    from fusionflow_lab.errors import (
        AccountError,
        ChunkError,
        ClusterError,
        ConfigError,
        DatabaseError,
        FusionflowError,
        JobError,
        JobLeftError,
        JobStoppedError,
        NativePanicError,
        NoWorkersError,
        QueryError,
        RejectsError,
        ScanCancelledError,
        SourceChangedError,
        SourceError,
        StateError,
    )
    from fusionflow_lab.notebook.widgets.board import dashboard
    from fusionflow_lab.notebook.widgets.card import card
    from fusionflow_lab.notebook.widgets.details import details
    from fusionflow_lab.notebook.widgets.form import form
    from fusionflow_lab.notebook.widgets.grid import grid
    from fusionflow_lab.notebook.widgets.interact import interact
    from fusionflow_lab.results.result import Result

    __version__: str

__all__ = [
    "AccountError",
    "ChunkError",
    "ClusterError",
    "ConfigError",
    "DatabaseError",
    "FusionflowError",
    "Job",
    "JobError",
    "JobLeftError",
    "JobStoppedError",
    "NativePanicError",
    "NoWorkersError",
    "QueryError",
    "RejectsError",
    "Result",
    "ScanCancelledError",
    "Session",
    "SourceChangedError",
    "SourceError",
    "StateError",
    "__version__",
    "attach",
    "card",
    "connect",
    "dashboard",
    "details",
    "form",
    "grid",
    "interact",
    "load_ipython_extension",
    "unload_ipython_extension",
]

_HOMES = {
    "Job": "api",
    "Session": "api",
    "attach": "api",
    "card": "notebook.widgets.card",
    "connect": "api",
    "dashboard": "notebook.widgets.board",
    "details": "notebook.widgets.details",
    "Result": "results.result",
    "form": "notebook.widgets.form",
    "grid": "notebook.widgets.grid",
    "interact": "notebook.widgets.interact",
}


def __getattr__(name: str) -> object:
    """Load a public name from the module it lives in."""
    if name == "__version__":
        value: object = import_module("importlib.metadata").version("fusionflow_lab")
    elif name in __all__:
        value = getattr(_home(name), name)
    else:
        message = f"module 'fusionflow_lab' has no attribute {name!r}"
        raise AttributeError(message)
    globals()[name] = value
    return value


def _home(name: str) -> ModuleType:
    """Load the module of a public name; widgets need more than the rest."""
    try:
        return import_module(f"fusionflow_lab.{_HOMES.get(name, 'errors')}")
    except ModuleNotFoundError as error:
        if error.name not in {"anywidget", "ipywidgets", "traitlets"}:
            raise
        errors = import_module("fusionflow_lab.errors")
        what = f"{name} is a widget, and {error.name} is not installed"
        raise errors.ConfigError(what, hint='pip install "fusionflow_lab[lab]"') from None


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted(__all__)


def _jupyter_server_extension_points() -> list[dict[str, object]]:
    """Name the extension of Jupyter's server: what ``jupyter server extension enable`` looks for."""
    app = import_module("fusionflow_lab.server.app").ServerExtension
    return [{"module": "fusionflow_lab.server.app", "app": app}]


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Register the ``%%fusionflow`` magics: what ``%load_ext fusionflow_lab`` calls.

    The runner of the first cell loads while this process does.
    """
    import_module("fusionflow_lab.notebook.early").start_early(shell)
    import_module("fusionflow_lab.notebook.magics").load_ipython_extension(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Take the magics away again: what ``%unload_ext fusionflow_lab`` calls."""
    import_module("fusionflow_lab.notebook.magics").unload_ipython_extension(shell)
