"""The OpenAPI document, made from the routes: it cannot say anything else than what is answered."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Final, TypeAlias, cast

from pydantic import JsonValue
from pydantic.json_schema import models_json_schema

from fusionflow_lab.service.models import EventFrame, Model, Nothing, Problem
from fusionflow_lab.service.routing import Route
from fusionflow_lab.service.wire import JSON

Object: TypeAlias = dict[str, JsonValue]

_REF: Final = "#/components/schemas/{model}"


def document(routes: Sequence[Route]) -> Object:
    """Return the document of some routes.

    Examples
    --------
    >>> document([])["openapi"]
    '3.1.0'
    """
    asked = [route.asks for route in routes if route.asks is not Nothing]
    given = [route.gives for route in routes if route.gives is not None]
    named: list[type[Model]] = [*asked, *given, Problem, EventFrame]
    models = list(dict.fromkeys(named))
    _, schemas = models_json_schema([(model, "validation") for model in models], ref_template=_REF)
    known = cast("dict[str, Object]", schemas["$defs"])
    paths: dict[str, Object] = {}
    for route in routes:
        paths.setdefault(f"/{route.path}", {})[route.method.lower()] = _operation(route, known)
    paths["/events"] = {"get": _stream()}
    return cast(
        "Object",
        {
            "openapi": "3.1.0",
            "info": {"title": "FusionFlow Lab", "version": version("fusionflow_lab")},
            "servers": [{"url": "api/v1"}],
            "paths": paths,
            "components": {"schemas": known},
        },
    )


def _operation(route: Route, known: Mapping[str, Object]) -> Object:
    operation: Object = {
        "operationId": route.name,
        "summary": route.summary,
        "parameters": [*_in_path(route), *([] if route.in_body else _in_query(route, known))],
        "responses": _responses(route),
    }
    if route.in_body:
        operation["requestBody"] = {"required": True, "content": {JSON: {"schema": _ref(route.asks)}}}
    return operation


def _in_path(route: Route) -> list[JsonValue]:
    names = re.findall(r"\{(\w+)\}", route.path)
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _in_query(route: Route, known: Mapping[str, Object]) -> list[JsonValue]:
    if route.asks is Nothing:
        return []
    shape = known[route.asks.__name__]
    required = cast("list[str]", shape.get("required", []))
    return [
        {"name": name, "in": "query", "required": name in required, "schema": schema}
        for name, schema in cast("Object", shape["properties"]).items()
    ]


def _responses(route: Route) -> Object:
    schema: JsonValue = {} if route.gives is None else _ref(route.gives)
    content: JsonValue = {media: {"schema": schema if media == JSON else {}} for media in route.media}
    found: Object = {
        str(status): {"description": "What was asked for.", "content": content} for status in route.statuses
    }
    return {**found, "default": _refusal()}


def _stream() -> Object:
    return {
        "operationId": "events",
        "summary": "Open a WebSocket that sends an EventFrame for each event after a cursor.",
        "parameters": [
            {"name": name, "in": "query", "required": False, "schema": {"type": kind}}
            for name, kind in (("since", "integer"), ("job", "string"))
        ],
        "responses": {"101": {"description": "A WebSocket of EventFrame."}, "default": _refusal()},
    }


def _refusal() -> Object:
    return {"description": "What is wrong.", "content": {JSON: {"schema": _ref(Problem)}}}


def _ref(model: type[Model]) -> Object:
    return {"$ref": _REF.format(model=model.__name__)}
