"""Read the arguments of ``read_json`` and its kin into ``JsonOptions``, under DuckDB's names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from math import isnan

from fusionflow_lab import _native
from fusionflow_lab.planning.arguments import (
    FILE_OPTIONS,
    Draft,
    Reading,
    file_options,
    pairs,
    read_boolean,
    read_call,
    read_ignored,
    read_types,
    text_of,
)
from fusionflow_lab.planning.ast import Node
from fusionflow_lab.planning.bind import Binder
from fusionflow_lab.planning.reader_options import JsonOptions

_FORMS = {
    "auto": "",
    "newline_delimited": "lines",
    "nd": "lines",
    "array": "array",
    "unstructured": "values",
}
_ALIASES = {"date_format": "dateformat", "timestamp_format": "timestampformat"}
_PLAIN = JsonOptions()
_WHOLE_COLUMN = (("json", "JSON"),)


def read_json(text: str, function: Node, binder: Binder) -> tuple[str, JsonOptions]:
    """Return the pattern and the options of a call of ``read_json`` or ``read_json_auto``.

    Raises
    ------
    QueryError
        An option is unknown, has a wrong value, or asks for what is not done.
    """
    pattern, draft = read_call(text, function, binder, _READ, _ALIASES)
    return pattern, _options(draft, function)


def read_ndjson(text: str, function: Node, binder: Binder) -> tuple[str, JsonOptions]:
    """Return the pattern and the options of a call of ``read_ndjson``: one record a line."""
    pattern, options = read_json(text, function, binder)
    return pattern, replace(options, form=options.form or "lines")


def read_json_objects(text: str, function: Node, binder: Binder) -> tuple[str, JsonOptions]:
    """Return the pattern and the options of a call of ``read_json_objects``: records as they are written."""
    pattern, options = read_json(text, function, binder)
    return pattern, replace(options, records=False, columns=_WHOLE_COLUMN)


def read_ndjson_objects(text: str, function: Node, binder: Binder) -> tuple[str, JsonOptions]:
    """Return the pattern and the options of a call of ``read_ndjson_objects``."""
    pattern, options = read_json_objects(text, function, binder)
    return pattern, replace(options, form=options.form or "lines")


def _options(draft: Draft, function: Node) -> JsonOptions:
    found = draft.found
    columns = pairs(found.get("columns", ()))
    formats = [text_of(found.get(name)) or "" for name in ("dateformat", "timestampformat")]
    if any(formats) and not columns:
        hint = "name the columns, columns = {'day': 'DATE'}, or use strptime(day, '%d/%m/%Y') in the query"
        raise draft.error("dateformat needs columns", function, hint)
    if found.get("auto_detect") is False and not columns:
        hint = "columns = {'a': 'BIGINT', 'b': 'VARCHAR'}, or leave auto_detect out"
        raise draft.error("auto_detect = false needs columns", function, hint)
    for name, kind in columns:
        if kind.endswith((")", "]")) and not _native.reads_json_type(kind, ""):
            hint = (
                "lists, STRUCT(…) and MAP(VARCHAR, …) of plain types are read; others: read JSON, and cast it"
            )
            raise draft.error(f"{name} is not read as {kind}", function, hint)
    return JsonOptions(
        form=str(found.get("format", "")),
        records=None if found.get("records") is None else bool(found["records"]),
        whole=bool(found.get("sample_size", False)),
        columns=columns,
        date_format=formats[0],
        timestamp_format=formats[1],
        appearance=float(str(found.get("field_appearance_threshold", _PLAIN.appearance))),
        map_fields=int(str(found.get("map_inference_threshold", _PLAIN.map_fields))),
        depth=int(str(found.get("maximum_depth", _PLAIN.depth))),
        **asdict(file_options(found)),
    )


def _form(draft: Draft, name: str, node: Node) -> object:
    value = str(draft.value(node)).lower()
    if value not in _FORMS:
        hint = "format = 'newline_delimited', 'array', 'unstructured' or 'auto'"
        raise draft.error(f"{name} {value} is not known", node, hint)
    return _FORMS[value]


def _records(draft: Draft, name: str, node: Node) -> object:
    known = {"true": True, "false": False, "auto": None}
    value = str(draft.value(node)).lower()
    if value not in known:
        raise draft.error(f"{name} is true, false or 'auto'", node)
    return known[value]


def _sample_size(draft: Draft, name: str, node: Node) -> object:
    """Read whether to look at all records; several places of every file are looked at otherwise."""
    value = draft.value(node)
    if not isinstance(value, int) or isinstance(value, bool) or (value < 1 and value != -1):
        raise draft.error(f"{name} is a number of records, or -1 for all", node)
    return value == -1


def _number(draft: Draft, name: str, node: Node) -> object:
    value = draft.value(node)
    if isinstance(value, bool):
        raise draft.error(f"{name} is a number", node)
    try:
        number = float(str(value))
    except ValueError:
        number = float("nan")
    share = name == "field_appearance_threshold"
    if isnan(number) or (share and not 0 <= number <= 1) or (not share and number != int(number)):
        raise draft.error(f"{name} is a {'number from 0 to 1' if share else 'whole number'}", node)
    return number if share else int(number)


def _no_conversion(draft: Draft, name: str, node: Node) -> object:
    if draft.value(node) is not False:
        hint = "say which columns are numbers: columns = {'n': 'BIGINT'}, or cast them in the query"
        raise draft.error(f"{name} is not done", node, hint)
    return False


def _format(draft: Draft, name: str, node: Node) -> object:
    value = draft.value(node)
    if value == "iso":
        return ""
    if not isinstance(value, str) or "%" not in value:
        raise draft.error(f"{name} is a format as strptime takes it", node, f"{name} = '%d/%m/%Y'")
    return value


_READ: Mapping[str, Reading] = {
    "columns": read_types,
    "format": _form,
    "records": _records,
    "sample_size": _sample_size,
    "dateformat": _format,
    "timestampformat": _format,
    "auto_detect": read_boolean,
    "maximum_depth": _number,
    "field_appearance_threshold": _number,
    "map_inference_threshold": _number,
    "maximum_object_size": read_ignored,
    "maximum_sample_files": read_ignored,
    "convert_strings_to_integers": _no_conversion,
    **FILE_OPTIONS,
}
OPTION_NAMES = (*_READ, *_ALIASES)
"""Names of the options, for completion."""
