"""The shapes in Python and those in TypeScript are the same: the fields of every name that both have."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fusionflow_lab.service import models, place_models, plan_models
from fusionflow_lab.service.models import Model

MODEL = Path(__file__).parents[2] / "js" / "shared" / "src" / "model.ts"
_INTERFACE = re.compile(r"^export interface (\w+)(?: extends (\w+))? \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_BASE = re.compile(r"^interface (\w+) \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_FIELD = re.compile(r"^  (\w+)\??:", re.MULTILINE)


def interfaces() -> dict[str, set[str]]:
    """Return the names of the fields of every interface."""
    text = MODEL.read_text(encoding="utf-8")
    found = {name: set(_FIELD.findall(body)) for name, body in _BASE.findall(text)}
    bodies = {name: (base, set(_FIELD.findall(body))) for name, base, body in _INTERFACE.findall(text)}
    for name, (base, names) in bodies.items():
        above = found.get(base, set()) | bodies.get(base, ("", set()))[1]
        found[name] = names | above
    return found


def shapes() -> dict[str, type[Model]]:
    every = [value for module in (models, plan_models, place_models) for value in vars(module).values()]
    return {one.__name__: one for one in every if isinstance(one, type) and issubclass(one, Model)}


@pytest.mark.parametrize("name", sorted(interfaces().keys() & shapes().keys()))
def test_the_fields_of_a_shape(name: str) -> None:
    assert interfaces()[name] == set(shapes()[name].model_fields)


def test_what_is_shown_has_a_shape_on_both_sides() -> None:
    both = interfaces().keys() & shapes().keys()

    assert both >= {
        "Job",
        "JobPage",
        "EventFrame",
        "Problem",
        "FolderListing",
        "Sniffed",
        "QueryPlan",
        "Cluster",
    }
