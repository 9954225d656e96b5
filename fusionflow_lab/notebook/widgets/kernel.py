"""The session that widgets made without one use: that of the cells."""

from __future__ import annotations

import atexit

from IPython.core.getipython import get_ipython

from fusionflow_lab.api import Session, connect
from fusionflow_lab.notebook.magics import FusionflowMagics, load_ipython_extension


def cell_session() -> Session:
    """Return the session that ``%%fusionflow`` cells use; outside a notebook a new one, closed at exit.

    Examples
    --------
    >>> session = cell_session()
    >>> session.close()
    """
    shell = get_ipython()
    if shell is None:
        session = connect()
        atexit.register(session.close)
        return session
    load_ipython_extension(shell)
    magics = shell.magics_manager.registry[FusionflowMagics.__name__]
    if not isinstance(magics, FusionflowMagics):
        raise TypeError("the magics of this shell are not ours")
    return magics.session
