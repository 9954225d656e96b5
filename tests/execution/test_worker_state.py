"""Tasks of a worker are stopped wherever they are: before their first line, in a scan, in costly SQL."""

from __future__ import annotations

import threading
import time

import duckdb
import pyarrow as pa
import pytest

from fusionflow_lab.execution.worker_state import WorkerState

ENDLESS = "SELECT sum(hash(a.range, b.range)) FROM range(1_000_000) a, range(1_000_000) b, nothing"
NOTHING = pa.table({"x": [0]})


def test_costly_sql_is_interrupted() -> None:
    state = WorkerState()
    ended: list[Exception] = []

    def work() -> None:
        with state.token("task"):
            try:
                state.evaluator(()).read(ENDLESS, "nothing", NOTHING)
            except duckdb.Error as error:
                ended.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    while thread.is_alive():
        # The statement may not have begun; a scan would see its token then.
        state.cancel("task")
        time.sleep(0.01)
    assert [type(error) for error in ended] == [duckdb.InterruptException]


def test_another_task_goes_on() -> None:
    state = WorkerState()
    with state.token("task") as token:
        state.cancel("other")
        found = state.evaluator(()).read("SELECT sum(x) FROM numbers", "numbers", pa.table({"x": [1, 2]}))
    assert not token.cancelled
    assert found == [(3,)]


def test_a_cancel_may_come_before_the_task() -> None:
    state = WorkerState()
    state.cancel("task")
    with state.token("task") as token:
        assert token.cancelled


def test_all_are_cancelled() -> None:
    state = WorkerState()
    with state.token("one") as one, state.token("two") as two:
        state.cancel_all()
        assert one.cancelled
        assert two.cancelled
    with pytest.raises(KeyError):
        state.threads["one"]
