# ruff: noqa: E501 - one case a line
from __future__ import annotations

from collections.abc import Iterator

import pytest

from fusionflow_lab.errors import QueryError
from fusionflow_lab.planning.bind import Binder
from fusionflow_lab.planning.formats import READERS
from fusionflow_lab.planning.reader_options import JsonOptions

WHOLE = JsonOptions(records=False, columns=(("json", "JSON"),))
READ = [
    ("read_json('x.json')", JsonOptions()),
    ("read_json_auto('x.json', format = 'auto', records = 'auto', auto_detect = true)", JsonOptions()),
    ("read_json('x.json', format = 'newline_delimited')", JsonOptions(form="lines")),
    ("read_json('x.json', format = 'ARRAY', records = false)", JsonOptions(form="array", records=False)),
    ("read_json('x.json', format = 'unstructured', records = 'true')", JsonOptions(form="values", records=True)),
    ("read_ndjson('x.json')", JsonOptions(form="lines")),
    ("read_ndjson_auto('x.json', sample_size = -1)", JsonOptions(form="lines", whole=True)),
    ("read_json('x.json', sample_size = 100, maximum_object_size = 1000, union_by_name = true)", JsonOptions(by_name=True)),
    ("read_json_objects('x.json')", WHOLE),
    ("read_json('x.json', columns = {'a': 'int', 'b': 'STRUCT(x date)[]'})", JsonOptions(columns=(("a", "INTEGER"), ("b", "STRUCT(x DATE)[]")))),
    ("read_json('x.json', columns = {'a': 'DATE'}, date_format = '%d.%m.%Y')", JsonOptions(columns=(("a", "DATE"),), date_format="%d.%m.%Y")),
    ("read_json('x.json', dateformat = 'iso', convert_strings_to_integers = false)", JsonOptions()),
    ("read_json('x.json', map_inference_threshold = -1, field_appearance_threshold = 0.5, maximum_depth = 2)", JsonOptions(map_fields=-1, appearance=0.5, depth=2)),
    ("read_json('x.json', ignore_errors = true, filename = true)", JsonOptions(max_errors="100%", filename="filename")),
]  # fmt: skip
REFUSED = [
    ("read_json('x.json', delim = ';')", "read_json has no option delim here"),
    ("read_json('x.json', format = 'csv')", "format csv is not known"),
    ("read_json('x.json', records = 7)", "records is true, false or 'auto'"),
    ("read_json('x.json', sample_size = 0)", "sample_size is a number of records, or -1 for all"),
    ("read_json('x.json', dateformat = '%d')", "dateformat needs columns"),
    ("read_json('x.json', dateformat = 'x')", "dateformat is a format as strptime takes it"),
    ("read_json('x.json', auto_detect = false)", "auto_detect = false needs columns"),
    ("read_json('x.json', convert_strings_to_integers = true)", "convert_strings_to_integers is not done"),
    (
        "read_json('x.json', field_appearance_threshold = 2)",
        "field_appearance_threshold is a number from 0 to 1",
    ),
    ("read_json('x.json', maximum_depth = 1.5)", "maximum_depth is a whole number"),
    ("read_json('x.json', columns = {'a': 'BLOB[]'})", "a is not read as BLOB[]"),
]


@pytest.fixture(scope="module")
def binder() -> Iterator[Binder]:
    made = Binder()
    yield made
    made.close()


def options_of(binder: Binder, call: str) -> object:
    function = binder.parse(f"FROM {call}")["from_table"]["function"]
    pattern, options = READERS[function["function_name"]](call, function, binder)
    assert pattern == "x.json"
    return options


@pytest.mark.parametrize(("call", "options"), READ)
def test_options_are_read(binder: Binder, call: str, options: JsonOptions) -> None:
    assert options_of(binder, call) == options


@pytest.mark.parametrize(("call", "message"), REFUSED)
def test_what_is_not_done_is_refused(binder: Binder, call: str, message: str) -> None:
    with pytest.raises(QueryError) as caught:
        options_of(binder, call)
    assert str(caught.value).splitlines()[0] == message
