"""The bundles that the front end loads: ``fusionflow_lab/static/NAME.js`` and ``style.css``.

They are in every wheel; a clone builds them with ``make ui``.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from fusionflow_lab.errors import ConfigError

STATIC = Path(__file__).parents[2] / "static"


def bundle(name: str) -> str:
    """Return the text of a bundle.

    Raises
    ------
    ConfigError
        It was not built.

    Examples
    --------
    >>> bundle("nothing.js")
    Traceback (most recent call last):
    fusionflow_lab.errors.ConfigError: the widgets are not built: there is no nothing.js
    try: make ui
    """
    try:
        return (STATIC / name).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(f"the widgets are not built: there is no {name}", hint="make ui") from None


def widgets_there() -> bool:
    """Tell whether this process can make widgets: the libraries and the bundles are installed."""
    libraries = all(find_spec(name) is not None for name in ("anywidget", "ipywidgets"))
    return libraries and (STATIC / "card.js").is_file()
