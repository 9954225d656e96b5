"""Wider types: shared by processes, never too many, and nothing that is wrong with a file is believed."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fusionflow_lab.planning.memory import TypeMemory


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"[1]", b"\xff", b'{"x": "DOUBLE"}', b'"a"', b"null", b"[" * 100_000, b'{"1": 2}']
)
def test_damage_means_that_nothing_is_known(tmp_path: Path, damage: bytes) -> None:
    memory = TypeMemory(tmp_path)
    memory.remember("one", {1: "DOUBLE"})
    (tmp_path / "one.json").write_bytes(damage)
    assert memory.recall("one") == {}
    memory.remember("one", {2: "VARCHAR"})
    assert TypeMemory(tmp_path).recall("one") == {2: "VARCHAR"}


def test_the_oldest_are_forgotten(tmp_path: Path) -> None:
    memory = TypeMemory(tmp_path, most=20)
    for number in range(20):
        memory.remember(str(number), {0: "DOUBLE"})
        os.utime(tmp_path / f"{number}.json", ns=(0, number))
    assert memory.recall("0") == {0: "DOUBLE"}
    memory.remember("new", {0: "DOUBLE"})
    known = [number for number in range(20) if memory.recall(str(number))]
    assert known == list(range(3, 20))
    assert memory.recall("new") == {0: "DOUBLE"}


def test_writers_at_the_same_time_leave_whole_files(tmp_path: Path) -> None:
    def write(number: int) -> dict[int, str]:
        memory = TypeMemory(tmp_path, most=5)
        memory.remember(str(number % 7), {number: "VARCHAR"})
        return memory.recall(str(number % 7))

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(write, range(200)))
    assert all(set(types.values()) <= {"VARCHAR"} for types in found)
    assert len(list(tmp_path.iterdir())) <= 7
