# ruff: noqa: E501 - one query a line
"""Random typed tables and random queries over them, the same for the same seed.

Used in process (slices of Arrow) and through real scans and clusters (CSV files): ``random_table`` gives
rows, ``random_queries`` gives texts over any FROM text.
"""

from __future__ import annotations

import datetime as dt
import decimal
import itertools
import random
import re
from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

# name, DuckDB type, Arrow type
COLUMNS: tuple[tuple[str, str, pa.DataType], ...] = (
    ("k", "VARCHAR", pa.string()),
    ("g", "BIGINT", pa.int64()),
    ("b", "BOOLEAN", pa.bool_()),
    ("i", "BIGINT", pa.int64()),
    ("big", "BIGINT", pa.int64()),
    ("h", "HUGEINT", pa.decimal128(38, 0)),
    ("x", "DOUBLE", pa.float64()),
    ("y", "DOUBLE", pa.float64()),
    ("p", "DECIMAL(12,2)", pa.decimal128(12, 2)),
    ("d", "DATE", pa.date32()),
    ("ts", "TIMESTAMP", pa.timestamp("us")),
    ("s", "VARCHAR", pa.string()),
    ("id", "BIGINT", pa.int64()),
)
_KEYS = ["a", "b", "B", "", "é", "日本", "o'x", "a b", "NULL", None, None]
_SPECIAL = [float("nan"), float("inf"), float("-inf"), -0.0, 0.0, 1e-300, None]


@dataclass(frozen=True, kw_only=True)
class RandomQuery:
    """A query and how its rows may be compared.

    ``order`` are the output columns (from 0) that ORDER BY sorts by; ``exact_rows`` is False where ties
    leave free which rows come (top-k): then only the ``order`` columns are compared; ``in_order`` means
    that every row has its place.
    """

    kind: str
    text: str
    order: tuple[int, ...] = ()
    exact_rows: bool = True
    in_order: bool = False


def random_table(seed: int, rows: int) -> pa.Table:
    """Make a table with nulls, NaN, infinities, -0, near-overflow integers and unicode."""
    rng = random.Random(seed)
    make: dict[str, Callable[[], object]] = {
        "k": lambda: rng.choice(_KEYS),
        "g": lambda: rng.choice([None, -1, 0, 1, 2, 3, 7]),
        "b": lambda: rng.choice([None, True, False]),
        "i": lambda: None if rng.random() < 0.1 else rng.randint(-50, 50),
        "big": lambda: None if rng.random() < 0.1 else rng.choice([1, -1]) * (2**63 - 1 - rng.randint(0, 9)),
        "h": lambda: None if rng.random() < 0.1 else decimal.Decimal(rng.randint(-(10**30), 10**30)),
        "x": lambda: rng.choice(_SPECIAL) if rng.random() < 0.4 else rng.choice([1.5, -2.25, 100.125]),
        "y": lambda: None if rng.random() < 0.1 else rng.uniform(-1000, 1000),
        "p": lambda: None if rng.random() < 0.1 else decimal.Decimal(rng.randint(-(10**9), 10**9)) / 100,
        "d": lambda: (
            None if rng.random() < 0.1 else dt.date(2020, 1, 1) + dt.timedelta(rng.randint(-40, 400))
        ),
        "ts": lambda: (
            None
            if rng.random() < 0.1
            else dt.datetime(2024, 2, 28)  # noqa: DTZ001 - sources have no zone
            + dt.timedelta(microseconds=rng.randint(0, 10**12))
        ),
        "s": lambda: (
            None if rng.random() < 0.1 else "".join(rng.choices("abcxyzéß日 ,\"'%_", k=rng.randint(0, 9)))
        ),
    }
    ids = itertools.count()
    make["id"] = lambda: next(ids) * 7 % rows if rows % 7 else next(ids)
    columns = [pa.array([make[name]() for _ in range(rows)], kind) for name, _, kind in COLUMNS]
    return pa.table(columns, names=[name for name, _, _ in COLUMNS])


_IN_ORDER = re.compile(
    r"(coalesce\()?(first|last|any_value|arbitrary|list|string_agg|mode|arg_|min_by|max_by)"
)


class _Writer:
    """Writes random queries over one FROM text."""

    def __init__(self, rng: random.Random, source: str) -> None:
        self.rng = rng
        self.source = source

    def pick(self, *options: str) -> str:
        return self.rng.choice(options)

    def number(self) -> str:
        return self.pick(
            "i", "y", "p", "g", "i + 1", "y * 2", "p - 3", "abs(i)", "coalesce(g, 9)", "i % 5", "length(s)"
        )

    def key(self) -> str:
        return self.pick(
            "k", "g", "b", "i", "x", "d", "lower(k)", "i % 3", "g + 1", "year(d)", "date_trunc('month', d)",
            "hour(ts)", "i > 0", "length(s)", "coalesce(k, '?')", "substr(s, 1, 1)", "upper(k) || '!'", "x", "p::INT % 4",
            "CASE WHEN g > 1 THEN 'hi' WHEN g IS NULL THEN NULL ELSE 'lo' END", "k IS NULL", "big", "t.k", "t.g * 2",
        )  # fmt: skip

    def predicate(self) -> str:
        simple = [
            "i > 0", "g = 1", "g IN (0, 1, 7)", "k = 'a'", "k <> 'a'", "k IS NOT NULL", "b", "NOT b", "x > 0", "x = x",
            "y BETWEEN -300 AND 500.5", "d >= DATE '2020-06-01'", "ts < TIMESTAMP '2024-03-05'", "s LIKE '%a%'",
            "s ILIKE 'X%'", "length(s) > 3", "isnan(x)", "x IS DISTINCT FROM 0", "p > 100.25", "h > 0", "big > 0",
            "i % 2 = 0", "t.g < 3", "regexp_matches(s, '[xyz]')", "false", "i IS NULL OR g IS NULL", "y > i",
        ]  # fmt: skip
        parts = [self.rng.choice(simple) for _ in range(self.rng.choice([1, 1, 2, 3]))]
        return self.pick(" AND ", " AND ", " OR ").join(parts)

    def where(self) -> str:
        return f" WHERE {self.predicate()}" if self.rng.random() < 0.6 else ""

    def aggregate(self) -> str:
        call = self.rng.choice([
            "count(*)", "count({n})", "sum({n})", "sum(big)", "sum(x)", "avg({n})", "avg(big)", "min({v})", "max({v})",
            "min({v})", "max({v})", "count(DISTINCT {v})", "sum(DISTINCT i)", "avg(DISTINCT g)", "stddev(y)", "var_pop(y)",
            "stddev_pop(i)", "corr(y, i)", "covar_samp(y, g)", "regr_slope(y, i)", "regr_count(y, g)", "median({n})",
            "quantile_cont(y, 0.3)", "quantile_disc({n}, 0.7)", "bool_and(b)", "bool_or(b)", "bit_and(i)", "bit_or(g)",
            "bit_xor(i)", "any_value({v})", "first({v})", "arg_min({v}, y)", "arg_max({v}, y)", "min_by(k, i)",
            "max_by(s, d)", "list({v})", "string_agg(s, '-')", "count_if(b)", "skewness(y)", "kurtosis(y)", "fsum(y)",
            "approx_count_distinct({v})", "histogram(g)", "last({v})", "list(i ORDER BY i, y)",
            "string_agg(k, ',' ORDER BY k)", "array_agg(DISTINCT g ORDER BY g)", "max(i, 2)", "entropy(g)", "product(g)",
            "sem(y)", "mad(i)", "kahan_sum(y)", "arbitrary({v})", "sum(p)", "avg(p)", "count(x)",
        ]).format(n=self.number(), v=self.pick("k", "g", "b", "i", "big", "h", "x", "y", "p", "d", "ts", "s"))  # fmt: skip
        if self.rng.random() < 0.2:
            call += f" FILTER (WHERE {self.predicate()})"
        return self.pick(call, call, call, f"{call} IS NULL", f"coalesce({call}, NULL)")

    def grouped(self) -> RandomQuery:
        keys = [self.key() for _ in range(self.rng.choice([0, 1, 1, 1, 2, 3]))]
        places = ", ".join(str(place + 1) for place in range(len(keys)))
        grouping = self.pick(
            "ALL", places, ", ".join(keys), f"ROLLUP ({places})", f"CUBE ({', '.join(keys)})",
            f"GROUPING SETS (({', '.join(keys)}), ())", "ALL", places,
        )  # fmt: skip
        aggregates = [self.aggregate() for _ in range(self.rng.choice([1, 2, 3, 4]))]
        if "(" in grouping:  # DuckDB merges the groups of finer sets: rows are in no order there
            aggregates = [call for call in aggregates if not _IN_ORDER.match(call)] or ["count(*)"]
        items = [
            f"{key} AS key_{place}" if self.rng.random() < 0.5 else key for place, key in enumerate(keys)
        ]
        items += [f"{call} AS agg_{place}" for place, call in enumerate(aggregates)]
        text = f"SELECT {', '.join(items)} FROM {self.source}{self.where()}"
        if keys:
            text += f" GROUP BY {grouping}"
            if self.rng.random() < 0.3:
                text += self.pick(
                    " HAVING count(*) > 2", " HAVING sum(i) IS NOT NULL AND max(y) > 0", f" HAVING {keys[0]} IS NOT NULL",
                    " HAVING agg_0 IS NOT NULL", " HAVING count(*) > (SELECT 1)",
                )  # fmt: skip
            if self.rng.random() < 0.3:
                width = len(keys)
                order = ", ".join(
                    f"{place + 1} {self.pick('', 'DESC', 'ASC NULLS FIRST', 'DESC NULLS LAST')}"
                    for place in range(width)
                )
                limit = self.pick("", " LIMIT 3", " LIMIT 2 OFFSET 1")
                exact = not limit
                return RandomQuery(
                    kind="grouped",
                    text=f"{text} ORDER BY {order}{limit}",
                    order=tuple(range(width)),
                    exact_rows=exact,
                )
        return RandomQuery(kind="grouped", text=text)

    def items(self) -> list[str]:
        return [
            self.pick(self.key(), self.number(), "s", "h", "ts") for _ in range(self.rng.choice([1, 2, 3]))
        ]

    def plain(self) -> RandomQuery:
        items = "*" if self.rng.random() < 0.2 else ", ".join(self.items())
        text = f"SELECT {items} FROM {self.source}{self.where()}"
        return RandomQuery(kind="plain", text=text, in_order=True)

    def limited(self) -> RandomQuery:
        items = self.pick("*", "k, i", "i + 1, s", "* EXCLUDE (x)")
        tail = self.pick("LIMIT 3", "LIMIT 5 OFFSET 7", "LIMIT 0", "LIMIT 10000", "OFFSET 4", "LIMIT 20%")
        return RandomQuery(
            kind="limited", text=f"SELECT {items} FROM {self.source}{self.where()} {tail}", in_order=True
        )

    def top(self) -> RandomQuery:
        items = [*self.items(), self.number()]
        width = len(items)
        places = self.rng.sample(range(width), self.rng.choice([1, min(2, width)]))
        terms = ", ".join(
            f"{place + 1}{self.pick('', ' DESC', ' NULLS FIRST', ' DESC NULLS LAST')}" for place in places
        )
        hidden = self.pick("", "", ", length(s) DESC", ", -i, y")
        limit = self.pick(" LIMIT 3", " LIMIT 7 OFFSET 2", "", " LIMIT 2000")
        text = f"SELECT {', '.join(items)} FROM {self.source}{self.where()} ORDER BY {terms}{hidden}{limit}"
        return RandomQuery(kind="top", text=text, order=tuple(places), exact_rows=not limit)

    def nested(self) -> RandomQuery:
        inner = f"SELECT k AS kk, i * 2 AS ii, y, d, s, g, b FROM {self.source}{self.where()}"
        call = self.pick("count(*)", "sum(ii)", "avg(y)", "max(s)", "count(DISTINCT g)", "min(d)", "list(ii)")
        text = self.pick(
            f"SELECT kk, {call} FROM ({inner}) GROUP BY kk",
            f"WITH q AS ({inner}) SELECT g, {call} FROM q WHERE ii > 0 GROUP BY 1",
            f"WITH q AS ({inner}), r AS (SELECT *, ii + 1 AS jj FROM q WHERE NOT b) SELECT sum(jj), {call} FROM r",
            f"SELECT max(n) FROM (SELECT kk, {call.replace('list(ii)', 'count(*)')} AS n FROM ({inner}) GROUP BY kk)",
            f"WITH q AS (SELECT g, count(*) AS n FROM {self.source} GROUP BY g) SELECT a.n, z.n FROM q a JOIN q z ON a.g = z.g + 1",
            f"SELECT kk, ii FROM ({inner}) WHERE ii < 20",
            f"WITH q AS ({inner}) SELECT (SELECT count(*) FROM q), (SELECT max(ii) FROM q)",
            f"FROM ({inner}) SELECT kk, ii ORDER BY ALL",
        )
        return RandomQuery(kind="nested", text=text)

    def windowed(self) -> RandomQuery:
        text = self.pick(
            f"SELECT k, sum(i) AS n, rank() OVER (ORDER BY sum(i) DESC NULLS LAST) FROM {self.source}{self.where()} GROUP BY k",
            f"SELECT g, count(*) AS n, sum(count(*)) OVER () FROM {self.source} GROUP BY ALL",
            f"SELECT k, i, row_number() OVER (PARTITION BY k ORDER BY i, y, s, h, d, ts) FROM {self.source}{self.where()}",
            f"SELECT k, i FROM {self.source} QUALIFY rank() OVER (PARTITION BY k ORDER BY i) = 1",
            f"SELECT k, g, count(*) FROM {self.source} GROUP BY k, g QUALIFY rank() OVER (PARTITION BY k ORDER BY count(*)) = 1",
            f"SELECT avg(y) OVER (PARTITION BY g), y FROM {self.source} WHERE {self.predicate()}",
        )
        return RandomQuery(kind="windowed", text=text)

    def several(self) -> RandomQuery:
        one, two = self.source, self.source.replace(" AS t", " AS u")
        text = self.pick(
            f"SELECT k FROM {one} WHERE g = 1 UNION SELECT lower(k) FROM {one}",
            f"SELECT g FROM {one} UNION ALL SELECT i FROM {two} WHERE i > 40",
            f"SELECT g FROM {one} EXCEPT SELECT i FROM {two}",
            f"SELECT g FROM {one} INTERSECT ALL SELECT i FROM {two}",
            f"SELECT k, count(*) FROM {one} GROUP BY k UNION ALL SELECT s, sum(i) FROM {one} GROUP BY s",
            f"SELECT t.k, count(*) FROM {one} JOIN {two} ON t.i = u.g GROUP BY t.k",
            f"SELECT count(*) FROM {one} WHERE y > (SELECT avg(y) FROM {two})",
            f"SELECT k, sum(i) * 1.0 / (SELECT sum(i) FROM {two}) FROM {one} GROUP BY k",
            f"SELECT (SELECT max(i) FROM {one}), (SELECT count(*) FROM {two} WHERE b)",
            f"SELECT k, i FROM {one} WHERE i IN (SELECT max(i) FROM {two} GROUP BY k)",
            f"SELECT k FROM {one} WHERE EXISTS (SELECT 1 FROM {two} WHERE u.i = t.g)",
            f"SELECT * FROM (VALUES (1), (7), (99)) v(n) WHERE n IN (SELECT i FROM {one})",
            f"SELECT g, count(*) FROM {one} GROUP BY g HAVING count(*) > (SELECT count(*) / 8 FROM {two})",
            f"SELECT unnest([i, g]) FROM {one}",
            f"FROM (PIVOT (SELECT k, g, i FROM {one}) ON g IN (0, 1, 2) USING sum(i))",
        )  # fmt: skip
        return RandomQuery(kind="several", text=text)

    def distinct(self) -> RandomQuery:
        text = self.pick(
            f"SELECT DISTINCT {', '.join(self.items())} FROM {self.source}{self.where()}",
            f"SELECT DISTINCT k, g FROM {self.source} ORDER BY k, g",
            f"SELECT DISTINCT b, count(*) FROM {self.source} GROUP BY g, b",
            f"SELECT DISTINCT ON (g) g, i FROM {self.source} ORDER BY g, i",
            f"SELECT count(DISTINCT k), count(DISTINCT g) FILTER (WHERE b), sum(i) FROM {self.source}{self.where()}",
            f"SELECT DISTINCT x FROM {self.source}",
        )
        return RandomQuery(kind="distinct", text=text)


def random_queries(seed: int, count: int, source: str = "'t.csv' AS t") -> list[RandomQuery]:
    """Write random queries over a FROM text, which must end in ``AS t``."""
    rng = random.Random(seed)
    writer = _Writer(rng, source)
    makers = [writer.grouped] * 8 + [
        writer.plain,
        writer.limited,
        writer.top,
        writer.top,
        writer.nested,
        writer.nested,
    ]
    makers += [writer.windowed, writer.several, writer.several, writer.distinct]
    return [rng.choice(makers)() for _ in range(count)]
