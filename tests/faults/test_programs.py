"""Programs of a cluster that die under a job and are started again: it ends with the same answer."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest

from fusionflow_lab.config import Config
from fusionflow_lab.jobs.lifecycle import has_ended
from fusionflow_lab.jobs.store import JobStore
from fusionflow_lab.query import Query
from tests.chaos.programs import Programs
from tests.faults.world import answer, asked, until, written
from tests.ports import free_port

ROWS = 8_000_000


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A scheduler, workers with nannies and two runners, and the jobs they work off."""

    programs: Programs
    store: JobStore
    home: Path
    name: str

    def rows(self, job: str) -> pa.Table:
        """Return the result of a completed job."""
        until(lambda: has_ended(self.store.get(job).status), "the end of the job", 150)
        record = self.store.get(job)
        assert record.status == "COMPLETED", record.error
        assert record.counters.rows_read == ROWS
        with pa.ipc.open_file(self.home / "results" / record.result_ref) as reader:
            return reader.read_all()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, database: str) -> Iterator[Cluster]:
    """Return programs that are started again whenever they die."""
    home = tmp_path_factory.mktemp("home")
    config = Config.load(home=home)
    assert config.database == database
    with Programs(home, free_port()) as programs, JobStore(config.job_database) as store:
        name = config.cluster_name(programs.address)
        yield Cluster(programs=programs, store=store, home=home, name=name)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", ["scheduler", pytest.param("nanny-0", marks=pytest.mark.long)])
def test_a_killed_program_is_started_again(cluster: Cluster, tmp_path: Path, name: str) -> None:
    path = written(tmp_path / "data.csv", ROWS)
    job = cluster.store.create(Query(text=asked(path, name, depth=3)), cluster=cluster.name).id
    until(lambda: cluster.store.get(job).chunks_done > 0, "a chunk")
    killed = cluster.programs.pid(name)
    os.kill(killed, signal.SIGKILL)
    assert not has_ended(cluster.store.get(job).status)
    assert cluster.rows(job).to_pylist() == answer(ROWS)
    until(lambda: cluster.programs.pid(name) not in {0, killed}, "the program to be back")
    assert cluster.store.get(job).epoch == 1
