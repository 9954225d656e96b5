"""Writes cells.json: values, as DuckDB hands them over, with the text that cell and browser must both show.

``python tests/results/cell_table.py`` writes it anew; read what changed before you keep it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa

from fusionflow_lab.results.render import shown

TABLE = Path(__file__).with_name("cells.json")
VALUES = r"""
true
false
0
-7::TINYINT
200::UTINYINT
9223372036854775807
-9223372036854775808
18446744073709551615::UBIGINT
170141183460469231731687303715884105727::HUGEINT
-1::HUGEINT
1.50::DECIMAL(9,2)
-0.05::DECIMAL(4,2)
0.000001::DECIMAL(38,6)
12345678901234567890.123456789::DECIMAL(38,9)
1::DOUBLE
-0.0::DOUBLE
0.1::DOUBLE
0.1::DOUBLE + 0.2::DOUBLE
1::DOUBLE / 3
1::FLOAT / 3
'nan'::DOUBLE
'inf'::DOUBLE
'-inf'::FLOAT
1e15::DOUBLE
1e16::DOUBLE
1e22::DOUBLE
1e300::DOUBLE
5e-324::DOUBLE
1e-4::DOUBLE
1e-5::DOUBLE
1.23456789012345e-7::DOUBLE
123456789.123456789::DOUBLE
123456789012.25::DOUBLE
-123456789012.75::DOUBLE
1234567885000000.0::DOUBLE
99999.999999999999::DOUBLE
''
'NULL'
'Oslo'
'a' || chr(10) || 'b' || chr(13) || chr(10) || chr(9) || 'c'
chr(27) || '[31m'
'a' || chr(8238) || 'b' || chr(160) || 'c'
'<script>alert(1)</script>'
'👩‍🚀'
repeat('æøå', 40)
chr(917569)
DATE '2024-02-29'
DATE '0001-01-01'
DATE '1969-12-31'
DATE '9999-12-31' + 1
DATE '0044-03-15 (BC)'
DATE 'infinity'
DATE '-infinity'
TIME '03:04:05'
TIME '23:59:59.000600'
TIMESTAMP '2024-01-02 03:04:05'
TIMESTAMP '2024-01-02 03:04:05.5'
TIMESTAMP '1900-01-01 00:00:00.000001'
TIMESTAMP 'infinity'
TIMESTAMP '0044-03-15 (BC) 12:30:00'
TIMESTAMP_S '2024-01-02 03:04:05'
TIMESTAMP_MS '2024-01-02 03:04:05.25'
TIMESTAMP_NS '2024-01-02 03:04:05.123456789'
TIMESTAMP_NS '2024-01-02 03:04:05'
INTERVAL '0 days'
INTERVAL '14 months 2 days 03:04:05.5'
INTERVAL '-1 year'
INTERVAL '-90 minutes'
INTERVAL '2000000 hours'
'\x00\xFFa'::BLOB
repeat('a', 100)::BLOB
'5f2c1b1e-0d5f-4a39-9f0e-2f3d6a7b8c9d'::UUID
'b'::ENUM('a', 'b')
NULL
NULL::BIGINT
NULL::VARCHAR[]
NULL::ENUM('a')
[1, NULL, 3]
[]::VARCHAR[]
['a', NULL]
[[1.5::DOUBLE], [NULL], NULL]
[1, 2]::INTEGER[2]
{'a': 1, 'it''s': ['x'], 'no': NULL}
{'a "b" ''c': 1e-7::DOUBLE}
MAP {'k': 1, 'l': NULL}
MAP {}
[DATE '2024-01-02', NULL]
{'t': TIMESTAMP '2024-01-02 03:04:05', 'n': {'x': 1.50::DECIMAL(5,2)}}
[INTERVAL '1 day']
['a' || chr(10)]
""".strip().splitlines()
ZONES = (
    ("Etc/UTC", "2024-07-01 12:00:00"),
    ("Europe/Oslo", "2024-07-01 12:00:00.5"),
    ("Europe/Oslo", "2024-01-01 12:00:00"),
    ("America/St_Johns", "2024-01-01 00:00:00"),
    ("+05:30", "2024-01-01 00:00:00"),
)


def tables() -> Iterator[tuple[str, pa.Table]]:
    """Make the values, each as a table of one row, with what they are in SQL."""
    with duckdb.connect() as connection:
        for sql in VALUES:
            yield sql, connection.sql(f"SELECT {sql} AS v").to_arrow_table()
        for zone, moment in ZONES:
            sql = f"TIMESTAMP '{moment}'"
            table = connection.sql(f"SELECT {sql} AS v").to_arrow_table()
            utc = table.column("v").cast(pa.timestamp("us", "UTC"))
            yield f"{sql} in {zone}", pa.table({"v": utc.cast(pa.timestamp("us", zone))})


def entry(sql: str, table: pa.Table) -> dict[str, object]:
    """Say what one value shows."""
    part = shown(table, rows=1)
    ((cell,),) = part.rows
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return {
        "sql": sql,
        "type": part.types[0],
        "number": part.numbers[0],
        "text": cell.text,
        "full": cell.full,
        "null": cell.null,
        "ipc": base64.b64encode(sink.getvalue().to_pybytes()).decode(),
    }


if __name__ == "__main__":
    entries = [entry(sql, table) for sql, table in tables()]
    TABLE.write_text(json.dumps(entries, ensure_ascii=True, indent=1) + "\n")
