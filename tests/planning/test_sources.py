from __future__ import annotations

from collections.abc import Iterator

import pytest

from fusionflow_lab.planning.bind import Binder
from fusionflow_lab.planning.reader_options import CsvOptions
from fusionflow_lab.planning.sources import FoundSource, default_alias, find_sources


@pytest.fixture(scope="module")
def binder() -> Iterator[Binder]:
    binder = Binder()
    yield binder
    binder.close()


def found(text: str, binder: Binder) -> tuple[list[FoundSource], str]:
    tree = binder.parse(text)
    sources = find_sources(text, tree, binder)
    return sources, binder.sql(tree)


@pytest.mark.parametrize(
    ("text", "patterns", "sql"),
    [
        ("SELECT a FROM 'data/x.csv'", ["data/x.csv"], "SELECT a FROM source_0 AS x"),
        ('SELECT x.a FROM "x.tsv"', ["x.tsv"], "SELECT x.a FROM source_0 AS x"),
        ("SELECT a FROM x.csv AS t(a, b)", ["x.csv"], "SELECT a FROM source_0 AS t(a, b)"),
        ("FROM 'data/*.csv'", ["data/*.csv"], 'SELECT * FROM source_0 AS "data/*.csv"'),
        ("FROM read_csv_auto('a.txt')", ["a.txt"], "SELECT * FROM source_0 AS read_csv_auto"),
        ("FROM read_csv('a.txt') t", ["a.txt"], "SELECT * FROM source_0 AS t"),
        (
            "SELECT 1 FROM 'a.csv' x, 'b.csv' y, 'a.csv' z",
            ["a.csv", "b.csv"],
            "SELECT 1 FROM source_0 AS x , source_1 AS y , source_0 AS z",
        ),
        (
            'WITH "a.csv" AS (SELECT 1 AS one) SELECT * FROM "a.csv"',
            [],
            'WITH "a.csv" AS (SELECT 1 AS one) SELECT * FROM "a.csv"',
        ),
        (
            'WITH "a.csv" AS (FROM "a.csv") SELECT * FROM "a.csv"',
            ["a.csv"],
            'WITH "a.csv" AS (SELECT * FROM source_0 AS a) SELECT * FROM "a.csv"',
        ),
        ("SELECT 1 WHERE 1 IN (SELECT b FROM 'b.csv')", ["b.csv"], None),
        ("FROM range(3)", [], None),
        ("DESCRIBE 'a.csv'", ["a.csv"], None),
    ],
)
def test_files_become_tables(text: str, patterns: list[str], sql: str | None, binder: Binder) -> None:
    sources, rewritten = found(text, binder)
    assert [source.pattern for source in sources] == patterns
    assert sql is None or rewritten == sql


def test_other_options_make_another_source(binder: Binder) -> None:
    sources, _ = found("FROM 'a.csv' x, read_csv('a.csv', skip = 1) y, read_csv('a.csv') z", binder)
    assert [source.options for source in sources] == [CsvOptions(), CsvOptions(skip=1)]


@pytest.mark.parametrize(
    ("pattern", "alias"),
    [
        ("a.csv", "a"),
        ("x/y/a.b.csv", "a"),
        ("we ird-1.csv", "we ird-1"),
        ("x/*.csv", "x/*.csv"),
        ("[f]oo.csv", "[f]oo.csv"),
    ],
)
def test_aliases_are_those_of_duckdb(pattern: str, alias: str) -> None:
    assert default_alias(pattern) == alias
