from __future__ import annotations

from pathlib import Path

import pytest

from fusionflow_lab.errors import SourceError
from fusionflow_lab.planning.catalog import Catalog
from fusionflow_lab.planning.identity import map_hash
from fusionflow_lab.planning.json_files import json_source
from fusionflow_lab.planning.plan import Planner
from fusionflow_lab.planning.reader_options import JsonOptions
from fusionflow_lab.planning.sniffed import sniffed_text
from fusionflow_lab.query import Query
from fusionflow_lab.source import JsonDialect
from tests.native.json_scanning import write


def columns(*paths: Path, options: JsonOptions | None = None) -> list[tuple[str, str]]:
    source = json_source("x", options or JsonOptions(), [str(path) for path in paths])
    return [(column.name, column.type) for column in source.columns]


def test_files_are_united_by_name(tmp_path: Path) -> None:
    one = write(tmp_path, '{"a":1,"b":null}\n', "1.json")
    two = write(tmp_path, '[{"c":true,"b":"x"},{"a":2.5}]', "2.json")
    three = write(tmp_path, "", "3.json")
    assert columns(one, two, three) == [("a", "DOUBLE"), ("b", "VARCHAR"), ("c", "BOOLEAN")]
    source = json_source("x", JsonOptions(), [str(one), str(two)])
    assert (source.format, source.dialect, source.splits) == ("json", JsonDialect(form="array"), False)
    assert json_source("x", JsonOptions(), [str(one), str(three)]).dialect == JsonDialect(form="lines")


def test_keys_that_differ_in_case_have_numbers(tmp_path: Path) -> None:
    source = json_source("x", JsonOptions(), [str(write(tmp_path, '{"a":1,"A":2,"A_1":3}'))])
    assert [column.name for column in source.columns] == ["a", "A_1", "A_1_1"]
    assert source.dialect == JsonDialect(keys=(("A_1", "A"), ("A_1_1", "A_1")))


def test_late_keys_are_found_where_all_is_looked_at(tmp_path: Path) -> None:
    line = f'{{"a":"{"x" * 4000}"}}\n'
    path = write(tmp_path, line * 1300 + '{"late":1}\n' + line * 2700)
    assert columns(path) == [("a", "VARCHAR")]
    assert columns(path, options=JsonOptions(whole=True)) == [("a", "VARCHAR"), ("late", "BIGINT")]


def test_records_that_are_no_objects_are_refused_where_columns_are_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path, "[1,2]\n[3]\n")
    assert columns(path) == [("json", "BIGINT[]")]
    with pytest.raises(SourceError, match=r"the records are of the type BIGINT\[\]"):
        columns(path, options=JsonOptions(records=True))


def test_what_was_found_out_is_said_as_a_call(tmp_path: Path) -> None:
    source = json_source("x.json", JsonOptions(), [str(write(tmp_path, '{"a":{"x":1}}\n'))])
    assert sniffed_text(source).splitlines() == [
        "files    1 file, 14 B",
        "dialect  format 'newline_delimited'",
        "columns  1",
        '         a  STRUCT("x" BIGINT)',
        "as SQL   read_json('x.json', format = 'newline_delimited', columns = {'a': 'STRUCT(\"x\" BIGINT)'})",
    ]


def test_new_columns_of_a_new_file_do_not_change_the_map(tmp_path: Path) -> None:
    write(tmp_path, '{"a":1,"b":"x"}\n', "1.jsonl")
    with_planner = Planner(Catalog(tmp_path / "types"))
    query = Query(text=f"SELECT b, sum(a) FROM '{tmp_path}/*.jsonl' GROUP BY b")

    def hashed() -> str:
        plan = with_planner.plan(query)
        return map_hash(plan.stages[0], plan)

    before = hashed()
    write(tmp_path, '{"b":"y","c":{"d":1},"B":2}\n', "2.jsonl")
    assert hashed() == before
    with_planner.close()


def test_types_that_widened_are_remembered(tmp_path: Path) -> None:
    path = write(tmp_path, '{"a":{"x":1,"y":2}}\n')
    catalog = Catalog(tmp_path / "types")
    source = catalog.resolve(str(path), JsonOptions(), "s")
    catalog.widen(source, {0: 'STRUCT("x" DOUBLE)'})
    for known in (catalog, Catalog(tmp_path / "types")):
        [column] = known.resolve(str(path), JsonOptions(), "s").columns
        assert column.type == 'STRUCT("x" DOUBLE, "y" BIGINT)'
