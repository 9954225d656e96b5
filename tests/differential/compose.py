# ruff: noqa: E501 - one query a line
"""Random queries composed of clauses: joins, set operations, subqueries, windows, CTEs over two tables.

``generate`` writes grouped queries over one table in depth; this module writes breadth. Both are the same
for the same seed. Every answer is determined by DuckDB's meaning: windows and LIMIT sort by ``id`` last.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.differential.generate import RandomQuery

# Columns of a relation by class: what a clause may do with them.
Columns = dict[str, list[str]]
_CLASSES: Columns = {
    "text": ["k", "s"],
    "int": ["i", "g"],
    "real": ["y"],
    "exact": ["p", "big"],
    "odd": ["x", "h", "b"],
    "time": ["d", "ts"],
}
_PREDICATES = """
    {a}.i > 0;{a}.g IN (0, 1, 7);{a}.k = 'a';{a}.k <> 'a';{a}.k IS NOT NULL;{a}.b;NOT {a}.b;{a}.x > 0;isnan({a}.x)
    ;{a}.y BETWEEN -300 AND 500.5;{a}.d >= DATE '2020-06-01';{a}.ts < TIMESTAMP '2024-03-05';{a}.s LIKE '%a%'
    ;length({a}.s) > 3;{a}.p > 100.25;{a}.h > 0;{a}.big > 0;{a}.i % 2 = 0;{a}.i IS NULL OR {a}.g IS NULL;{a}.y > {a}.i
    ;{a}.id % 3 <> 1;{a}.x IS DISTINCT FROM 0;{a}.g BETWEEN 0 AND 3;coalesce({a}.i, 0) <= {a}.g
"""
PREDICATES = [text.strip() for text in _PREDICATES.split(";")]
_SCALARS = """
    {a}.k;{a}.g;{a}.b;{a}.i;{a}.x;{a}.d;{a}.s;{a}.p;lower({a}.k);{a}.i % 3;{a}.g + 1;year({a}.d);{a}.i > 0;{a}.h
    ;length({a}.s);coalesce({a}.k, '?');upper({a}.k) || '!';{a}.big;date_trunc('month', {a}.d);{a}.y * 2;{a}.ts
    ;CASE WHEN {a}.g > 1 THEN 'hi' WHEN {a}.g IS NULL THEN NULL ELSE 'lo' END;{a}.p - 3;{a}.i + {a}.g
"""
SCALARS = [text.strip() for text in _SCALARS.split(";")]
_AGGREGATES = """
    count(*);count({a}.i);sum({a}.i);sum({a}.p);sum({a}.x);sum({a}.y);sum({a}.h);avg({a}.y);avg({a}.i);avg({a}.p);min({a}.s)
    ;max({a}.k);min({a}.d);max({a}.ts);min({a}.x);max({a}.x);max({a}.big);min({a}.h);count(DISTINCT {a}.k)
    ;count(DISTINCT {a}.i);sum(DISTINCT {a}.g);avg(DISTINCT {a}.i);stddev({a}.y);median({a}.i);bool_and({a}.b)
    ;bool_or({a}.b);bit_xor({a}.i);count_if({a}.b);quantile_disc({a}.i, 0.7);sum({a}.i) FILTER (WHERE {a}.g > 1)
    ;count(*) FILTER (WHERE {a}.b);max({a}.y) FILTER (WHERE {a}.k = 'a');arg_min({a}.k, {a}.id);max({a}.i, 3)
    ;list({a}.i ORDER BY {a}.id);string_agg({a}.k, ',' ORDER BY {a}.id DESC);first({a}.s ORDER BY {a}.y, {a}.id)
    ;last({a}.k ORDER BY {a}.id);list(DISTINCT {a}.g ORDER BY {a}.g);string_agg(DISTINCT {a}.k, '-' ORDER BY {a}.k)
    ;arg_max({a}.i, {a}.id, 2);histogram({a}.g);entropy({a}.g);covar_pop({a}.y, {a}.i);regr_r2({a}.y, {a}.g)
    ;list({a}.i ORDER BY {a}.k, {a}.id) FILTER (WHERE {a}.b);sum({a}.y) / count(*);max({a}.d) - min({a}.d)
"""
AGGREGATES = [text.strip() for text in _AGGREGATES.split(";")]
_WINDOWS = """
    row_number() OVER ({part} {order});rank() OVER ({part} {loose});dense_rank() OVER ({part} {loose})
    ;lag({a}.i) OVER ({part} {order});lead({a}.k, 2) OVER ({part} {order});sum({a}.i) OVER ({part})
    ;sum({a}.i) OVER ({part} {order} ROWS BETWEEN 2 PRECEDING AND CURRENT ROW);count(*) OVER ({part})
    ;avg({a}.y) OVER ({part} {order});first_value({a}.k) OVER ({part} {order});ntile(4) OVER ({part} {order})
    ;max({a}.d) OVER ({part} {loose});cume_dist() OVER ({part} {loose});percent_rank() OVER ({part} {loose})
    ;last_value({a}.g IGNORE NULLS) OVER ({part} {order});min({a}.s) FILTER (WHERE {a}.b) OVER ({part})
"""
WINDOWS = [text.strip() for text in _WINDOWS.split(";")]


class Composer:
    """Writes queries over a big and a small table of the same columns."""

    def __init__(self, rng: random.Random, big: str, small: str) -> None:
        self.rng = rng
        self.big = big
        self.small = small

    def pick(self, *options: str) -> str:
        return self.rng.choice(options)

    def chance(self, odds: float) -> bool:
        return self.rng.random() < odds

    def where(self, *aliases: str, odds: float = 0.6) -> str:
        if not self.chance(odds):
            return ""
        parts = [self.predicate(self.rng.choice(aliases)) for _ in range(self.rng.choice([1, 1, 2]))]
        return f" WHERE {self.pick(' AND ', ' OR ').join(parts)}"

    def predicate(self, alias: str) -> str:
        return self.rng.choice(PREDICATES).format(a=alias)

    def scalar(self, alias: str) -> str:
        return self.rng.choice(SCALARS).format(a=alias)

    def aggregates(self, *aliases: str, most: int = 3) -> str:
        calls = [
            self.rng.choice(AGGREGATES).format(a=self.rng.choice(aliases))
            for _ in range(self.rng.randint(1, most))
        ]
        return ", ".join(f"{call} AS a{place}" for place, call in enumerate(calls))

    def window(self, alias: str) -> str:
        by = self.pick(f"{alias}.y", f"{alias}.i DESC NULLS LAST", f"{alias}.k", f"{alias}.d NULLS FIRST")
        part = self.pick("", f"PARTITION BY {alias}.k", f"PARTITION BY {alias}.g, {alias}.b")
        loose = f"ORDER BY {by}"
        text = self.rng.choice(WINDOWS)
        return text.format(a=alias, part=part, loose=loose, order=f"{loose}, {alias}.id")

    def grouped_over(self, origin: str, *aliases: str) -> str:
        """Group a FROM text."""
        keys = [self.scalar(self.rng.choice(aliases)) for _ in range(self.rng.choice([0, 1, 1, 2]))]
        items = [f"{key} AS q{place}" for place, key in enumerate(keys)]
        text = f"SELECT {', '.join([*items, self.aggregates(*aliases)])} FROM {origin}"
        if not keys:
            return text
        places = ", ".join(str(place + 1) for place in range(len(keys)))
        text += " GROUP BY " + self.pick("ALL", places, places, f"ROLLUP ({places})", f"CUBE ({places})")
        return text + self.pick("", "", "", " HAVING count(*) > 2", " HAVING a0 IS NOT NULL")

    def plain_over(self, origin: str, *aliases: str) -> str:
        items = [self.scalar(self.rng.choice(aliases)) for _ in range(self.rng.randint(1, 3))]
        return f"SELECT {', '.join(items)} FROM {origin}"

    def over(self, origin: str, *aliases: str) -> str:
        return self.grouped_over(origin, *aliases) if self.chance(0.7) else self.plain_over(origin, *aliases)

    def sides(self) -> tuple[str, str]:
        """Return FROM texts of two sides, ``t`` and ``u``."""
        pairs = [(self.big, self.small), (self.big, self.small), (self.small, self.big), (self.big, self.big)]
        one, other = self.rng.choice(pairs)
        return self.side(one, "t"), self.side(other, "u")

    def side(self, table: str, alias: str) -> str:
        if self.chance(0.75):
            return f"{table} AS {alias}"
        return f"(SELECT * FROM {table} AS r{self.where('r')}) AS {alias}"

    def joined(self) -> str:
        one, other = self.sides()
        kind = self.pick("JOIN", "JOIN", "JOIN", "LEFT JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN")
        on = self.pick(
            "t.id = u.id", "t.id = u.id", "t.g = u.g AND t.k = u.k", "t.k = u.k AND t.i = u.i", "t.d = u.d",
            "t.i = u.id", "t.id = u.id AND t.i > u.g", "t.k = u.k AND t.id < u.id",
        )  # fmt: skip
        origin = f"{one} {kind} {other} ON {on}"
        return self.over(origin + self.where("t", "u"), "t", "u")

    def joined_otherwise(self) -> str:
        one, other = self.sides()
        return self.pick(
            self.over(f"{one} SEMI JOIN {other} ON t.g = u.g AND t.k = u.k" + self.where("t"), "t"),
            self.over(f"{one} ANTI JOIN {other} ON t.id = u.i" + self.where("t"), "t"),
            self.over(f"{one}, {other} WHERE t.id = u.id AND {self.predicate('t')}", "t", "u"),
            self.grouped_over(f"{one} JOIN {other} USING (id)" + self.where("t", "u"), "t", "u"),
            f"SELECT v.n, {self.aggregates('t')} FROM {one} JOIN (VALUES (0, 'x'), (1, 'y'), (7, 'z')) v(g, n) ON t.g = v.g{self.where('t')} GROUP BY v.n",
            f"SELECT t.k, u.a0 FROM {one} JOIN (SELECT k, {self.aggregates('u')} FROM {other} GROUP BY k) u ON t.k = u.k{self.where('t')}",
            f"SELECT u.g, {self.aggregates('t')} FROM {one} LEFT JOIN (SELECT g, count(*) AS n FROM {other} GROUP BY g) u ON t.g = u.g{self.where('t')} GROUP BY u.g",
            f"SELECT t.id, u.i FROM {one} ASOF JOIN {other} ON t.k = u.k AND t.id >= u.id",
        )  # fmt: skip

    def sets(self) -> str:
        items = ", ".join(self.pick("{a}.k", "{a}.g", "{a}.i", "{a}.d", "lower({a}.k)") for _ in range(2))
        arms = [
            f"SELECT {items.format(a='t')} FROM {self.big} AS t{self.where('t')}",
            f"SELECT {items.format(a='u')} FROM {self.pick(self.small, self.big)} AS u{self.where('u')}",
        ]
        call = self.rng.choice(AGGREGATES)
        word = self.pick(
            "UNION ALL", "UNION ALL", "UNION", "INTERSECT", "EXCEPT", "EXCEPT ALL", "INTERSECT ALL"
        )
        whole = f" {word} ".join(arms)
        return self.pick(
            whole,
            f"SELECT q.c0, count(*), min(q.c1) FROM ({whole}) AS q(c0, c1) GROUP BY q.c0",
            f"SELECT count(*), count(DISTINCT c0) FROM ({whole}) AS q(c0, c1)",
            f"WITH q(c0, c1) AS ({whole}) SELECT c1, count(c0) FROM q GROUP BY ALL",
            f"SELECT {self.aggregates('q')} FROM (SELECT * FROM {self.big} UNION ALL SELECT * FROM {self.small}) AS q{self.where('q')}",
            f"SELECT q.k, {self.aggregates('q')} FROM (SELECT * FROM {self.big} UNION ALL BY NAME SELECT * FROM {self.small}) AS q GROUP BY q.k",
            f"SELECT t.k AS k, {call.format(a='t')} FROM {self.big} AS t GROUP BY t.k UNION ALL SELECT u.k, {call.format(a='u')} FROM {self.small} AS u GROUP BY u.k",
        )  # fmt: skip

    def subqueries(self) -> str:
        one, other = self.sides()
        call = self.pick("max(u.i)", "avg(u.y)", "count(*)", "min(u.g)", "sum(u.i)")
        test = self.pick(
            f"t.i > (SELECT {call} FROM {other}{self.where('u')})",
            f"t.g IN (SELECT u.g FROM {other}{self.where('u')})",
            f"t.i NOT IN (SELECT u.i FROM {other} WHERE u.i IS NOT NULL AND {self.predicate('u')})",
            f"EXISTS (SELECT 1 FROM {other} WHERE u.k = t.k AND {self.predicate('u')})",
            f"NOT EXISTS (SELECT 1 FROM {other} WHERE u.id = t.i)",
            f"t.i >= (SELECT {call} FROM {other} WHERE u.k = t.k)",
            f"t.y > (SELECT 0.5 * avg(u.y) FROM {other} WHERE u.g = t.g AND {self.predicate('u')})",
            f"t.i > ANY (SELECT u.g FROM {other}{self.where('u')})",
            f"(t.k, t.g) IN (SELECT u.k, u.g FROM {other}{self.where('u')})",
            f"t.i IN (SELECT max(u.i) FROM {other} GROUP BY u.k)",
        )  # fmt: skip
        if self.chance(0.7):
            more = f" AND {self.predicate('t')}" if self.chance(0.5) else ""
            return self.over(f"{one} WHERE {test}{more}", "t")
        return self.pick(
            f"SELECT t.k, sum(t.i) * 1.0 / (SELECT sum(u.id) FROM {other}) FROM {one} GROUP BY t.k",
            f"SELECT t.id, (SELECT {call} FROM {other} WHERE u.k = t.k) FROM {one}{self.where('t')}",
            f"SELECT t.g, count(*) FROM {one} GROUP BY t.g HAVING count(*) > (SELECT count(*) / 9 FROM {other})",
            f"SELECT (SELECT max(t.i) FROM {one}), (SELECT {call} FROM {other}{self.where('u')})",
            f"SELECT t.g, sum(CASE WHEN t.i IN (SELECT u.g FROM {other}) THEN 1 ELSE 0 END) FROM {one} GROUP BY t.g",
            f"SELECT count(*) FROM {one} WHERE t.id = (SELECT max(u.id) FROM {other}{self.where('u')})",
        )  # fmt: skip

    def windows(self) -> str:
        source = self.side(self.pick(self.big, self.big, self.small), "t")
        calls = ", ".join(f"{self.window('t')} AS w{place}" for place in range(self.rng.randint(1, 2)))
        total = self.pick("t.y, t.id", "t.i DESC NULLS LAST, t.id", "t.k, t.id DESC")
        loose = self.pick("t.i", "t.y DESC", "t.d")
        part = self.pick("PARTITION BY t.k", "PARTITION BY t.g", "", "PARTITION BY t.b, t.i % 3")
        return self.pick(
            f"SELECT t.id, {calls} FROM {source}{self.where('t')}",
            f"SELECT t.id, {calls} FROM {source}{self.where('t')} ORDER BY w0, t.id LIMIT 9",
            f"SELECT t.k, t.id FROM {source}{self.where('t')} QUALIFY row_number() OVER ({part} ORDER BY {total}) <= {self.pick('1', '2', '5')}",
            f"SELECT t.id, rank() OVER ({part} ORDER BY {loose}) AS r FROM {source}{self.where('t')} QUALIFY r {self.pick('< 4', '= 1', '<= 2')}",
            f"SELECT q.k, sum(q.i) FROM (SELECT t.*, row_number() OVER ({part} ORDER BY {total}) AS n FROM {source}{self.where('t')}) q WHERE q.n <= 3 GROUP BY q.k",
            f"SELECT q.g, max(q.w0), count(*) FROM (SELECT t.g, {calls} FROM {source}{self.where('t')}) q GROUP BY q.g",
            f"SELECT t.k, sum(t.i) AS n, rank() OVER (ORDER BY sum(t.i) DESC NULLS LAST) FROM {source}{self.where('t')} GROUP BY t.k",
            f"SELECT t.k, t.g, count(*) AS n FROM {source} GROUP BY 1, 2 QUALIFY row_number() OVER (PARTITION BY t.k ORDER BY count(*) DESC, t.g) = 1",
        )  # fmt: skip

    def nested(self) -> str:
        inner = self.grouped_over(self.side(self.big, "t") + self.where("t"), "t")
        rows = f"SELECT t.k AS k, t.i * 2 AS i, t.g AS g, t.y AS y, t.b AS b, t.id AS id FROM {self.big} AS t{self.where('t')}"
        few = f"SELECT * FROM {self.big} AS t{self.where('t')} ORDER BY t.{self.pick('y', 'i DESC', 'k')}, t.id LIMIT {self.pick('1', '9', '60')}"
        narrow = "count(*), sum(q.i), max(q.k), avg(q.y), count(DISTINCT q.g)"
        return self.pick(
            f"SELECT count(*), min(q.a0) FROM ({inner}) q",
            f"WITH q AS ({inner}) SELECT a.a0, z.a0 FROM q a JOIN q z ON a.a0 = z.a0",
            f"WITH q AS ({rows}), r AS (SELECT k, sum(i) AS n FROM q GROUP BY k) SELECT count(*), max(n) FROM r",
            f"WITH q AS ({rows}) SELECT (SELECT count(*) FROM q), (SELECT max(i) FROM q WHERE b)",
            f"WITH q AS ({rows}), r AS (SELECT k, avg(y) AS m FROM q GROUP BY k) SELECT q.k, count(*) FROM q JOIN r ON q.k = r.k WHERE q.y > r.m GROUP BY q.k",
            f"SELECT {narrow} FROM ({few}) q",
            f"SELECT q.k, {narrow} FROM ({few}) q GROUP BY q.k",
            f"SELECT q.g, {narrow} FROM ({rows}) q WHERE q.i > -20 GROUP BY q.g",
            f"SELECT DISTINCT q.k, q.g FROM ({rows}) q",
            f"SELECT sum(n) FROM (SELECT DISTINCT q.k, q.i AS n FROM ({rows}) q)",
            f"SELECT DISTINCT ON (t.k) t.k, t.id FROM {self.big} AS t{self.where('t')} ORDER BY t.k, t.y, t.id",
            f"SELECT u, count(*) FROM (SELECT unnest([t.i, t.g, 1]) AS u FROM {self.big} AS t{self.where('t')}) GROUP BY u",
            f"FROM (PIVOT (SELECT k, g, i FROM {self.big} AS t{self.where('t')}) ON g IN (0, 1, 7) USING sum(i), count(*) AS n)",
            f"SELECT n, sum(v) FROM (UNPIVOT (SELECT i, g FROM {self.big} AS t{self.where('t')}) ON i, g INTO NAME n VALUE v) GROUP BY n",
        )  # fmt: skip

    def mixed(self) -> str:
        """Put several of these together."""
        big, small = self.big, self.small
        on = self.pick("t.id = u.id", "t.k = u.k AND t.i = u.i", "t.i = u.id")
        total = self.pick("t.y, t.id", "t.i DESC NULLS LAST, t.id")
        means = f"SELECT g, avg(y) AS m, count(*) AS n FROM {small} AS r{self.where('r')} GROUP BY g"
        window = self.window("t")
        return self.pick(
            f"SELECT t.g, {self.aggregates('t', 'u', 'v')} FROM {big} AS t JOIN {small} AS u ON {on} JOIN {small} AS v ON v.id = u.id{self.where('t', 'v')} GROUP BY t.g",
            f"SELECT t.k, {self.aggregates('t')} FROM {big} AS t JOIN ({means}) m ON t.g = m.g WHERE t.y > m.m GROUP BY t.k",
            f"WITH m AS ({means}) SELECT a.g, b.n FROM m a JOIN m b ON a.g = b.g + 1",
            f"WITH m AS ({means}) SELECT count(*), max(t.i) FROM {big} AS t WHERE t.g IN (SELECT g FROM m WHERE n > 3)",
            f"SELECT t.id, {window} AS w FROM {big} AS t JOIN {small} AS u ON t.id = u.id{self.where('t', 'u')}",
            f"SELECT q.b, count(*), max(q.w) FROM (SELECT t.b, {window} AS w FROM {big} AS t{self.where('t')}) q WHERE q.b IS NOT NULL GROUP BY ROLLUP (q.b)",
            f"SELECT t.id, t.k, u.s FROM {big} AS t LEFT JOIN {small} AS u ON t.id = u.id{self.where('t')} ORDER BY {total} LIMIT {self.pick('3', '20')}",
            f"SELECT t.k, u.id FROM {big} AS t JOIN {small} AS u ON t.id = u.id QUALIFY row_number() OVER (PARTITION BY t.k ORDER BY {total}) <= 2",
            f"SELECT t.g, count(*) FROM {big} AS t GROUP BY t.g HAVING max(t.i) > (SELECT avg(u.i) FROM {small} AS u WHERE u.g = t.g)",
            f"SELECT t.k, CASE WHEN EXISTS (SELECT 1 FROM {small} AS u WHERE u.id = t.i) THEN 1 ELSE 0 END AS e, count(*) FROM {big} AS t{self.where('t')} GROUP BY ALL",
            f"SELECT sum(q.n) FROM (SELECT k, count(*) AS n FROM {big} AS t{self.where('t')} GROUP BY k UNION ALL SELECT k, count(DISTINCT i) FROM {small} AS u GROUP BY k) q",
            f"SELECT t.id FROM {big} AS t{self.where('t', odds=1)} EXCEPT SELECT u.id FROM {small} AS u{self.where('u')}",
            f"SELECT k, n FROM (SELECT k, count(*) AS n FROM {big} AS t GROUP BY k) WHERE n >= (SELECT max(c) FROM (SELECT count(*) AS c FROM {small} AS u GROUP BY u.k))",
            f"SELECT t.g, list(t.id ORDER BY {total}), string_agg(u.k, '' ORDER BY t.id, u.id) FROM {big} AS t JOIN {small} AS u ON {on} GROUP BY t.g",
            f"SELECT t.id, l.c FROM {small} AS t, LATERAL (SELECT count(*) AS c FROM {big} AS u WHERE u.k = t.k AND {self.predicate('u')}) l",
            f"SELECT t.k, t.g, {self.aggregates('t')}, GROUPING(t.k, t.g) AS z FROM {big} AS t{self.where('t')} GROUP BY GROUPING SETS ((t.k), (t.k, t.g), ())",
            f"SELECT DISTINCT ON (t.g) t.g, t.id FROM {big} AS t JOIN {small} AS u ON t.id = u.id ORDER BY t.g, {total}",
            f"SELECT t.b, approx_count_distinct(t.s), max(t.i) - min(t.i), count(*) FILTER (WHERE t.i IN (SELECT u.g FROM {small} AS u)) FROM {big} AS t GROUP BY t.b",
            f"SELECT * FROM (SELECT t.k, t.g, t.i FROM {big} AS t{self.where('t')}) PIVOT (sum(i) AS n, count(*) AS c FOR g IN (0, 1, 7))",
            f"SELECT t.id, t.i FROM {big} AS t WHERE (t.g, t.i) IN (SELECT u.g, max(u.i) FROM {big} AS u GROUP BY u.g)",
            f"SELECT id, k FROM (SELECT * FROM {big} AS t ORDER BY {total} LIMIT 30) AS t WHERE NOT EXISTS (SELECT 1 FROM {small} AS u WHERE u.id = t.id)",
        )  # fmt: skip


def composed_queries(
    seed: int, count: int, big: str = "'t.csv'", small: str = "'u.csv'"
) -> list[RandomQuery]:
    """Write random queries over two FROM texts without aliases; answers are compared as multisets."""
    writer = Composer(random.Random(seed), big, small)
    makers: list[tuple[str, Callable[[], str], int]] = [
        ("joins", writer.joined, 3),
        ("joins", writer.joined_otherwise, 2),
        ("sets", writer.sets, 3),
        ("subqueries", writer.subqueries, 4),
        ("windows", writer.windows, 3),
        ("nested", writer.nested, 3),
        ("mixed", writer.mixed, 4),
    ]
    weights = [weight for _, _, weight in makers]
    chosen = writer.rng.choices(makers, weights, k=count)
    return [RandomQuery(kind=kind, text=maker()) for kind, maker, _ in chosen]
