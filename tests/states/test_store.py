"""The state store: what was put comes back whole, or is refused and scanned again."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pyarrow as pa
import pytest

from fusionflow_lab.errors import StateError
from fusionflow_lab.query import Counters
from fusionflow_lab.source import Block, Chunk, SourceFile
from fusionflow_lab.states.codec import bucket_places, header_end
from fusionflow_lab.states.retention import collect
from fusionflow_lab.states.store import (
    BUCKETS,
    SPLIT_ROWS,
    BlockRecord,
    BlockRecords,
    ChunkRecord,
    StateHeader,
    StateStore,
    chunk_key,
)
from fusionflow_lab.storage import Folder

STATE = pa.table({"k0": ["a", None], "s0": [1, 2]})
REJECTS = pa.table({"byte": [7], "reason": ["too few fields"]})


def header(identity: str = "aa", blocks: int = 1) -> StateHeader:
    block = BlockRecord(offset=0, start=3, end=90, rows=5, rejected=1, lines=5)
    chunk = ChunkRecord(key="k1", identity=identity, blocks=BlockRecords.of([block] * blocks))
    return StateHeader(map_hash="m", chunks=(chunk,), counters=Counters(rows_read=5), rows=2, rejects=1)


@pytest.fixture
def store(tmp_path: Path) -> StateStore:
    return StateStore(Folder(str(tmp_path)))


def test_state_and_rejects_come_back(store: StateStore) -> None:
    name = store.put(header(), STATE, REJECTS)
    assert store.state(name).equals(STATE)
    assert store.rejects(name) == REJECTS
    assert store.headers("m") == {name: header()}


def test_no_rejects(store: StateStore) -> None:
    assert store.rejects(store.put(header(), STATE)) is None


def test_a_long_header_is_read_whole(store: StateStore) -> None:
    big = header(blocks=5000)
    assert store.headers("m") == {}
    name = store.put(big, STATE)
    assert store.headers("m") == {name: big}


def test_equal_content_has_one_name(store: StateStore) -> None:
    assert store.put(header(), STATE) == store.put(header(), STATE)
    assert store.put(header("bb"), STATE) != header().name


def large() -> tuple[pa.Table, pa.ChunkedArray]:
    """Return a state of many rows, and the bucket of each."""
    keys = range(SPLIT_ROWS)
    return pa.table({"k0": [f"k{key}" for key in keys]}), pa.chunked_array([[key * 7 % 60 for key in keys]])


def test_a_state_of_many_rows_lies_in_buckets(store: StateStore) -> None:
    state, buckets = large()
    name = store.put(header(), state, REJECTS, buckets)
    parts = [store.bucket(name, number) for number in range(BUCKETS)]
    assert all(split for _, split in parts)
    for number, (part, _) in enumerate(parts):
        expected = [f"k{key}" for key in range(SPLIT_ROWS) if key * 7 % 60 == number]
        assert part.column("k0").to_pylist() == expected
    assert store.state(name).equals(pa.concat_tables([part for part, _ in parts]))
    assert store.rejects(name) == REJECTS


def test_a_small_state_is_not_split(store: StateStore) -> None:
    name = store.put(header(), STATE, None, pa.chunked_array([[3, 3]]))
    part, split = store.bucket(name, 5)
    assert (part, split) == (STATE, False)


def test_a_damaged_bucket_is_found_and_the_state_forgotten(store: StateStore) -> None:
    name = store.put(header(), large()[0], None, large()[1])
    path = Path(store.folder.root, name)
    content = bytearray(path.read_bytes())
    content[bucket_places(bytes(content))[7].start + 9] ^= 1
    path.write_bytes(content)
    assert store.bucket(name, 6)[1]
    with pytest.raises(StateError, match="damaged"):
        store.bucket(name, 7)
    with pytest.raises(StateError, match="gone"):
        store.bucket(name, 6)


@pytest.mark.parametrize("damage", ["flip", "cut", "empty"])
def test_damage_is_found_and_forgotten(store: StateStore, damage: str) -> None:
    name = store.put(header(), STATE, REJECTS)
    path = Path(store.folder.root, name)
    data = bytearray(path.read_bytes())
    if damage == "flip":
        data[len(data) // 2] ^= 1
    path.write_bytes({"flip": bytes(data), "cut": bytes(data[:-5]), "empty": b""}[damage])
    with pytest.raises(StateError, match="damaged"):
        store.state(name)
    assert not path.exists()


def test_every_flipped_bit_is_found(store: StateStore) -> None:
    name = store.put(header(), STATE, REJECTS)
    path = Path(store.folder.root, name)
    whole = path.read_bytes()
    for place in range(0, len(whole), 7):
        data = bytearray(whole)
        data[place] ^= 1 << (place % 8)
        path.write_bytes(data)
        with pytest.raises(StateError):
            store.state(name)


def test_a_flipped_bit_of_a_header_is_found(store: StateStore) -> None:
    name = store.put(header(), STATE, REJECTS)
    path = Path(store.folder.root, name)
    whole = path.read_bytes()
    for place in range(header_end(whole)):
        data = bytearray(whole)
        data[place] ^= 1 << (place % 8)
        path.write_bytes(data)
        assert store.headers("m") == {}, place


def test_a_gone_state_is_named(store: StateStore) -> None:
    with pytest.raises(StateError, match="gone"):
        store.state("m/none")


def test_the_key_knows_stat_and_cut() -> None:
    file = SourceFile(path="a.csv", size=10, mtime_ns=1, data_start=0)
    chunk = Chunk(ordinal=0, file=file, blocks=(Block(offset=0, end=10),))
    proven = Chunk(ordinal=4, file=file, blocks=(Block(offset=0, end=10, start=3),))
    touched = SourceFile(path="a.csv", size=10, mtime_ns=2, data_start=0)
    assert chunk_key(chunk) == chunk_key(proven)
    assert chunk_key(chunk) != chunk_key(Chunk(ordinal=0, file=touched, blocks=chunk.blocks))


def test_a_broadcast_table_that_is_used_again_is_not_old(store: StateStore) -> None:
    digest = store.put_broadcast(pa.table({"k": [1]}))
    path = Path(store.folder.root, f"broadcast/{digest}")
    os.utime(path, (1.0, 1.0))
    began = time.time() - 1
    assert store.put_broadcast(pa.table({"k": [1]})) == digest
    collect(store.folder.root, max_age=0.0, max_size=0, in_use_since=began)
    assert path.exists()
