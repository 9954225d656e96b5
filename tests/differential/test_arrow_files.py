"""Arrow IPC files by name: the rows that pyarrow reads, or a refusal; damaged files harm no worker."""

from __future__ import annotations

import io
import random
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.feather as pf
import pytest

from fusionflow_lab.api import Session
from fusionflow_lab.errors import FusionflowError, QueryError, SourceError
from tests.differential.test_parquet import random_rows, shown

SEED = 3
DAMAGES = 12
UNREAD = ("f16",)


def written(table: pa.Table, *, rows: int = 100, compression: str | None = None) -> bytes:
    sink = io.BytesIO()
    options = pa.ipc.IpcWriteOptions(compression=compression)
    with pa.ipc.new_file(sink, table.schema, options=options) as writer:
        writer.write_table(table, max_chunksize=rows)
    return sink.getvalue()


@pytest.mark.parametrize("compression", [None, "lz4", "zstd"])
def test_files_are_read_as_duckdb_reads_arrow(
    compression: str | None, session: Session, tmp_path: Path
) -> None:
    table = random_rows(SEED).drop_columns(list(UNREAD))
    for number in range(2):
        (tmp_path / f"{number}.arrow").write_bytes(written(table, compression=compression))
    pf.write_feather(table, tmp_path / "x.feather", compression="uncompressed")
    both = pa.concat_tables([table, table])
    with duckdb.connect(config={"threads": 1}) as oracle:
        oracle.register("t", both)
        for sql, files in (
            ("FROM {}", f"'{tmp_path}/*.arrow'"),
            (
                "SELECT text, count(*), sum(i32), max(at_us) FROM {} WHERE i8 > 0 GROUP BY text",
                f"read_arrow('{tmp_path}/*.arrow')",
            ),
            ("SELECT count(*) FROM {}", f"'{tmp_path}/*.arrow'"),
        ):
            result = session.sql(sql.format(files)).result()
            theirs = oracle.sql(sql.format("t"))
            assert theirs is not None
            expected = theirs.to_arrow_table()
            assert shown(result.arrow()) == shown(expected), sql
            counters = result.counters
            assert counters.rows_read == counters.rows_used + counters.rows_filtered == both.num_rows
    one = session.sql(f"SELECT count(i64) FROM '{tmp_path}/x.feather'").result().arrow()
    assert one.column(0).to_pylist() == [table.num_rows - table.column("i64").null_count]


def test_what_is_refused(session: Session, tmp_path: Path) -> None:
    (tmp_path / "0.arrow").write_bytes(written(pa.table({"x": [1]})))
    (tmp_path / "1.arrow").write_bytes(written(pa.table({"y": [1]})))
    with pytest.raises(SourceError, match=r"its columns are not those of .*0\.arrow"):
        session.sql(f"FROM '{tmp_path}/*.arrow'").result()
    with pytest.raises(QueryError, match="read_arrow takes a file pattern alone"):
        session.sql(f"FROM read_arrow('{tmp_path}/0.arrow', delim = ',')").result()
    sink = io.BytesIO()
    table = pa.table({"x": [1]})
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    (tmp_path / "s.arrow").write_bytes(sink.getvalue())
    with pytest.raises(SourceError, match="this is no Arrow file"):
        session.sql(f"FROM '{tmp_path}/s.arrow'").result()


@pytest.mark.parametrize("compression", [None, "zstd"])
def test_damaged_files_harm_nobody(compression: str | None, session: Session, tmp_path: Path) -> None:
    table = random_rows(SEED).select(["i64", "text", "list", "coded", "struct", "map", "large"])
    whole = written(table, compression=compression)
    rng = random.Random(SEED)
    path = tmp_path / "data.arrow"
    refused: list[str] = []
    for _ in range(DAMAGES):
        data = bytearray(whole)
        kind = rng.randrange(3)
        if kind == 0:
            del data[rng.randrange(len(data)) :]
        elif kind == 1:
            for _ in range(rng.randrange(1, 9)):
                data[rng.randrange(len(data))] = rng.randrange(256)
        else:
            begin = rng.randrange(len(data) - 64)
            data[begin : begin + 32] = rng.choice([b"\xff", b"\x00", b"\x7f"]) * 32
        path.write_bytes(data)
        try:
            session.sql(f"FROM '{path}'").result()
        except FusionflowError as error:
            refused.append(str(error))
    assert len(refused) > DAMAGES / 3
    assert all("data.arrow" in error or "column" in error for error in refused)
    path.write_bytes(whole)
    assert session.sql(f"FROM '{path}'").result().arrow().num_rows == table.num_rows
