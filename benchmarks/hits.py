"""The table of ClickBench, generated: its 105 columns and types, and what lies in them on the whole.

Rows are drawn by hashes of their number, so the same bytes come out everywhere. Users, pages, referers and
phrases are few that come often and many that come once, as in the sample of the true table; some values are
there because a question asks for them. Not made up are the names, the types, and where texts are empty.
"""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Final

import duckdb

COLUMNS: Final[tuple[tuple[str, str, str], ...]] = (
    ("WatchID", "BIGINT", "4611686018427387904 + (hash(i * 1009 + 1) >> 2)::BIGINT"),
    ("JavaEnable", "SMALLINT", "u(i, 2) < 0.7"),
    ("Title", "VARCHAR", "titles.text"),
    ("GoodEvent", "SMALLINT", "1"),
    ("EventTime", "TIMESTAMP", "moment"),
    ("EventDate", "DATE", "moment"),
    ("CounterID", "INTEGER", "counter"),
    ("ClientIP", "INTEGER", "users.ip"),
    ("RegionID", "INTEGER", "users.region"),
    ("UserID", "BIGINT", "users.id"),
    ("CounterClass", "SMALLINT", "-(u(i, 3) < 0.1)::INT"),
    ("OS", "SMALLINT", "often(i, 4, 90)"),
    ("UserAgent", "SMALLINT", "often(i, 5, 80)"),
    ("URL", "VARCHAR", "urls.text"),
    ("Referer", "VARCHAR", "referers.text"),
    ("IsRefresh", "SMALLINT", "u(i, 6) < 0.13"),
    ("RefererCategoryID", "SMALLINT", "often(referers.number, 7, 16000)"),
    ("RefererRegionID", "INTEGER", "often(referers.number, 8, 20000)"),
    ("URLCategoryID", "SMALLINT", "often(urls.number, 9, 14000)"),
    ("URLRegionID", "INTEGER", "often(urls.number, 10, 700)"),
    ("ResolutionWidth", "SMALLINT", "users.width"),
    ("ResolutionHeight", "SMALLINT", "users.width * 9 // 16"),
    ("ResolutionDepth", "SMALLINT", "[24, 32, 37, 0][1 + often(i, 11, 4)]"),
    ("FlashMajor", "SMALLINT", "often(users.number, 12, 15)"),
    ("FlashMinor", "SMALLINT", "often(users.number, 13, 9)"),
    ("FlashMinor2", "VARCHAR", "['700', '800', '', '800.94'][1 + often(i, 14, 4)]"),
    ("NetMajor", "SMALLINT", "often(i, 15, 4)"),
    ("NetMinor", "SMALLINT", "often(i, 16, 3)"),
    ("UserAgentMajor", "SMALLINT", "often(users.number, 17, 31)"),
    ("UserAgentMinor", "VARCHAR", "['DЁ', '4', 'wR', 'p\"'][1 + often(i, 18, 4)]"),
    ("CookieEnable", "SMALLINT", "u(i, 19) < 0.99"),
    ("JavascriptEnable", "SMALLINT", "u(i, 20) < 0.99"),
    ("IsMobile", "SMALLINT", "users.phone > 0"),
    ("MobilePhone", "SMALLINT", "users.phone"),
    ("MobilePhoneModel", "VARCHAR", "users.model"),
    ("Params", "VARCHAR", "''"),
    ("IPNetworkID", "INTEGER", "abs(users.ip) % 4000000"),
    ("TraficSourceID", "SMALLINT", "[0, -1, 1, 3, 2, 6, 9, 11][1 + often(i, 21, 8)]"),
    ("SearchEngineID", "SMALLINT", "if(phrases.text = '', 0, 1 + often(i, 22, 90))"),
    ("SearchPhrase", "VARCHAR", "phrases.text"),
    ("AdvEngineID", "SMALLINT", "if(u(i, 23) < 0.96, 0, 1 + often(i, 24, 60))"),
    ("IsArtifical", "SMALLINT", "u(i, 25) < 0.01"),
    ("WindowClientWidth", "SMALLINT", "300 + u(i, 26) * 1700"),
    ("WindowClientHeight", "SMALLINT", "200 + u(i, 27) * 1400"),
    ("ClientTimeZone", "SMALLINT", "[135, 243, 433, 65, -683, 0][1 + often(i, 28, 6)]"),
    ("ClientEventTime", "TIMESTAMP", "moment - to_seconds((u(i, 29) * 7200)::INT)"),
    ("SilverlightVersion1", "SMALLINT", "often(i, 30, 7)"),
    ("SilverlightVersion2", "SMALLINT", "u(i, 31) < 0.34"),
    ("SilverlightVersion3", "INTEGER", "often(i, 32, 60000)"),
    ("SilverlightVersion4", "SMALLINT", "0"),
    ("PageCharset", "VARCHAR", "['windows', 'utf-8', 'windows-1251;charset'][1 + often(i, 33, 3)]"),
    ("CodeVersion", "INTEGER", "1601"),
    ("IsLink", "SMALLINT", "u(i, 34) < 0.05"),
    ("IsDownload", "SMALLINT", "u(i, 35) < 0.01"),
    ("IsNotBounce", "SMALLINT", "u(i, 36) < 0.02"),
    ("FUniqID", "BIGINT", "if(u(i, 37) < 0.2, 0, (hash(users.number * 1009 + 38) >> 1)::BIGINT)"),
    ("OriginalURL", "VARCHAR", "if(u(i, 39) < 0.02, referers.text, '')"),
    ("HID", "INTEGER", "u(i, 40) * 1073741823"),
    ("IsOldCounter", "SMALLINT", "0"),
    ("IsEvent", "SMALLINT", "0"),
    ("IsParameter", "SMALLINT", "0"),
    ("DontCountHits", "SMALLINT", "u(i, 41) < 0.03"),
    ("WithHash", "SMALLINT", "0"),
    ("HitColor", "VARCHAR", "['5', 'g', '6'][1 + often(i, 42, 3)]"),
    ("LocalEventTime", "TIMESTAMP", "moment + to_seconds((u(i, 43) * 7200)::INT)"),
    ("Age", "SMALLINT", "[0, 31, 28, 50, 22, 55][1 + often(users.number, 44, 6)]"),
    ("Sex", "SMALLINT", "often(users.number, 45, 3)"),
    ("Income", "SMALLINT", "often(users.number, 46, 4)"),
    ("Interests", "SMALLINT", "often(users.number, 47, 16000)"),
    ("Robotness", "SMALLINT", "often(users.number, 48, 250)"),
    ("RemoteIP", "INTEGER", "users.ip"),
    ("WindowName", "INTEGER", "u(i, 49) * 65000 - 1"),
    ("OpenerName", "INTEGER", "-1"),
    ("HistoryLength", "SMALLINT", "often(i, 50, 113) - 1"),
    ("BrowserLanguage", "VARCHAR", "['S0', 'QJ', 'E3', '2Z'][1 + often(users.number, 51, 4)]"),
    ("BrowserCountry", "VARCHAR", "['h1', '_i', 'zS', 'CF'][1 + often(users.number, 52, 4)]"),
    ("SocialNetwork", "VARCHAR", "''"),
    ("SocialAction", "VARCHAR", "''"),
    ("HTTPError", "SMALLINT", "0"),
    ("SendTiming", "INTEGER", "0"),
    ("DNSTiming", "INTEGER", "often(i, 53, 14000)"),
    ("ConnectTiming", "INTEGER", "often(i, 54, 9000)"),
    ("ResponseStartTiming", "INTEGER", "often(i, 55, 30000)"),
    ("ResponseEndTiming", "INTEGER", "often(i, 56, 30000)"),
    ("FetchTiming", "INTEGER", "often(i, 57, 30000)"),
    ("SocialSourceNetworkID", "SMALLINT", "[0, 1, 5][1 + often(i, 58, 3)]"),
    ("SocialSourcePage", "VARCHAR", "if(u(i, 59) < 0.02, 'group/' || often(i, 60, 90000), '')"),
    ("ParamPrice", "BIGINT", "0"),
    ("ParamOrderID", "VARCHAR", "''"),
    ("ParamCurrency", "VARCHAR", "'NH'"),
    ("ParamCurrencyID", "SMALLINT", "0"),
    ("OpenstatServiceName", "VARCHAR", "if(u(i, 61) < 0.01, 'direct.yandex.ru', '')"),
    ("OpenstatCampaignID", "VARCHAR", "if(u(i, 61) < 0.01, '5833917', '')"),
    ("OpenstatAdID", "VARCHAR", "if(u(i, 61) < 0.01, '6920284918', '')"),
    ("OpenstatSourceID", "VARCHAR", "if(u(i, 61) < 0.01, 'yandex.ru:guarantee?', '')"),
    ("UTMSource", "VARCHAR", "['', 'ad_cpamarketing', 'y_direct'][1 + often(i, 62, 3)]"),
    ("UTMMedium", "VARCHAR", "['', 'look', '30533'][1 + often(i, 63, 3)]"),
    ("UTMCampaign", "VARCHAR", "['', 'rwtr_cl_bu_compaign', 'vk-srtv'][1 + often(i, 64, 3)]"),
    ("UTMContent", "VARCHAR", "if(u(i, 65) < 0.01, '5min', '')"),
    ("UTMTerm", "VARCHAR", "if(u(i, 66) < 0.1, '\"' || phrases.text, '')"),
    ("FromTag", "VARCHAR", "''"),
    ("HasGCLID", "SMALLINT", "u(i, 67) < 0.01"),
    ("RefererHash", "BIGINT", "referers.hash"),
    ("URLHash", "BIGINT", "urls.hash"),
    ("CLID", "INTEGER", "0"),
)
"""Name, type and, by the number ``i`` of a row and what was drawn for it, value of each column."""
TYPES: Final = {name: kind for name, kind, _ in COLUMNS}
WORDS: Final = 3000
HOSTS: Final = 3000


def write(folder: Path, rows: int) -> Path:
    """Write the table as TSV if it is not there yet, and return its path."""
    path = folder / f"hits-{rows}.tsv"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        with duckdb.connect(config={"threads": 1}) as connection:
            prepare(connection, rows)
            connection.execute(
                f"COPY ({table_sql(rows)}) TO '{unfinished}' "
                "(FORMAT csv, DELIMITER '\t', QUOTE '', ESCAPE '', HEADER false)"
            )
        unfinished.rename(path)
    return path


def source(path: Path) -> str:
    """Return the FROM item that reads the file, for us and for DuckDB; no text is NULL."""
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in TYPES.items())
    dialect = "delim = '\t', quote = '', escape = '', header = false, nullstr = '\\N'"
    return f"read_csv('{path}', {dialect}, columns = {{{columns}}})"


def prepare(connection: duckdb.DuckDBPyConnection, rows: int) -> None:
    """Make what ``table_sql`` draws from: functions of numbers, and tables of texts and users.

    Parameters
    ----------
    connection
        Where they are made, for its own eyes only.
    rows
        Of how many rows the table will be: different users, pages and phrases are parts of that.
    """
    random = Random(1)
    letters = ("оеаинтсрвлкмдпуяыьгзбчй", "etaoinshrdlucmfwypvbgk")
    vocabulary = ["".join(random.choices(letters[place % 3 == 0], k=2 + place % 9)) for place in range(WORDS)]
    connection.execute("CREATE TEMP TABLE vocabulary AS SELECT ? AS words", [vocabulary])
    connection.execute(_PREPARED.replace("{rows}", str(rows)))


def table_sql(rows: int) -> str:
    """Return the query that makes the rows, from what ``prepare`` has made."""
    values = ", ".join(f"({value})::{kind} AS {name}" for name, kind, value in COLUMNS)
    return f"SELECT {values} {_ROWS.replace('{rows}', str(rows))}"


_PREPARED: Final = """
-- Of one number: what hash(i, k) gives for two k differs by the same bits for every i.
CREATE TEMP MACRO u(i, k) AS (hash(i * 1009 + k) >> 11)::DOUBLE / 9007199254740992;
CREATE TEMP MACRO below(i, k, many) AS floor(u(i, k) * many)::INT;
-- Low numbers often, high ones seldom.
CREATE TEMP MACRO often(i, k, many) AS (pow(many, u(i, k)) - 1)::INT;
CREATE TEMP MACRO of_many(i, k, many) AS (many * pow(u(i, k), 2))::BIGINT;
CREATE TEMP MACRO phrase(words, i, k, many) AS list_aggregate(list_transform(
  range(1 + below(i, k, many)), lambda j: words[1 + often(i * 50 + j, k, 3000)]), 'string_agg', ' ');
-- Some of it is asked for: a host that most come from, and another that is searched for.
CREATE TEMP MACRO host(words, i, k) AS CASE WHEN u(i, k) < 0.3 THEN 'yandex.ru'
  WHEN u(i, k) < 0.303 THEN 'www.google.ru' ELSE if(u(i, k) < 0.5, 'www.', '') ||
  words[1 + 3 * often(i, k + 1, 999)] || ['.ru', '.com', '.net'][1 + below(i, k, 3)] END;
CREATE TEMP MACRO page(words, i, k) AS ['http://', 'https://'][1 + below(i, k, 2)]
  || host(words, i, k) || '/' || replace(phrase(words, i, k + 2, 5), ' ', '/')
  || '?' || if(u(i, k + 3) < 0.002, 'from=google&', '') || 'id=' || i
  || '&text=' || phrase(words, i, k + 4, 6);
CREATE TEMP MACRO signed(i, k) AS (hash(i * 1009 + k)::HUGEINT - 9223372036854775808)::BIGINT;
CREATE TEMP TABLE titles AS SELECT number, if(number % 400 = 3, 'Google ', '')
  || phrase(words, number, 100, 14) || ' - ' || phrase(words, number, 101, 6) AS text
  FROM range({rows} // 8 + 1) t(number), vocabulary;
CREATE TEMP TABLE urls AS SELECT number, page(words, number, 110) AS text,
  if(number = 0, 2868770270353813622, signed(number, 119)) AS hash
  FROM range({rows} // 4 + 1) t(number), vocabulary;
CREATE TEMP TABLE referers AS SELECT number, if(number < {rows} // 100, '', page(words, number, 120)) AS text,
  if(number % 20 = 7, 3594120000172545465, signed(number, 129)) AS hash
  FROM range({rows} // 4 + 1) t(number), vocabulary;
CREATE TEMP TABLE phrases AS SELECT number, if(number = 0, '', phrase(words, number, 130, 7)) AS text
  FROM range({rows} // 12 + 1) t(number), vocabulary;
CREATE TEMP TABLE users AS SELECT number,
  if(number = 7, 435090932899640449, (hash(number * 1009 + 140) >> 1)::BIGINT) AS id,
  (u(number, 141) * 4294967295 - 2147483648)::INT AS ip, 1 + often(number, 142, 9000) AS region,
  [1368, 1638, 1917, 1996, 0, 1024, 2837][1 + often(number, 143, 7)] + often(number, 144, 30) AS width,
  if(u(number, 145) < 0.87, 0, 1 + often(number, 146, 117)) AS phone,
  if(phone = 0 OR u(number, 147) < 0.5, '', 'model ' || often(number, 148, 160)) AS model
  FROM range({rows} // 5 + 1) t(number);
"""
_ROWS: Final = """FROM (
  SELECT i, if(u(i, 200) < 0.12, 62, 100 + often(i, 201, 200000)) AS counter,
    TIMESTAMP '2013-07-01' + to_microseconds((u(i, 202) * 2678400)::BIGINT * 1000000) AS moment,
    of_many(i, 203, {rows} // 8) AS title,
    if(counter = 62 AND u(i, 204) < 0.3, 0, of_many(i, 205, {rows} // 4)) AS url,
    of_many(i, 206, {rows} // 4) AS referer, of_many(i, 207, {rows} // 5) AS person,
    if(u(i, 208) < 0.87, 0, of_many(i, 209, {rows} // 12)) AS search
  FROM range({rows}) t(i)
) JOIN titles ON titles.number = title JOIN urls ON urls.number = url
JOIN referers ON referers.number = referer JOIN phrases ON phrases.number = search
JOIN users ON users.number = person ORDER BY i"""
