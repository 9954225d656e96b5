"""The settings as traits: ``c.FusionFlow.workers = 4``, or ``%config FusionFlow.workers = 4`` in a cell."""

from __future__ import annotations

from traitlets import Float, Int, Unicode, Union
from traitlets.config import Configurable

from fusionflow_lab.config import Setting, Value, settings


class Traits(Configurable):
    """Holds one trait for each setting; None for those that nobody set."""

    def given(self) -> dict[str, Value]:
        """Return the settings that were set.

        Examples
        --------
        >>> traits = FusionFlow()
        >>> traits.workers = 4
        >>> traits.given()
        {'workers': 4}
        """
        values = {name: getattr(self, name) for name in self.trait_names(config=True)}
        return {name: value for name, value in values.items() if value is not None}


def _trait(setting: Setting) -> Union:
    text = f"{setting.help} Default: {setting.default}."
    return Union([Int(), Float(), Unicode()], allow_none=True, default_value=None, help=text).tag(config=True)


FusionFlow: type[Traits] = type(
    "FusionFlow", (Traits,), {setting.name: _trait(setting) for setting in settings()}
)
"""The traits, under the name that config files use."""
