"""Lines, words and what patterns find, through a real cluster, beside DuckDB over the same files."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from fusionflow_lab.api import Session

SEED = 4711
LINES = 9_000
WORDS = (
    *(
        "the",
        "and",
        "of",
        "Élan",
        "naïve",
        "STRASSE",
        "Straße",
        "don't",
        "x1",
        "foo_bar",
        "a-b",
        "42",
        "0x1F",
    ),
    *("हिन्दी", "漢字", "e\u0301te\u0301", "\u0130stanbul", "\u03a3\u0391\u03a3", "\u2013", "…"),
)
LOG = (
    r"^(?P<ts>\S+ \S+) (?P<level>[A-Z]+)\s+\[(?P<thread>[^\]]*)\] "
    r"(?P<path>/\S*) (?P<ms>\d+)ms(?: (?P<note>.*))?$"
)
TEXT = r"[\p{L}\p{M}\p{N}]+"
MOST = "max_errors = '100%'"


def line(rng: random.Random, number: int) -> str:
    kind = rng.random()
    if kind < 0.04:
        return ""
    if kind < 0.3:
        return rng.choice([" ", "", "\t"]).join(rng.choices(WORDS, k=rng.randint(1, 30)))
    level = rng.choice(["INFO", "WARN", "ERROR", "DEBUG"])
    note = rng.choice(["", " slow", " " + rng.choice(WORDS), " \r x"])
    path = "/" + "/".join(rng.choices(["a", "b", "größe", "c%20d"], k=rng.randint(0, 3)))
    day, second = 1 + number % 28, number % 60
    time = f"2024-03-{day:02} 10:00:{second:02}"
    return f"{time} {level} [w-{rng.randint(0, 9)}] {path} {rng.randint(0, 2_000)}ms{note}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three files: LF, CR LF with a BOM, and one whose last line has no end; the first is several blocks."""
    rng = random.Random(SEED)
    made = tmp_path_factory.mktemp("text")
    lines = [line(rng, number) for number in range(LINES)]
    padded = [text + " pad" * 60 if number % 3 == 0 else text for number, text in enumerate(lines)]
    (made / "a.log").write_bytes(("\n".join(padded) + "\n").encode())
    (made / "b.log").write_bytes(b"\xef\xbb\xbf" + ("\r\n".join(lines[:500]) + "\r\n").encode())
    (made / "c.log").write_bytes("\n".join(lines[500:900]).encode())
    return made


@pytest.fixture(scope="module")
def oracle(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB with the table ``lines``, made of ``read_text`` and ``string_split``."""
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(
            rf"""
            CREATE TABLE lines AS
            SELECT file, rtrim_cr AS line FROM (
                SELECT filename AS file, unnest(string_split(
                    CASE WHEN ends_with(content, chr(10)) THEN content[:-2] ELSE content END, chr(10)
                    )) AS raw,
                    regexp_replace(raw, '\r$', '') AS rtrim_cr
                FROM (SELECT filename, ltrim(content, chr(65279)) AS content FROM read_text('{folder}/*.log'))
            )
            """
        )
        yield connection


def ours(session: Session, text: str, folder: Path) -> list[tuple[object, ...]]:
    result = session.sql(text.replace("FOLDER", str(folder))).result()
    counters = result.counters
    assert counters.rows_read == counters.rows_used + counters.rows_filtered + counters.rows_rejected
    return [tuple(row.values()) for row in result.arrow().to_pylist()]


def theirs(oracle: duckdb.DuckDBPyConnection, text: str) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in oracle.sql(text).to_arrow_table().to_pylist()]


def test_every_line_is_there_in_its_order(
    session: Session, oracle: duckdb.DuckDBPyConnection, folder: Path
) -> None:
    assert ours(session, "SELECT file, line FROM read_lines('FOLDER/*.log')", folder) == theirs(
        oracle, "FROM lines"
    )


def test_the_byte_of_a_line_is_where_it_starts(session: Session, folder: Path) -> None:
    rows = ours(session, "SELECT file, byte, line FROM read_lines('FOLDER/*.log')", folder)
    contents = {str(path): path.read_bytes() for path in folder.iterdir()}
    for file, byte, text in rows:
        raw = str(text).encode()
        assert contents[str(file)][int(str(byte)) :][: len(raw)] == raw
        assert int(str(byte)) in {0, 3} or contents[str(file)][int(str(byte)) - 1] == 10


WORD_QUERIES = [
    "SELECT word, count(*) AS n FROM {words} GROUP BY ALL ORDER BY n DESC, word LIMIT 20",
    "SELECT lower(word) AS w, count(*) AS n FROM {words} WHERE len(word) > 2 GROUP BY ALL ORDER BY ALL",
    "SELECT count(*), count(DISTINCT word), min(word), max(word) FROM {words}",
    "SELECT DISTINCT word FROM {words} ORDER BY 1",
    "SELECT file, count(*) FROM {words} GROUP BY ALL ORDER BY ALL",
    "SELECT count(*) FROM {words} WHERE word = 'absent'",
    "SELECT word, count(*) FILTER (WHERE word > 'b') FROM {words} GROUP BY ALL ORDER BY ALL",
    "SELECT word FROM {words} WHERE word LIKE '%ß%'",
]


@pytest.mark.parametrize("query", WORD_QUERIES)
def test_words(query: str, session: Session, oracle: duckdb.DuckDBPyConnection, folder: Path) -> None:
    split = f"(SELECT file, unnest(regexp_extract_all(line, '{TEXT}')) AS word FROM lines)"
    found = ours(session, query.format(words="words('FOLDER/*.log')"), folder)
    assert found == theirs(oracle, query.format(words=split))


def test_words_in_lower_case(session: Session, oracle: duckdb.DuckDBPyConnection, folder: Path) -> None:
    split = f"(SELECT unnest(regexp_extract_all(line, '{TEXT}')) AS word FROM lines)"
    expected = theirs(oracle, f"SELECT lower(word) AS w, count(*) FROM {split} GROUP BY ALL ORDER BY ALL")
    lowered = "words('FOLDER/*.log', lower = true)"
    assert (
        ours(session, f"SELECT word, count(*) FROM {lowered} GROUP BY ALL ORDER BY ALL", folder) == expected
    )
    again = ours(session, f"SELECT word, sum(1)::BIGINT FROM {lowered} GROUP BY ALL ORDER BY ALL", folder)
    assert again == expected


GROUPS = ("ts", "level", "thread", "path", "ms", "note")
EXTRACT_QUERIES = [
    "SELECT file, line, ts, level, thread, path, ms, note FROM {lines}",
    "SELECT level, count(*), avg(ms), max(ts) FROM {lines} GROUP BY ALL ORDER BY ALL",
    "SELECT path, quantile_cont(ms, 0.5), quantile_cont(ms, 0.99) FROM {lines} GROUP BY ALL ORDER BY ALL",
    "SELECT note FROM {lines} WHERE note IS NOT NULL AND level = 'WARN' ORDER BY ALL",
    "SELECT count(*) FROM {lines}",
]


@pytest.mark.parametrize("query", EXTRACT_QUERIES)
@pytest.mark.parametrize("keeps", [False, True])
def test_what_a_pattern_finds(
    query: str, *, keeps: bool, session: Session, oracle: duckdb.DuckDBPyConnection, folder: Path
) -> None:
    option = ", unmatched := 'null'" if keeps else ""
    called = f"extract(line, '{LOG}'{option})"
    matched = f"regexp_matches(line, '{LOG}')"
    group = "CASE WHEN {matched} {more} THEN regexp_extract(line, '{log}', {number})::{kind} END AS {name}"
    kinds = {"ts": "TIMESTAMP", "ms": "BIGINT"}
    columns = ", ".join(
        group.format(
            matched=matched,
            # DuckDB gives '' for a group that takes no part in the match: tell it by what stands before it.
            more=r"AND regexp_matches(line, 'ms .*$') " if name == "note" else "",
            log=LOG,
            number=number,
            kind=kinds.get(name, "VARCHAR"),
            name=name,
        )
        for number, name in enumerate(GROUPS, 1)
    )
    table = f"(SELECT file, line, {columns} FROM lines {'' if keeps else f'WHERE {matched}'})"
    found = ours(session, query.format(lines=f"read_lines('FOLDER/*.log', {MOST}), {called} m"), folder)
    assert found == theirs(oracle, query.format(lines=table))


def test_lines_that_do_not_match_are_rejects(
    session: Session, oracle: duckdb.DuckDBPyConnection, folder: Path
) -> None:
    text = f"SELECT count(*) FROM read_lines('{folder}/*.log', {MOST}), extract(line, '{LOG}') m"
    job = session.sql(text).submit()
    result, rejects = job.result(), job.rejects().to_pylist()
    others = theirs(oracle, f"SELECT line FROM lines WHERE NOT regexp_matches(line, '{LOG}')")
    assert result.counters.rows_rejected == len(others)
    assert [(row["raw"],) for row in rejects] == others
    assert {row["reason"] for row in rejects} == {"the line does not match the pattern"}


def test_a_left_join_keeps_lines(session: Session, folder: Path) -> None:
    joined = f"read_lines('FOLDER/*.log') l LEFT JOIN LATERAL extract(l.line, '{LOG}') m ON true"
    text = f"SELECT count(*), count(m.ms) FROM {joined}"
    assert all(int(str(count)) > 0 for count in ours(session, text, folder)[0])


def test_summarize_of_lines(session: Session, folder: Path) -> None:
    rows = session.sql(f"SUMMARIZE read_lines('{folder}/*.log')").result().arrow().to_pylist()
    assert [row["column_name"] for row in rows] == ["line", "byte", "file"]
