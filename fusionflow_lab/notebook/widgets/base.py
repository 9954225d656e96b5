"""The base of our widgets: a bundle, the one style sheet, and the service behind its comm."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import anywidget
import traitlets

from fusionflow_lab.notebook.widgets.assets import bundle
from fusionflow_lab.notebook.widgets.comm import Answers, Bridge
from fusionflow_lab.notebook.widgets.kept import KeptOutput


class ServiceWidget(anywidget.AnyWidget):
    """A widget whose component asks the service, as the panel does over HTTP.

    A subclass names its bundle and adds its traits; everything else goes through the service.

    Parameters
    ----------
    answers
        The service it asks.
    traits
        Values of its traits.

    Raises
    ------
    ConfigError
        The bundles were not built.
    """

    bundle_name: ClassVar[str] = ""

    _esm = traitlets.Unicode().tag(sync=True)
    _css = traitlets.Unicode().tag(sync=True)

    def __init__(self, answers: Answers, **traits: object) -> None:
        super().__init__(_esm=bundle(f"{self.bundle_name}.js"), _css=bundle("style.css"), **traits)
        self._bridge = Bridge(answers, self._pushed)
        self._kept = KeptOutput(lambda: self.view_data, self.still)
        self.on_msg(self._take)

    @property
    def fronts(self) -> int:
        """How many pages have shown the widget so far; one that was loaded again counts again."""
        return self._bridge.fronts

    @property
    def view_data(self) -> Mapping[str, object]:
        """What a front end with widgets is given to show."""
        drawn = super()._repr_mimebundle_()
        return (
            {} if drawn is None else {mime: part for mime, part in drawn[0].items() if mime != "text/plain"}
        )

    @abstractmethod
    def still(self) -> Mapping[str, object]:
        """Return what stands for the widget where there are none, and in a saved notebook: HTML and text."""

    def _ipython_display_(self) -> None:
        """Show the widget in an output that outlives the kernel."""
        self._kept.show()

    def _repr_mimebundle_(self, **kwargs: object) -> tuple[dict[str, object], dict[str, object]]:
        """Show the widget where there are widgets, and elsewhere what stands for it."""
        del kwargs
        return {**self.view_data, **self.still()}, {}

    def close(self) -> None:
        """Take the widget out of the page and release what works for it."""
        # ipywidgets closes a widget that was never made whole, too.
        bridge: Bridge | None = getattr(self, "_bridge", None)
        if bridge is not None:
            bridge.close()
        kept: KeptOutput | None = getattr(self, "_kept", None)
        if kept is not None:
            kept.close()
        super().close()

    def _take(self, _: object, content: object, buffers: object) -> None:
        del buffers
        self._bridge.take(content)

    def _pushed(self, content: dict[str, object], buffers: list[bytes]) -> None:
        self.send(content, buffers)
