"""Modules that are loaded when they are first used: what most users of their user never need.

A kernel's first cell waits for its imports, and a command that only prints waits for nothing else. So who
needs a heavy module in one of its ways names it so, and its type from the module itself::

    if TYPE_CHECKING:
        from fusionflow_lab import api
    else:
        api = Lazy("fusionflow_lab.api")
"""

from __future__ import annotations

from importlib import import_module


class Lazy:
    """Stands for a module until one of its names is asked for.

    Parameters
    ----------
    name
        The module's.

    Examples
    --------
    >>> decimal = Lazy("decimal")
    >>> decimal.Decimal("1.5")
    Decimal('1.5')
    """

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def __repr__(self) -> str:
        """Name the module."""
        return f"Lazy({self.__name__!r})"

    def __getattr__(self, name: str) -> object:
        """Load the module, and return what it has under a name."""
        return getattr(import_module(self.__name__), name)
