from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from fusionflow_lab.planning.explain import Forecast, Speed, explain
from fusionflow_lab.query import Plan


def test_a_plan_is_drawn(plan: Callable[[str], Plan]) -> None:
    text = "SELECT city, sum(n) FROM 'trips.csv' WHERE random() < 0.5 GROUP BY 1"
    assert explain(plan(text)) == (
        "final   SELECT city, sum(n) FROM stage_0 AS trips WHERE (random() < 0.5) GROUP BY 1\n"
        "│\n"
        "└─ stage_0  gather of trips.csv: 1 file, 1 B\n"
        "     map    SELECT city, n FROM source_0\n"
        "     reads  city VARCHAR, n BIGINT (2 of 5 columns)\n"
        "     order  as in the files\n"
        "     runs   gathered, because random() must be answered once for all rows; by DuckDB on the workers"
    )


def test_what_a_map_reads_beside_its_source_is_drawn(plan: Callable[[str], Plan]) -> None:
    lines = explain(plan("SELECT count(*) FROM 'trips.csv' JOIN (FROM 'other.csv' LIMIT 3) o USING (n)"))
    assert "     beside table_0: SELECT * FROM (SELECT" in lines


def test_every_stage_is_drawn(plan: Callable[[str], Plan]) -> None:
    text = "SELECT (SELECT count(*) FROM 'trips.csv'), (SELECT max(n) FROM 'other.csv')"
    lines = explain(plan(text)).splitlines()
    assert "├─ stage_0  aggregate of trips.csv: 1 file, 1 B" in lines
    assert "└─ stage_1  aggregate of other.csv: 1 file, 1 B" in lines
    assert "│    reads  only counts rows (0 of 5 columns)" in lines


def test_limits_are_drawn(plan: Callable[[str], Plan]) -> None:
    lines = explain(plan("FROM 'trips.csv' ORDER BY n LIMIT 3")).splitlines()
    assert "     reduce SELECT * FROM state ORDER BY n LIMIT 1024" in lines
    assert "     order  does not matter" in lines


def test_what_is_to_read_is_drawn(plan: Callable[[str], Plan]) -> None:
    made = plan("SELECT city, count(*) FROM 'trips.csv' GROUP BY 1")
    some = {"stage_0": Forecast(chunks=24, chunks_known=16, bytes_total=3 << 20, bytes_known=2 << 20)}
    text = explain(made, some, Speed(bytes_per_second=2 << 20, job="ab12"))
    assert text.endswith(
        "     bytes  1.0 MiB to read, 2.0 MiB known; 24 chunks, 16 known\n"
        "time    about 0.5 s, at the 2.0 MiB a second of job ab12"
    )
    unsure = {"stage_0": Forecast(chunks=1, bytes_total=1, certain=False)}
    assert "bytes  1 B to read; 1 chunks; what is known shows when" in explain(made, unsure)


def test_lines_above_the_header_are_told(plan: Callable[[str], Plan]) -> None:
    made = plan("SELECT n FROM 'trips.csv'")
    stage = made.stages[0]
    files = tuple(replace(file, skipped_lines=2) for file in stage.source.files)
    titled = replace(made, stages=(replace(stage, source=replace(stage.source, files=files)),))
    assert "     skips  2 lines above the header" in explain(titled).splitlines()
