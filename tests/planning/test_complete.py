from __future__ import annotations

from collections.abc import Sequence

import pytest

from fusionflow_lab.planning.complete import complete


class Around:
    """A small world."""

    def tables(self) -> Sequence[tuple[str, str]]:
        return [("short_trips", "view"), ("cities", "variable"), ("odd name", "table")]

    def columns(self, source: str) -> Sequence[tuple[str, str]]:
        known = {
            "'trips.csv'": [("city", "VARCHAR"), ("distance", "BIGINT"), ("the day", "DATE")],
            "cities": [("city", "VARCHAR"), ("land", "VARCHAR")],
            "(SELECT 1 AS one)": [("one", "INTEGER")],
            "(WITH near AS (FROM 'trips.csv') FROM near)": [("distance", "BIGINT")],
        }
        return known.get(source, [])

    def files(self, prefix: str) -> Sequence[str]:
        return [path for path in ("trips.csv", "data/") if path.startswith(prefix)]

    def functions(self) -> Sequence[str]:
        return ["sum", "date_trunc"]

    def variables(self) -> Sequence[str]:
        return ["since", "least"]

    def options(self, function: str) -> Sequence[str]:
        return ["delim", "header"] if function == "read_csv" else []


CASES = [
    ("|", "SELECT"),
    ("SEL|", "SELECT"),
    ("SELECT * FROM |", "short_trips cities 'trips.csv' \"odd name\""),
    ("SELECT * FROM sh|", "short_trips"),
    ("SELECT * FROM '|", "trips.csv data/"),
    ("SELECT * FROM 'tr|'", "trips.csv"),
    ("SELECT * FROM cities, '|", "trips.csv"),
    ("FROM read_csv('|", "trips.csv"),
    ("FROM read_csv('trips.csv', |", "header = "),
    ("FROM cities JOIN |", "'trips.csv'"),
    ("DESCRIBE |", "'trips.csv'"),
    ("SELECT | FROM 'trips.csv'", 'city distance "the day" sum( trips'),
    ("SELECT dis| FROM 'trips.csv'", "distance"),
    ("SELECT sum(dis| FROM 'trips.csv'", "distance"),
    ("FROM 'trips.csv' SELECT dist|", "distance"),
    ("SELECT t.| FROM 'trips.csv' AS t JOIN cities c USING (city)", "distance"),
    ("SELECT c.la| FROM 'trips.csv' t JOIN cities AS c USING (city)", "land"),
    ("SELECT * FROM 'trips.csv' WHERE |", "city date_trunc("),
    ("SELECT * FROM 'trips.csv' WHERE day > $|", "$since $least"),
    ("SELECT * FROM 'trips.csv' JOIN cities USING (|", "land"),
    ("SELECT city FROM 'trips.csv' GROUP BY c|", "city"),
    ("SELECT * FROM 'trips.csv' WH|", "WHERE"),
    ("SELECT o| FROM (SELECT 1 AS one) x", "one"),
    ("SELECT x FROM (SELECT la| FROM cities) x", "land"),
    ("WITH near AS (FROM 'trips.csv') SELECT d| FROM near", "distance"),
    ("WITH near AS (FROM 'trips.csv') SELECT * FROM n|", "near"),
    ("WITH near AS (|", "SELECT"),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_what_may_stand_here_is_offered(text: str, expected: str) -> None:
    cursor = text.index("|")
    found = complete(text.replace("|", ""), cursor, Around())
    offered = [candidate.text for candidate in found.candidates]
    rest = expected
    for candidate in offered:
        rest = rest.replace(candidate, "", 1) if candidate in rest else rest
    assert not rest.strip(), f"{rest!r} is missing in {offered}"
    assert found.end == cursor


@pytest.mark.parametrize(
    ("text", "absent"),
    [
        ("SELECT 'tr| FROM x", "trips.csv"),
        ("SELECT * FROM 'trips.csv' WHERE city = '|", "trips.csv"),
        ("SELECT x FROM (SELECT | FROM cities) x, 'trips.csv'", "distance"),
        ("SELECT * FROM |", "city"),
        ("-- SELECT |", "city"),
    ],
)
def test_what_cannot_stand_here_is_not(text: str, absent: str) -> None:
    found = complete(text.replace("|", ""), text.index("|"), Around())
    assert absent not in [candidate.text for candidate in found.candidates]


def test_what_is_replaced_is_told() -> None:
    found = complete("SELECT dis FROM 'trips.csv'", 10, Around())
    assert (found.start, found.end, found.candidates[0].detail) == (7, 10, "BIGINT")
    assert complete("SELECT * FROM 'tr", 17, Around()).start == 15
