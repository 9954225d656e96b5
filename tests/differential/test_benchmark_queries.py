# ruff: noqa: E501 - one query a line
"""The queries of the h2o group-by and ClickBench benchmarks, over small tables of their shape."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from fusionflow_lab.planning.catalog import Catalog
from fusionflow_lab.planning.plan import Planner
from fusionflow_lab.query import Query
from fusionflow_lab.states.evaluate import Evaluator
from tests.differential.compare import difference
from tests.differential.evaluate import TableSniffer, rows_of, run_plan
from tests.differential.generate import RandomQuery

H2O = """
SELECT 'id' || (random() * 9)::INT id1, 'id' || (random() * 9)::INT id2, 'id' || (random() * 300)::INT id3,
  (random() * 9)::BIGINT id4, (random() * 9)::BIGINT id5, (random() * 300)::BIGINT id6,
  (random() * 5)::BIGINT v1, (random() * 15)::BIGINT v2, round(random() * 100, 6) v3 FROM range(3000)
"""
HITS = """
SELECT (random() * 4)::BIGINT AdvEngineID, (random() * 2000)::BIGINT ResolutionWidth, (random() * 400)::BIGINT * 10**15::BIGINT UserID,
  CASE WHEN random() < 0.5 THEN '' ELSE 'phrase ' || (random() * 40)::INT END SearchPhrase,
  DATE '2013-07-01' + (random() * 30)::INT EventDate, TIMESTAMP '2013-07-14 00:00:00' + to_seconds((random() * 172000)::INT) EventTime,
  (random() * 20)::BIGINT RegionID, (random() * 3)::BIGINT MobilePhone, CASE WHEN random() < 0.5 THEN '' ELSE 'm' || (random() * 5)::INT END MobilePhoneModel,
  (random() * 3)::BIGINT SearchEngineID, 'http://' || CASE WHEN random() < 0.3 THEN 'google' ELSE 'x' || (random() * 9)::INT END || '.ru/p' || (random() * 50)::INT URL,
  CASE WHEN random() < 0.5 THEN 'Google' ELSE 't' || (random() * 9)::INT END Title, CASE WHEN random() < 0.2 THEN '' ELSE 'https://www.r' || (random() * 9)::INT || '.com/a' END Referer,
  (random() * 1000)::BIGINT WatchID, (random() * 1000)::BIGINT ClientIP, (random())::BIGINT IsRefresh, (random())::BIGINT DontCountHits,
  (random())::BIGINT IsLink, (random())::BIGINT IsDownload, (random() * 9 - 1)::BIGINT TraficSourceID, (random() * 5)::BIGINT * 686716256552154761 % 2**62::BIGINT URLHash,
  (random() * 5)::BIGINT RefererHash, 62 + (random() * 2)::BIGINT CounterID, (random() * 100)::BIGINT WindowClientWidth, (random() * 100)::BIGINT WindowClientHeight
FROM range(3000)
"""
# text, output columns that ORDER BY sorts by
H2O_QUERIES: list[tuple[str, tuple[int, ...]]] = [
    ("SELECT id1, sum(v1) AS v1 FROM '{t}' GROUP BY id1", ()),
    ("SELECT id1, id2, sum(v1) AS v1 FROM '{t}' GROUP BY id1, id2", ()),
    ("SELECT id3, sum(v1) AS v1, avg(v3) AS v3 FROM '{t}' GROUP BY id3", ()),
    ("SELECT id4, avg(v1) AS v1, avg(v2) AS v2, avg(v3) AS v3 FROM '{t}' GROUP BY id4", ()),
    ("SELECT id6, sum(v1) AS v1, sum(v2) AS v2, sum(v3) AS v3 FROM '{t}' GROUP BY id6", ()),
    ("SELECT id4, id5, quantile_cont(v3, 0.5) AS median_v3, stddev(v3) AS sd_v3 FROM '{t}' GROUP BY id4, id5", ()),
    ("SELECT id3, max(v1) - min(v2) AS range_v1_v2 FROM '{t}' GROUP BY id3", ()),
    ("SELECT id6, v3 AS largest2_v3 FROM (SELECT id6, v3, row_number() OVER (PARTITION BY id6 ORDER BY v3 DESC) AS order_v3 FROM '{t}' WHERE v3 IS NOT NULL) sub_query WHERE order_v3 <= 2", ()),
    ("SELECT id2, id4, pow(corr(v1, v2), 2) AS r2 FROM '{t}' GROUP BY id2, id4", ()),
    ("SELECT id1, id2, id3, id4, id5, id6, sum(v3) AS v3, count(*) AS count FROM '{t}' GROUP BY id1, id2, id3, id4, id5, id6", ()),
]  # fmt: skip
_RANGE = "EventDate >= '2013-07-01' AND EventDate <= '2013-07-31'"
CLICKBENCH: list[tuple[str, tuple[int, ...]]] = [
    ("SELECT COUNT(*) FROM '{t}'", ()),
    ("SELECT COUNT(*) FROM '{t}' WHERE AdvEngineID <> 0", ()),
    ("SELECT SUM(AdvEngineID), COUNT(*), AVG(ResolutionWidth) FROM '{t}'", ()),
    ("SELECT AVG(UserID) FROM '{t}'", ()),
    ("SELECT COUNT(DISTINCT UserID) FROM '{t}'", ()),
    ("SELECT COUNT(DISTINCT SearchPhrase) FROM '{t}'", ()),
    ("SELECT MIN(EventDate), MAX(EventDate) FROM '{t}'", ()),
    ("SELECT AdvEngineID, COUNT(*) FROM '{t}' WHERE AdvEngineID <> 0 GROUP BY AdvEngineID ORDER BY COUNT(*) DESC", (1,)),
    ("SELECT RegionID, COUNT(DISTINCT UserID) AS u FROM '{t}' GROUP BY RegionID ORDER BY u DESC LIMIT 10", (1,)),
    ("SELECT RegionID, SUM(AdvEngineID), COUNT(*) AS c, AVG(ResolutionWidth), COUNT(DISTINCT UserID) FROM '{t}' GROUP BY RegionID ORDER BY c DESC LIMIT 10", (2,)),
    ("SELECT MobilePhoneModel, COUNT(DISTINCT UserID) AS u FROM '{t}' WHERE MobilePhoneModel <> '' GROUP BY MobilePhoneModel ORDER BY u DESC LIMIT 10", (1,)),
    ("SELECT MobilePhone, MobilePhoneModel, COUNT(DISTINCT UserID) AS u FROM '{t}' WHERE MobilePhoneModel <> '' GROUP BY MobilePhone, MobilePhoneModel ORDER BY u DESC LIMIT 10", (2,)),
    ("SELECT SearchPhrase, COUNT(*) AS c FROM '{t}' WHERE SearchPhrase <> '' GROUP BY SearchPhrase ORDER BY c DESC LIMIT 10", (1,)),
    ("SELECT SearchPhrase, COUNT(DISTINCT UserID) AS u FROM '{t}' WHERE SearchPhrase <> '' GROUP BY SearchPhrase ORDER BY u DESC LIMIT 10", (1,)),
    ("SELECT SearchEngineID, SearchPhrase, COUNT(*) AS c FROM '{t}' WHERE SearchPhrase <> '' GROUP BY SearchEngineID, SearchPhrase ORDER BY c DESC LIMIT 10", (2,)),
    ("SELECT UserID, COUNT(*) FROM '{t}' GROUP BY UserID ORDER BY COUNT(*) DESC LIMIT 10", (1,)),
    ("SELECT UserID, SearchPhrase, COUNT(*) FROM '{t}' GROUP BY UserID, SearchPhrase ORDER BY COUNT(*) DESC LIMIT 10", (2,)),
    ("SELECT UserID, SearchPhrase, COUNT(*) FROM '{t}' GROUP BY UserID, SearchPhrase LIMIT 10", (0, 1, 2)),
    ("SELECT UserID, extract(minute FROM EventTime) AS m, SearchPhrase, COUNT(*) FROM '{t}' GROUP BY UserID, m, SearchPhrase ORDER BY COUNT(*) DESC LIMIT 10", (3,)),
    ("SELECT UserID FROM '{t}' WHERE UserID = 435090932899640449", ()),
    ("SELECT COUNT(*) FROM '{t}' WHERE URL LIKE '%google%'", ()),
    ("SELECT SearchPhrase, MIN(URL), COUNT(*) AS c FROM '{t}' WHERE URL LIKE '%google%' AND SearchPhrase <> '' GROUP BY SearchPhrase ORDER BY c DESC LIMIT 10", (2,)),
    ("SELECT SearchPhrase, MIN(URL), MIN(Title), COUNT(*) AS c, COUNT(DISTINCT UserID) FROM '{t}' WHERE Title LIKE '%Google%' AND URL NOT LIKE '%.google.%' AND SearchPhrase <> '' GROUP BY SearchPhrase ORDER BY c DESC LIMIT 10", (3,)),
    ("SELECT * FROM '{t}' WHERE URL LIKE '%google%' ORDER BY EventTime, WatchID, URL LIMIT 10", (5,)),
    ("SELECT SearchPhrase FROM '{t}' WHERE SearchPhrase <> '' ORDER BY EventTime LIMIT 10", ()),
    ("SELECT SearchPhrase FROM '{t}' WHERE SearchPhrase <> '' ORDER BY SearchPhrase LIMIT 10", (0,)),
    ("SELECT SearchPhrase FROM '{t}' WHERE SearchPhrase <> '' ORDER BY EventTime, SearchPhrase LIMIT 10", ()),
    ("SELECT CounterID, AVG(length(URL)) AS l, COUNT(*) AS c FROM '{t}' WHERE URL <> '' GROUP BY CounterID HAVING COUNT(*) > 100 ORDER BY l DESC LIMIT 25", (1,)),
    (r"SELECT REGEXP_REPLACE(Referer, '^https?://(?:www\.)?([^/]+)/.*$', '\1') AS k, AVG(length(Referer)) AS l, COUNT(*) AS c, MIN(Referer) FROM '{t}' WHERE Referer <> '' GROUP BY k HAVING COUNT(*) > 10 ORDER BY l DESC LIMIT 25", (1,)),
    ("SELECT SUM(ResolutionWidth), " + ", ".join(f"SUM(ResolutionWidth + {n})" for n in range(1, 90)) + " FROM '{t}'", ()),
    ("SELECT SearchEngineID, ClientIP, COUNT(*) AS c, SUM(IsRefresh), AVG(ResolutionWidth) FROM '{t}' WHERE SearchPhrase <> '' GROUP BY SearchEngineID, ClientIP ORDER BY c DESC LIMIT 10", (2,)),
    ("SELECT WatchID, ClientIP, COUNT(*) AS c, SUM(IsRefresh), AVG(ResolutionWidth) FROM '{t}' WHERE SearchPhrase <> '' GROUP BY WatchID, ClientIP ORDER BY c DESC LIMIT 10", (2,)),
    ("SELECT WatchID, ClientIP, COUNT(*) AS c, SUM(IsRefresh), AVG(ResolutionWidth) FROM '{t}' GROUP BY WatchID, ClientIP ORDER BY c DESC LIMIT 10", (2,)),
    ("SELECT URL, COUNT(*) AS c FROM '{t}' GROUP BY URL ORDER BY c DESC LIMIT 10", (1,)),
    ("SELECT 1, URL, COUNT(*) AS c FROM '{t}' GROUP BY 1, URL ORDER BY c DESC LIMIT 10", (2,)),
    ("SELECT ClientIP, ClientIP - 1, ClientIP - 2, ClientIP - 3, COUNT(*) AS c FROM '{t}' GROUP BY ClientIP, ClientIP - 1, ClientIP - 2, ClientIP - 3 ORDER BY c DESC LIMIT 10", (4,)),
    (f"SELECT URL, COUNT(*) AS PageViews FROM '{{t}}' WHERE CounterID = 62 AND {_RANGE} AND DontCountHits = 0 AND IsRefresh = 0 AND URL <> '' GROUP BY URL ORDER BY PageViews DESC LIMIT 10", (1,)),
    (f"SELECT Title, COUNT(*) AS PageViews FROM '{{t}}' WHERE CounterID = 62 AND {_RANGE} AND DontCountHits = 0 AND IsRefresh = 0 AND Title <> '' GROUP BY Title ORDER BY PageViews DESC LIMIT 10", (1,)),
    (f"SELECT URL, COUNT(*) AS PageViews FROM '{{t}}' WHERE CounterID = 62 AND {_RANGE} AND IsRefresh = 0 AND IsLink <> 0 AND IsDownload = 0 GROUP BY URL ORDER BY PageViews DESC LIMIT 10 OFFSET 10", (1,)),
    (f"SELECT TraficSourceID, SearchEngineID, AdvEngineID, CASE WHEN (SearchEngineID = 0 AND AdvEngineID = 0) THEN Referer ELSE '' END AS Src, URL AS Dst, COUNT(*) AS PageViews FROM '{{t}}' WHERE CounterID = 62 AND {_RANGE} AND IsRefresh = 0 GROUP BY TraficSourceID, SearchEngineID, AdvEngineID, Src, Dst ORDER BY PageViews DESC LIMIT 10 OFFSET 10", (5,)),
    (f"SELECT URLHash, EventDate, COUNT(*) AS PageViews FROM '{{t}}' WHERE CounterID = 62 AND {_RANGE} AND IsRefresh = 0 AND TraficSourceID IN (-1, 6) AND RefererHash = 3 GROUP BY URLHash, EventDate ORDER BY PageViews DESC LIMIT 10 OFFSET 2", (2,)),
    (f"SELECT WindowClientWidth, WindowClientHeight, COUNT(*) AS PageViews FROM '{{t}}' WHERE CounterID = 62 AND {_RANGE} AND IsRefresh = 0 AND DontCountHits = 0 GROUP BY WindowClientWidth, WindowClientHeight ORDER BY PageViews DESC LIMIT 10 OFFSET 10", (2,)),
    ("SELECT DATE_TRUNC('minute', EventTime) AS M, COUNT(*) AS PageViews FROM '{t}' WHERE CounterID = 62 AND EventDate >= '2013-07-14' AND EventDate <= '2013-07-15' AND IsRefresh = 0 AND DontCountHits = 0 GROUP BY DATE_TRUNC('minute', EventTime) ORDER BY DATE_TRUNC('minute', EventTime) LIMIT 10 OFFSET 10", (0, 1)),
]  # fmt: skip


class Benchmark:
    """One table in DuckDB and in the planner."""

    def __init__(self, folder: Path, rows_sql: str) -> None:
        self.connection = duckdb.connect(config={"threads": 1})
        self.connection.execute("SELECT setseed(0.25)").fetchall()
        self.connection.execute(f'CREATE TABLE "bench.csv" AS {rows_sql}')
        shape = self.connection.execute('DESCRIBE "bench.csv"').fetchall()
        self.table: pa.Table = self.connection.sql('FROM "bench.csv"').to_arrow_table()
        sniffer = TableSniffer({"bench.csv": [(row[0], row[1]) for row in shape]})
        self.planner = Planner(Catalog(folder, sniffer))
        self.evaluator = Evaluator(())

    def check(self, text: str, order: tuple[int, ...]) -> None:
        text = text.replace("{t}", "bench.csv")
        plan = self.planner.plan(Query(text=text))
        assert not plan.shipped
        actual = run_plan(self.evaluator, plan, {"bench.csv": self.table}, 7)
        expected = self.connection.sql(text).to_arrow_table()
        limited = " LIMIT " in text
        query = RandomQuery(
            kind="benchmark", text=text, order=order if "ORDER" in text else (), exact_rows=not limited
        )
        found = difference(query, rows_of(expected), rows_of(actual))
        assert not found, f"{text}\n{found}"


@pytest.fixture(scope="module")
def h2o(tmp_path_factory: pytest.TempPathFactory) -> Benchmark:
    return Benchmark(tmp_path_factory.mktemp("types"), H2O)


@pytest.fixture(scope="module")
def hits(tmp_path_factory: pytest.TempPathFactory) -> Benchmark:
    return Benchmark(tmp_path_factory.mktemp("types"), HITS)


@pytest.mark.parametrize("place", range(len(H2O_QUERIES)))
def test_h2o(place: int, h2o: Benchmark) -> None:
    h2o.check(*H2O_QUERIES[place])


@pytest.mark.parametrize("place", range(len(CLICKBENCH)))
def test_clickbench(place: int, hits: Benchmark) -> None:
    hits.check(*CLICKBENCH[place])
