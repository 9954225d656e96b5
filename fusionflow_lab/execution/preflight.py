"""Look before a job: is all there that a job needs, here and on a cluster; where not, what is to be done."""

from __future__ import annotations

import asyncio
import os
import platform
import secrets
import shutil
import sys
import time
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import cloudpickle
import duckdb
import psutil
from distributed import Client
from distributed.versions import VersionMismatchWarning

from fusionflow_lab.config import Config
from fusionflow_lab.errors import FusionflowError
from fusionflow_lab.execution import probe as probe_module
from fusionflow_lab.execution.build import BUILD, VERSION
from fusionflow_lab.execution.probe import MARK, look_around
from fusionflow_lab.jobs.store import JobStore
from fusionflow_lab.results.words import bytes_text, count_text

CONNECT_SECONDS: Final = 2.0
ANSWER_SECONDS: Final = 2.5
LEAST_MEMORY: Final = 512 << 20
LEAST_DISK: Final = 1 << 30
CLOCK_SECONDS: Final = 5.0
_NAMED: Final = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One thing that was looked at: what was found, and the remedy where it is not as it should be."""

    name: str
    found: str
    remedy: str = ""

    @property
    def ok(self) -> bool:
        """Whether all is well."""
        return not self.remedy


def look_here(config: Config) -> Iterator[Check]:
    """Look at this machine: versions, home, job database, memory.

    Examples
    --------
    >>> [check.name for check in look_here(Config.load(home="home", workers=1))]
    ['versions', 'home', 'database', 'memory']
    """
    python = f"Python {platform.python_version()}"
    yield Check(name="versions", found=f"fusionflow_lab {BUILD}, {python} on {platform.machine()}")
    yield _home(config.home)
    yield _database(config)
    yield _memory(config)


def look_at(cluster: str, config: Config, paths: Sequence[str] = ()) -> list[Check]:
    """Look at a cluster: scheduler, workers, their versions, memory and clocks, and what they can read.

    Parameters
    ----------
    cluster
        The scheduler's address.
    config
        Names the home, which all workers must see.
    paths
        Files, patterns or URLs that every worker should be able to read.
    """
    with _marked(config.home) as mark, warnings.catch_warnings():
        # Dask's own words on Pythons that differ; ours are among the checks.
        warnings.simplefilter("ignore", VersionMismatchWarning)
        return asyncio.run(_look_at(cluster, config, mark, paths))


@contextmanager
def _marked(home: Path) -> Iterator[str]:
    """Put a mark into the home, by which others know it."""
    mark = secrets.token_hex(8)
    with suppress(OSError):
        home.mkdir(parents=True, exist_ok=True)
        (home / MARK).write_text(mark, encoding="utf-8")
    try:
        yield mark
    finally:
        with suppress(OSError):
            (home / MARK).unlink(missing_ok=True)


def _home(home: Path) -> Check:
    try:
        home.mkdir(parents=True, exist_ok=True)
        (home / f"{MARK}-{os.getpid()}").touch()
        (home / f"{MARK}-{os.getpid()}").unlink()
    except OSError as error:
        remedy = "name a folder that you may write: FUSIONFLOW_HOME"
        return Check(name="home", found=f"{home}: {error.strerror}", remedy=remedy)
    free = shutil.disk_usage(home).free
    remedy = "make room, or name a folder on another disk: FUSIONFLOW_HOME" if free < LEAST_DISK else ""
    return Check(name="home", found=f"{home}, {bytes_text(free)} free", remedy=remedy)


def _database(config: Config) -> Check:
    try:
        with JobStore(config.job_database) as store:
            jobs = len(store.list(limit=1))
            name = store.engine.dialect.name
    except FusionflowError as error:
        return Check(name="database", found=error.what, remedy=error.hint)
    except OSError as error:
        return Check(name="database", found=str(error), remedy="see to the home first: it lies there")
    return Check(name="database", found=f"{name} answers{'' if jobs else ', no jobs yet'}")


def _memory(config: Config) -> Check:
    free = psutil.virtual_memory().available
    each = free // config.workers
    found = f"{bytes_text(free)} free for {count_text(config.workers, 'worker')}"
    remedy = "take fewer workers: FUSIONFLOW_WORKERS" if each < LEAST_MEMORY else ""
    return Check(name="memory", found=found, remedy=remedy)


async def _look_at(cluster: str, config: Config, mark: str, paths: Sequence[str]) -> list[Check]:
    client = Client(cluster, asynchronous=True, set_as_default=False, timeout=CONNECT_SECONDS)
    try:
        await client
    except (OSError, TimeoutError, ValueError) as error:
        remedy = "see that it runs (dask scheduler), that the address is right and no firewall is between"
        return [Check(name="scheduler", found=f"{cluster} does not answer: {error}", remedy=remedy)]
    async with client:
        versions = await client.scheduler.broadcast(msg={"op": "versions"}, on_error="return")
        if not versions:
            remedy = f"start some: dask worker {cluster}"
            return [Check(name="workers", found="the cluster has no workers", remedy=remedy)]
        checks = [Check(name="scheduler", found=f"{cluster}, {count_text(len(versions), 'worker')}")]
        pythons = {worker: _python(found) for worker, found in versions.items()}
        checks.append(_told("Python", pythons, _here(), f"give the workers Python {_here()}"))
        able = [worker for worker, found in pythons.items() if found == _here()]
        if able:
            checks += await _ask(client, able, config, mark, paths)
    return checks


async def _ask(
    client: Client, workers: list[str], config: Config, mark: str, paths: Sequence[str]
) -> list[Check]:
    """Ask workers of our Python what they have and see."""
    home, access, sent = config.home, asdict(config.access), time.time()
    cloudpickle.register_pickle_by_value(probe_module)
    try:
        asked = client.run(
            look_around, str(home), mark, list(paths), access, workers=workers, on_error="return"
        )
        said: Mapping[str, object] = await asyncio.wait_for(asked, ANSWER_SECONDS)
    except TimeoutError:
        remedy = "see what keeps them busy: the cluster's dashboard"
        return [Check(name="answers", found="the workers do not answer", remedy=remedy)]
    finally:
        cloudpickle.unregister_pickle_by_value(probe_module)
    lost = {worker: f"{found!r}" for worker, found in said.items() if not isinstance(found, dict)}
    facts = {worker: found for worker, found in said.items() if isinstance(found, dict)}
    checks = [_told("answers", lost, "", "look into the logs of these workers")] if lost else []
    return [*checks, *_judged(facts, home, paths, sent)]


def _judged(
    facts: Mapping[str, dict[str, object]], home: Path, paths: Sequence[str], sent: float
) -> Iterator[Check]:
    builds = {worker: str(found["build"]) for worker, found in facts.items()}
    pip = f"pip install fusionflow_lab=={VERSION} duckdb=={duckdb.__version__}"
    yield _told("extension", builds, BUILD, f"{pip} where the workers run; or, to try: --give-package")
    homes = {worker: str(found["home"]) for worker, found in facts.items()}
    shared = f"name a folder that every worker sees under the same path: FUSIONFLOW_HOME (now {home})"
    yield _told("home", homes, "", shared, well="every worker reads and writes it")
    for path in paths:
        seen = {worker: _seen(found, path) for worker, found in facts.items()}
        yield _told(
            f"read {path}", seen, "", _path_remedy(" ".join(seen.values())), well="every worker reads it"
        )
    memory = {worker: int(str(found["memory"])) for worker, found in facts.items()}
    small = {worker: bytes_text(size) for worker, size in memory.items() if 0 < size < LEAST_MEMORY}
    least = f"give them {bytes_text(LEAST_MEMORY)} or more: dask worker --memory-limit"
    yield _told("memory", small, "", least, well=_least(memory.values()))
    gone = {worker: float(str(found["time"])) - sent for worker, found in facts.items()}
    late = {worker: f"{by:+.0f} s" for worker, by in gone.items() if abs(by) > CLOCK_SECONDS + ANSWER_SECONDS}
    yield _told("clocks", late, "", "set them by the network (NTP)", well="all agree")


def _told(name: str, said: Mapping[str, str], wanted: str, remedy: str, *, well: str = "") -> Check:
    """Say what workers answered, those by name that should have answered otherwise."""
    wrong = [f"{worker} has {what}" for worker, what in sorted(said.items()) if what != wanted]
    if not wrong:
        return Check(name=name, found=well or f"every worker has {wanted}")
    more = [f"and {len(wrong) - _NAMED} more"] if len(wrong) > _NAMED else []
    return Check(name=name, found="; ".join([*wrong[:_NAMED], *more]), remedy=remedy)


def _seen(found: Mapping[str, object], path: str) -> str:
    paths = found["paths"]
    return str(paths[path]) if isinstance(paths, dict) else ""


def _path_remedy(said: str) -> str:
    if any(word in said for word in ("Credentials", "PermissionError", "Forbidden", "Access Denied")):
        return (
            "give the workers credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the profile of "
            "FUSIONFLOW_S3_PROFILE in their ~/.aws; files need their rights"
        )
    if "TimeoutError" in said:
        return "see that the workers reach it: network, proxy, endpoint (FUSIONFLOW_S3_ENDPOINT)"
    if "No module named" in said or "ImportError" in said:
        return "install what reads it where the workers run (s3fs, gcsfs, adlfs, aiohttp)"
    return "put it where every worker sees it under the same path, or on object storage"


def _least(sizes: Iterable[int]) -> str:
    known = [size for size in sizes if size]
    return f"{bytes_text(min(known))} or more each" if known else "no limit"


def _python(found: object) -> str:
    if not isinstance(found, dict):
        return f"not answered ({found!r})"
    return ".".join(str(found["host"]["python"]).split(".")[:2])


def _here() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"
