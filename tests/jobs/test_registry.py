from __future__ import annotations

from dataclasses import replace

from fusionflow_lab.jobs.records import RunnerRecord
from fusionflow_lab.jobs.registry import SILENT_SECONDS, Registry
from fusionflow_lab.jobs.store import JobStore

ONE = RunnerRecord(id="a:1", host="a", pid=1, cluster="local", version="1", address="a/runner.sock")


def test_runners_come_beat_fall_silent_and_leave(path: str) -> None:
    now = [1000.0]
    with JobStore(path) as store:
        registry = Registry(store.engine, clock=lambda: now[0])
        registry.enter(ONE)
        now[0] += 1
        registry.enter(replace(ONE, id="b:2", cluster="tcp://there:8786"))
        assert [runner.id for runner in registry.alive()] == ["b:2", "a:1"]
        assert [runner.id for runner in registry.alive("local")] == ["a:1"]
        registry.beat("a:1", scheduler="tcp://here:1", workers=2)
        found = registry.get("a:1")
        assert found is not None
        assert (found.scheduler, found.workers, found.started, found.heartbeat) == (
            "tcp://here:1",
            2,
            1000,
            1001,
        )
        now[0] += SILENT_SECONDS
        assert not registry.alive()
        registry.leave("a:1")
        assert registry.get("a:1") is None
