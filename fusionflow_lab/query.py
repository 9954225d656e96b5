"""The words of the plan: frozen records that planning makes, workers read and the store names.

Everything that crosses a process border is one of these records, an Arrow table or bytes.
Sources are read in chunks; a stage maps each chunk to a state; states merge; the final SQL
runs over the merged states. See ``docs/design.md`` for the drawing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from fusionflow_lab.access import Access as Access  # noqa: PLC0414 - a word of the plan, too
from fusionflow_lab.native_map import NativeMap
from fusionflow_lab.sink import Sink
from fusionflow_lab.source import Column, Source

StageKind = Literal["aggregate", "topk", "limit", "rows", "gather"]

LINE_BYTE = 1
"""Ordinal of the column that tells the byte of a line or word."""
WORD_COUNT = "__count"
"""The column that makes a row of each different word: how often it was met."""


ParameterValue: TypeAlias = "str | tuple[ParameterValue, ...] | None"


@dataclass(frozen=True, kw_only=True, slots=True)
class Parameter:
    """The value that ``$name`` stands for: text as DuckDB casts it to ``type``, None for NULL.

    A list is a tuple of such values, its type ends in ``[]``.
    """

    name: str
    type: str
    value: ParameterValue


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """A query under a name; ``columns`` rename its first columns."""

    name: str
    text: str
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Frame:
    """A table of the user's program under a name, kept as an Arrow IPC file named after its content."""

    name: str
    path: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Query:
    """What the user asked for: the SQL text and the options that change how it runs.

    Parameters
    ----------
    text
        One SELECT statement in DuckDB's dialect, byte for byte as written.
    name
        A name for the job; empty for none.
    use_cache
        Whether states that the store already holds may stand in for scanning.
    parameters
        The values of ``$x`` in the text and its views.
    views
        The views that the text reads, those that others read first.
    frames
        The tables of the user's program that the text or a view reads by name.
    allow_failed_chunks
        Whether to finish without chunks that cannot be read; the result is then marked.
    max_errors
        How many records of a source may be rejected, where its reader is not told: a number, a percentage
        such as ``5%``, or empty for the default.
    access
        How files elsewhere are reached.
    settings
        Session settings that change its meaning, as (name, value).
    moment
        What ``now()`` and its kin answer, as ISO 8601; empty for the moment of planning.
    folder
        What relative paths start from; empty for the folder of the process that plans.
    sink
        Where its rows are written; None for a query whose rows are its result.
    """

    text: str
    name: str = ""
    use_cache: bool = True
    parameters: tuple[Parameter, ...] = ()
    views: tuple[View, ...] = ()
    frames: tuple[Frame, ...] = ()
    allow_failed_chunks: bool = False
    max_errors: str = ""
    access: Access = field(default_factory=Access)
    settings: tuple[tuple[str, str], ...] = ()
    moment: str = ""
    folder: str = ""
    sink: Sink | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Broadcast:
    """A small table that the maps of a stage read whole, beside their source.

    ``sql`` makes it from the merged tables of ``stages``, which run first; ``columns`` are its columns, as
    (name, DuckDB type). Maps know it as ``name``.
    """

    name: str
    sql: str
    stages: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Passing:
    """When rows of a run may match the filters of a map, told from bounds of their values.

    ``sql`` is a condition on ``min_0``, ``max_0``, ``nulls_0`` (those of the first of ``columns``) and so on,
    and on ``rows``. Rows of a run where it is false are passed over: they are read as little as possible.
    """

    columns: tuple[Column, ...]
    sql: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """One pass over a source: ``map_sql`` per task, ``merge_sql`` over states, one table for the final.

    ``map_sql``
        reads table ``source.name`` (which holds ``columns``) and yields the state. It is one
        SELECT whose operators between scan and root are row-wise, but for the aggregate at the root
        (``aggregate``).
    ``reduce_sql``
        ``topk`` and ``limit``: applied to the rows of ``map_sql``, there called ``state``, before they
        are stored, and again when states are merged. Empty otherwise.
    ``merge_sql``
        ``aggregate``: reads table ``state`` (states of several tasks) and yields one state of the same
        columns. Empty where merging is concatenation (then ``reduce_sql``).
    ``used_column``
        Name of the hidden count of rows that passed the filters, or empty where the map filters
        nothing (used = read - rejected) or its rows are counted as they come (all kinds but
        ``aggregate``).
    ``ordered``
        Whether the order of rows in the source matters: then chunks are contiguous and states are
        merged in file order.
    ``limit``
        ``limit``: rows after which no more chunks are needed. 0 elsewhere.
    ``reason``
        ``gather``: why the query could not be cut; ``rows``: why these rows are shipped, where they are
        not the answer itself. Empty elsewhere.
    ``multiplies``
        Whether the map may make several rows of one, or none without a filter (a join): then every row
        that is read counts as used.
    ``bucket_by``
        ``aggregate``: columns of the state by whose hash it may be split, so that rows which belong
        together stay together: the keys, and the values of DISTINCT. Empty where there are neither.
    ``spread``
        ``aggregate``: whether the values of DISTINCT are among these, so that a group may be in many buckets.
    ``keeps``
        ``aggregate``: its aggregates whose states grow with the rows, such as ``median(x)``.
    ``merges``
        ``aggregate``: what the native core does to merge each column of the state: ``key``, or the name of an
        aggregate. Empty where DuckDB merges them, by ``merge_sql``.
    ``broadcast``
        Tables that ``map_sql`` reads beside its source. The stages that they are made of run first, and
        what the tables hold is part of the map hash.
    ``sink``
        Where the rows of the map are written by the task that maps them; its state is the list of the files.
        None elsewhere.
    ``passing``
        Which rows need not be read, where the files say what values they hold.
    ``native``
        ``map_sql`` for the native core, which makes the same state of it; None where DuckDB runs it.
    """

    name: str
    kind: StageKind
    source: Source
    columns: tuple[Column, ...]
    map_sql: str
    reduce_sql: str = ""
    merge_sql: str = ""
    used_column: str = ""
    ordered: bool = False
    limit: int = 0
    reason: str = ""
    multiplies: bool = False
    bucket_by: tuple[str, ...] = ()
    spread: bool = False
    keeps: tuple[str, ...] = ()
    merges: tuple[str, ...] = ()
    broadcast: tuple[Broadcast, ...] = ()
    sink: Sink | None = None
    passing: Passing | None = None
    native: NativeMap | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupParts:
    """The groups of one bucket of a stage that is ``spread``: a part of each, as a state of its own.

    ``sql`` reads the merged states of the bucket under the stage's name, and yields such states. ``stage``
    says how these merge, by the keys alone; ``final_sql`` ends the plan over them in one place.
    """

    stage: Stage
    sql: str
    final_sql: str


@dataclass(frozen=True, kw_only=True, slots=True)
class BucketFinal:
    """A final SQL in two steps, for groups too many for one place: bucket by bucket, then over all of them.

    ``bucket_sql`` reads the merged states of one bucket under the stage's name. ``final_sql`` reads what
    all buckets gave as table ``groups``; empty where that, one after the other, is the answer. With ``parts``
    the stage is theirs, and comes after the plan's own.
    """

    bucket_sql: str
    final_sql: str = ""
    parts: GroupParts | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """A query, cut: stages that run on the cluster, and the SQL that ends it over their tables.

    ``final_sql`` reads the tables ``stage.name``; ``names`` and ``types`` are those of the user's
    query, or empty where only its rows tell (a PIVOT by the values of the data). ``settings`` are the
    session settings every evaluator applies. ``gathered`` is the reason why the query was not cut, or empty.
    A stage comes after those that its broadcast tables are made of. ``moment`` is the time that the query
    reads from the clock; empty for one that does not.
    ``volatile`` names a function that may answer differently each time. ``bucket_final`` says how the final
    of a plan with one stage is run bucket by bucket; None where it needs all groups at once.
    ``sink`` is where the rows go; they are written by the tasks where a stage has it, too, and else where the
    answer is.
    """

    text: str
    stages: tuple[Stage, ...]
    final_sql: str
    names: tuple[str, ...]
    types: tuple[str, ...]
    settings: tuple[tuple[str, str], ...] = ()
    gathered: str = ""
    moment: str = ""
    volatile: str = ""
    bucket_final: BucketFinal | None = None
    sink: Sink | None = None

    @property
    def final_stages(self) -> tuple[Stage, ...]:
        """Stages whose tables the final SQL may read; the others only make broadcast tables."""
        return tuple(stage for stage in self.stages if stage.name in self.final_sql)

    @property
    def shipped(self) -> str:
        """Why the final SQL works on shipped rows, which may be many; empty where it does not."""
        return self.gathered or next((stage.reason for stage in self.final_stages if stage.reason), "")


@dataclass(frozen=True, kw_only=True, slots=True)
class Counters:
    """Rows and bytes of a scan. The law: ``read = used + filtered + rejected``.

    ``bytes_verified`` were read only to see that they are what was scanned before (they are reused, too);
    ``bytes_unread`` belong to chunks that failed and that the job was allowed to go on without.
    """

    rows_read: int = 0
    rows_used: int = 0
    rows_filtered: int = 0
    rows_rejected: int = 0
    bytes_scanned: int = 0
    bytes_reused: int = 0
    bytes_verified: int = 0
    bytes_unread: int = 0

    def __add__(self, other: Counters) -> Counters:
        """Add two counts, field by field."""
        return Counters(
            rows_read=self.rows_read + other.rows_read,
            rows_used=self.rows_used + other.rows_used,
            rows_filtered=self.rows_filtered + other.rows_filtered,
            rows_rejected=self.rows_rejected + other.rows_rejected,
            bytes_scanned=self.bytes_scanned + other.bytes_scanned,
            bytes_reused=self.bytes_reused + other.bytes_reused,
            bytes_verified=self.bytes_verified + other.bytes_verified,
            bytes_unread=self.bytes_unread + other.bytes_unread,
        )
