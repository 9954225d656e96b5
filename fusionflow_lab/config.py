"""The settings, once: default < file < environment < traitlets < option.

Each field of ``Config`` is a setting. It is a key of the file, an environment variable (``FUSIONFLOW_`` and
its name in capitals), a trait (``c.FusionFlow.workers = 4``) and, for some, an option of functions and
commands. A setting that nobody knows is an error: one that is silently ignored is worse than none.
"""

from __future__ import annotations

import difflib
import hashlib
import os
import platform
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeAlias

import platformdirs

from fusionflow_lab.errors import ConfigError
from fusionflow_lab.machine import processors, user_of
from fusionflow_lab.query import Access
from fusionflow_lab.units import bytes_of, max_errors_of, seconds_of

Value: TypeAlias = str | int | float | Path

_PREFIX: Final = "FUSIONFLOW_"
CONFIG_FILE: Final = "FUSIONFLOW_CONFIG"
# By this module, the native core and the tests.
_READ_ELSEWHERE: Final = frozenset({CONFIG_FILE, "FUSIONFLOW_SIMD", "FUSIONFLOW_CORPORA"})
_MEMORY: Final = re.compile(r"auto|0|\d+(\.\d+)?\s*([kmgtp]i?)?b", re.IGNORECASE)
_MOST_WORKERS: Final = 1024
_CHOICES: Final = MappingProxyType(
    {
        "runner": ("detached", "inprocess"),
        "evaluator": ("auto", "duckdb"),
        "log_format": ("text", "json"),
        "log_level": ("debug", "info", "warning", "error"),
        "s3_url_style": ("", "path", "virtual"),
    }
)
_ENDPOINT: Final = re.compile(r"https?://[^/@?#\s]+/?")  # no name and no password in it


def _about(text: str, *, default: str = "") -> Mapping[str, str]:
    """Say what a setting means, and its default where that is computed."""
    return {"help": text, "default": default}


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """The settings of a session; each is described beside it.

    Examples
    --------
    >>> Config.load(workers=2, environ={"FUSIONFLOW_WORKERS": "8"}).workers
    2
    """

    home: Path = field(
        metadata=_about(
            "Folder of the job database, the states and the results.", default="the user's data folder"
        )
    )
    workers: int = field(
        metadata=_about(
            "Worker processes of a local cluster, one thread each.", default="one for each processor"
        )
    )
    database: str = field(
        default="",
        repr=False,  # a password may be in it
        metadata=_about(
            "The job database: a path, or postgresql://user@host/name.", default="a file in home"
        ),
    )
    memory_limit: str = field(
        default="auto", metadata=_about("Memory of each of them: auto, 2 GiB, or 0 for no limit.")
    )
    frame_limit: str = field(
        default="1 GiB", metadata=_about("The most that a table of the user's program in FROM may take.")
    )
    runner: str = field(
        default="detached",
        metadata=_about(
            "Who drives the jobs: detached, a process that outlives this one, or inprocess, this one."
        ),
    )
    runner_idle: float = field(
        default=600.0, metadata=_about("Seconds without jobs and clients after which a detached runner ends.")
    )
    evaluator: str = field(
        default="auto", metadata=_about("Who runs maps: auto, the native core where it can, or duckdb.")
    )
    max_errors: str = field(
        default="",
        metadata=_about(
            "How many records of a source may be rejected before a job fails: 100, 5%.",
            default="1%, at least 10",
        ),
    )
    log_format: str = field(default="text", metadata=_about("How logs are written: text or json."))
    log_level: str = field(
        default="info", metadata=_about("What is logged: debug, info, warning or error, and all above.")
    )
    user: str = field(
        default="",
        metadata=_about("Who owns the jobs that are submitted.", default="the user of the hub or the system"),
    )
    cache_max_age: str = field(
        default="30d", metadata=_about("How long states are kept that nobody uses: 30d, 12h.")
    )
    cache_max_size: str = field(
        default="20 GB", metadata=_about("What all states may take; those used longest ago go first.")
    )
    result_max_age: str = field(
        default="30d", metadata=_about("How long results are kept that nobody looks at: 30d, 12h.")
    )
    store: str = field(
        default="", metadata=_about("Where states are kept: a folder, s3://bucket/prefix; empty for home.")
    )
    s3_endpoint: str = field(
        default="", metadata=_about("URL of an S3 server; empty for what the environment says, else AWS.")
    )
    s3_profile: str = field(
        default="",
        metadata=_about(
            "Whose credentials read s3://: a profile of each machine, anonymous, or its environment."
        ),
    )
    s3_region: str = field(
        default="", metadata=_about("Region of the buckets; empty for what the profile says.")
    )
    s3_url_style: str = field(
        default="", metadata=_about("path for endpoint/bucket/key, virtual for bucket.endpoint/key.")
    )
    http_hosts: str = field(
        default="",
        metadata=_about(
            "Hosts read over http: names, *.example.org, * for all public ones, addresses, networks."
        ),
    )
    roots: str = field(
        default="",
        metadata=_about(
            "Folders that queries of front ends read and write below, as in PATH.",
            default="the server's root folder and the home of its user; anywhere in a kernel",
        ),
    )
    origins: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """Where each setting comes from."""

    @property
    def logs(self) -> Path:
        """Folder of the logs of jobs."""
        return self.home / "logs"

    @property
    def job_database(self) -> str:
        """Path or URL of the job database."""
        return self.database or str(self.home / "jobs.sqlite")

    @property
    def cache_seconds(self) -> float:
        """``cache_max_age`` in seconds."""
        return seconds_of("cache_max_age", self.cache_max_age)

    @property
    def cache_bytes(self) -> int:
        """``cache_max_size`` in bytes."""
        return bytes_of("cache_max_size", self.cache_max_size)

    @property
    def result_seconds(self) -> float:
        """``result_max_age`` in seconds."""
        return seconds_of("result_max_age", self.result_max_age)

    @property
    def access(self) -> Access:
        """How files elsewhere are reached."""
        return Access(
            s3_endpoint=self.s3_endpoint,
            s3_profile=self.s3_profile,
            s3_region=self.s3_region,
            s3_url_style=self.s3_url_style,
            http_hosts=tuple(filter(None, (host.strip() for host in self.http_hosts.split(",")))),
            roots=(*self.root_folders, str(self.home / "tables")) if self.root_folders else (),
        )

    @property
    def root_folders(self) -> tuple[str, ...]:
        """The folders that ``roots`` names; queries may also read the tables that they made in the home."""
        names = filter(None, self.roots.split(os.pathsep))
        return tuple(str(Path(name).expanduser().absolute()) for name in names)

    @property
    def frame_bytes(self) -> int:
        """``frame_limit`` in bytes.

        Examples
        --------
        >>> Config(home=Path("home"), workers=1, frame_limit="1.5 MiB").frame_bytes
        1572864
        """
        return bytes_of("frame_limit", self.frame_limit)

    def __post_init__(self) -> None:
        if not 1 <= self.workers <= _MOST_WORKERS:
            raise ConfigError(f"workers is {self.workers}", hint=f"take 1 to {_MOST_WORKERS}")
        if not _MEMORY.fullmatch(self.memory_limit):
            hint = "write it as 'auto', '2 GiB' or '500 MB'"
            raise ConfigError(f"memory_limit is {self.memory_limit!r}", hint=hint)
        max_errors_of(self.max_errors)
        _ = self.frame_bytes, self.cache_seconds, self.cache_bytes, self.result_seconds
        for name, known in _CHOICES.items():
            if getattr(self, name) not in known:
                hint = f"write {' or '.join(filter(None, known))}"
                raise ConfigError(f"{name} is {getattr(self, name)!r}", hint=hint)
        if self.s3_endpoint and not _ENDPOINT.fullmatch(self.s3_endpoint):
            raise ConfigError("s3_endpoint is no plain URL", hint="write https://host or http://host:port")
        if not self.runner_idle >= 0:
            raise ConfigError(f"runner_idle is {self.runner_idle}", hint="write seconds, 600 for ten minutes")
        if self.home.exists() and not self.home.is_dir():
            raise ConfigError("home is not a folder", where=str(self.home), hint="name another, or move it")

    @classmethod
    def load(
        cls,
        *,
        environ: Mapping[str, str] | None = None,
        traits: Mapping[str, Value] | None = None,
        **options: Value | None,
    ) -> Config:
        """Collect the settings; an option of None says nothing.

        Parameters
        ----------
        environ
            The environment; by default that of this process. ``FUSIONFLOW_CONFIG`` names the file, by default
            ``config.toml`` in the user's folder of settings.
        traits
            Settings of the Jupyter program.
        **options
            Settings that win over all others.

        Raises
        ------
        ConfigError
            A setting is unknown or out of range; the file cannot be read.
        """
        environ = os.environ if environ is None else environ
        values: dict[str, Value] = {
            "home": platformdirs.user_data_path("fusionflow"),
            "workers": processors(),
            "user": user_of(environ),
        }
        origins = {setting.name: "default" for setting in settings()}
        given = {name: value for name, value in options.items() if value is not None}
        for origin, layer in (*_layers(environ), ("traitlets", traits or {}), ("option", given)):
            for name, value in layer.items():
                setting = _known(name, origin)
                values[setting] = _read(setting, value, origin)
                origins[setting] = origin
        values["home"] = Path(str(values["home"])).expanduser().absolute()
        return cls(**values, origins=origins)  # type: ignore[arg-type]  # each was read as its type

    def environment(self) -> dict[str, str]:
        """Return what a process of its own must find in its environment to have the same settings.

        Examples
        --------
        >>> Config.load(home="/data", environ={}).environment()
        {'FUSIONFLOW_HOME': '/data'}
        """
        chosen = (setting for setting in settings() if self.origins.get(setting.name) != "default")
        return {setting.variable: str(getattr(self, setting.name)) for setting in chosen}

    def cluster_name(self, cluster: str) -> str:
        """Return what jobs and runners of a cluster call it in the database.

        Where several homes share one database, each has its own: states and results lie in the home, and
        local workers on one machine.

        Examples
        --------
        >>> Config(home=Path("home"), workers=1).cluster_name("local")
        'local'
        >>> shared = Config(home=Path("home"), workers=1, database="postgresql://host/jobs")
        >>> shared.cluster_name("tcp://scheduler:8786")
        'tcp://scheduler:8786@da538f91'
        """
        if not self.database or "@" in cluster:
            return cluster
        place = f"{platform.node() if cluster == 'local' else ''} {self.home}"
        return f"{cluster}@{hashlib.blake2b(place.encode(), digest_size=4).hexdigest()}"

    def runner_log(self, cluster: str) -> Path:
        """Return where the detached runner of a cluster writes its log.

        Examples
        --------
        >>> Config(home=Path("home"), workers=1).runner_log("local").name
        'runner.log'
        """
        if address_of(cluster) == "local":
            return self.home / "runner.log"
        return self.home / f"runner-{hashlib.blake2b(cluster.encode(), digest_size=4).hexdigest()}.log"


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """What is known of a setting; ``type`` is ``Path``, ``int``, ``float`` or ``str``."""

    name: str
    type: str
    help: str
    default: str

    @property
    def variable(self) -> str:
        """Its environment variable."""
        return f"{_PREFIX}{self.name.upper()}"


def settings() -> tuple[Setting, ...]:
    """Return every setting, in the order of ``Config``.

    Examples
    --------
    >>> settings()[1].variable, settings()[1].help
    ('FUSIONFLOW_WORKERS', 'Worker processes of a local cluster, one thread each.')
    """
    return tuple(
        Setting(
            name=each.name,
            type=str(each.type),
            help=each.metadata["help"],
            default=str(each.metadata["default"] or each.default),
        )
        for each in fields(Config)
        if each.metadata
    )


def address_of(cluster_name: str) -> str:
    """Return the cluster of a name that ``Config.cluster_name`` made.

    Examples
    --------
    >>> address_of("local@2d3f9bbb"), address_of("tcp://scheduler:8786")
    ('local', 'tcp://scheduler:8786')
    """
    return cluster_name.rpartition("@")[0] or cluster_name


def _layers(environ: Mapping[str, str]) -> Iterator[tuple[str, Mapping[str, Value]]]:
    """Yield what the file and the environment say, each with where it stands."""
    named = environ.get(CONFIG_FILE, "").strip()
    path = Path(named).expanduser() if named else platformdirs.user_config_path("fusionflow") / "config.toml"
    if named or path.exists():
        yield str(path), _from_file(path)
    ours = {name: value.strip() for name, value in environ.items() if name.startswith(_PREFIX)}
    for name in sorted(ours.keys() - _READ_ELSEWHERE):
        setting = _known(name, "environment variables")
        if ours[name]:
            yield name, {setting: ours[name]}


def _from_file(path: Path) -> Mapping[str, Value]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"the settings cannot be read: {error}", where=str(path)) from None


def _known(name: str, where: str) -> str:
    """Return the setting of a name or variable."""
    variable = name.startswith(_PREFIX)
    names = {setting.variable if variable else setting.name: setting.name for setting in settings()}
    if name in names:
        return names[name]
    endings = {known.removeprefix(_PREFIX): known for known in names}
    near = difflib.get_close_matches(name.removeprefix(_PREFIX), endings, n=1)
    hint = f"did you mean {endings[near[0]]}?" if near else f"known are {', '.join(sorted(names))}"
    raise ConfigError(f"unknown setting {name}", where=where, hint=hint)


def _read(name: str, value: object, origin: str) -> Value:
    """Return a value as the type of its setting."""
    kind = next(setting.type for setting in settings() if setting.name == name)
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Path)):
        raise ConfigError(f"{name} is {value!r}", where=origin, hint="write a number or a text")
    text = str(value)
    try:
        return int(text) if kind == "int" else float(text) if kind == "float" else text
    except ValueError:
        wanted = "write a whole number" if kind == "int" else "write a number of seconds"
        raise ConfigError(f"{name} is {value!r}", where=origin, hint=wanted) from None
