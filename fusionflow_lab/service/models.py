"""The shapes of requests and replies, as they travel in JSON; ``js/shared/src/model.ts`` has the same.

Whoever changes one changes both. A field that is not known is refused by its name. Times are seconds since
the epoch.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, Json, JsonValue, field_validator

from fusionflow_lab.jobs.board import Sort
from fusionflow_lab.jobs.events import Status

MOST_ROWS = 100_000
MOST_JOBS = 1000

Cell: TypeAlias = str | int | float | bool | None
Op = Literal["=", "!=", "<", "<=", ">", ">=", "contains", "starts_with", "is_null", "not_null", "in"]


class Model(BaseModel):
    """Base of all shapes: frozen, and nothing that is not known."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*")
    @classmethod
    def _has_no_nul(cls, value: object) -> object:
        """Refuse texts that neither paths nor databases take."""
        if isinstance(value, str) and "\0" in value:
            raise ValueError("holds a NUL character")
        return value


class Nothing(Model):
    """A request that says no more than its path."""


class Counters(Model):
    """Rows and bytes; the law: ``rows_read = rows_used + rows_filtered + rows_rejected``."""

    rows_read: int = 0
    rows_used: int = 0
    rows_filtered: int = 0
    rows_rejected: int = 0
    bytes_scanned: int = 0
    bytes_reused: int = 0
    bytes_verified: int = 0
    bytes_unread: int = 0


class Failure(Model):
    """Why a job failed."""

    kind: str
    what: str
    where: str = ""
    hint: str = ""


class Parameter(Model):
    """The value that ``$name`` stood for, as text."""

    name: str
    type: str
    value: str


class Job(Model):
    """A job."""

    id: str
    name: str
    sql: str
    owner: str
    status: Status
    desired: Literal["run", "stop"]
    cluster: str
    priority: int
    chunks_done: int
    chunks_total: int
    bytes_done: int
    bytes_total: int
    counters: Counters
    error: Failure | None
    parameters: list[Parameter]
    created: float
    started: float | None
    finished: float | None
    has_result: bool
    written_to: str = Field(description="Where its rows go, in words; empty where they are the result.")


class JobsQuery(Model):
    """Which jobs, and how."""

    status: list[Status] = Field(default_factory=list, description="Of these statuses; all by default.")
    q: str = Field("", max_length=500, description="A text in the name, the id or the SQL.")
    limit: int = Field(100, ge=1, le=MOST_JOBS, description="How many.")
    cursor: str = Field("", description="next_cursor of the page before.")
    sort: str = Field(
        "-created",
        pattern=r"^-?(created|started|finished|duration|name|status|bytes_total|rows_read|owner)$",
        description="By what; with - the greatest first.",
    )


class JobPage(Model):
    """Some jobs; ``cursor`` is where events go on that are not in them yet."""

    jobs: list[Job]
    next_cursor: str | None
    cursor: int


class CountQuery(Model):
    """Which jobs are counted."""

    q: str = Field("", max_length=500, description="A text in the name, the id or the SQL.")


class JobCounts(Model):
    """How many jobs there are of each status."""

    counts: dict[Status, int]
    total: int


class NewJob(Model):
    """A query to be run."""

    sql: str = Field(min_length=1, description="One SELECT or COPY.")
    params: dict[str, JsonValue] = Field(default_factory=dict, description="The values of $x.")
    name: str = Field("", max_length=255)
    use_cache: bool = Field(default=True, description="Whether states that are kept may be used.")
    max_errors: str | int = Field("", description="Records that may be rejected: 100, 5%.")
    priority: int = Field(0, ge=-1000, le=1000)
    folder: str = Field("", description="What relative paths start from; the first root by default.")
    idempotency_key: str = Field(
        "", max_length=255, description="Under one key a query is submitted once, however often it is asked."
    )


class StatusWish(Model):
    """What is wanted of a job: that it stops, or that it goes on."""

    status: Literal["STOPPED", "IN_PROGRESS"]


class DeleteQuery(Model):
    """Which jobs are deleted."""

    id: list[str] = Field(min_length=1, max_length=MOST_JOBS)


class Deleted(Model):
    """The jobs that are gone."""

    deleted: list[str]


class EventsQuery(Model):
    """Which events."""

    since: int = Field(0, ge=0, description="After this cursor.")
    limit: int = Field(500, ge=1, le=5000)


class StatusEvent(Model):
    """The job's status changed."""

    type: Literal["status"]
    job: str
    seq: int
    time: float
    status: Status
    message: str


class NoticeEvent(Model):
    """Something the user should know."""

    type: Literal["notice"]
    job: str
    seq: int
    time: float
    code: str
    text: str


class ChunkErrorEvent(Model):
    """A chunk failed."""

    type: Literal["chunk_error"]
    job: str
    seq: int
    time: float
    file: str
    start: int
    end: int
    attempt: int
    message: str


class ProgressEvent(Model):
    """How far the job is."""

    type: Literal["progress"]
    job: str
    seq: int
    time: float
    chunks_done: int
    chunks_total: int
    bytes_done: int
    bytes_total: int
    counters: Counters
    bytes_per_second: float
    eta: float | None
    workers: int


class PreviewEvent(Model):
    """The answer so far: ``ipc`` is an Arrow IPC stream in base64, of at most 32 KiB before that."""

    type: Literal["preview"]
    job: str
    seq: int
    time: float
    fraction: float
    rows: int
    ipc: str


class ChunkRow(Model):
    """A stretch of chunks: of a large file, or of several small ones, of which the first and last are named.

    ``cells`` has a letter for every ``per_cell`` chunks: ``.`` not read, ``r`` being read, ``d`` read,
    ``c`` known before, ``f`` failed, ``p`` some of them read. ``each`` are the bytes of a chunk; 0 where they
    differ or their blocks lie all over ``start`` to ``end``.
    """

    stage: str
    files: int
    names: list[str]
    start: int
    end: int
    chunks: int
    each: int
    per_cell: int
    cells: str


class ChunksEvent(Model):
    """What became of each chunk of the job's newest run."""

    type: Literal["chunks"]
    job: str
    seq: int
    time: float
    rows: list[ChunkRow]


JobEvent: TypeAlias = Annotated[
    StatusEvent | NoticeEvent | ChunkErrorEvent | ProgressEvent | PreviewEvent | ChunksEvent,
    Field(discriminator="type"),
]


class EventFrame(Model):
    """An event; ``cursor`` is what to go on from after a cut."""

    cursor: int
    event: JobEvent


class EventPage(Model):
    """Durable events in order, then the newest live ones."""

    frames: list[EventFrame]
    cursor: int


class Place(Model):
    """Where something is wrong."""

    file: str | None = None
    line: int | None = None
    byte: int | None = None
    column: int | None = None


class Problem(Model):
    """The body of every reply that is not a success."""

    message: str
    reason: str
    where: Place | None = None
    hint: str = ""
    job_id: str = ""


class Column(Model):
    """A column and DuckDB's name of its type."""

    name: str
    type: str


class Condition(Model):
    """A condition on a column of a result; several of them must all hold."""

    column: str
    op: Op
    value: Cell | list[Cell] = None


class Order(Model):
    """A column by which rows are sorted; NULL comes last."""

    column: str
    descending: bool = False


class FileQuery(Model):
    """Which rows of a table, and how they are written."""

    sort: Json[list[Order]] = Field(
        default_factory=list, description='JSON: `[{"column": "n", "descending": true}]`; NULL comes last.'
    )
    filter: Json[list[Condition]] = Field(
        default_factory=list,
        description='JSON: `[{"column": "city", "op": "contains", "value": "o"}]`; all must hold.',
    )
    columns: Json[list[int]] = Field(
        default_factory=list, description="JSON: `[0, 3]`: places of the columns; all without it."
    )
    format: Literal["", "arrow", "parquet", "csv", "json", "ndjson"] = Field(
        "", description="In place of Accept, for links."
    )
    escape_formulas: bool = Field(
        default=False, description="CSV: whether texts that are formulas get an apostrophe before them."
    )


class RowsQuery(FileQuery):
    """A page of the rows of a table."""

    offset: int = Field(0, ge=0, description="Rows that are passed over.")
    limit: int = Field(1000, ge=0, le=MOST_ROWS, description="The most rows.")
    step: int = Field(1, ge=1, description="Each so-many-th row only, from offset on.")
    cut: int = Field(0, ge=0, description="Texts and BLOBs longer than this are cut; 0 cuts none.")
    max_bytes: int = Field(
        0, ge=0, description="As many rows only as have at most so many bytes of Arrow; 0 sets no limit."
    )


class ChartQuery(Model):
    """What a chart of all rows counts: the bars of a column, or the bins of its numbers."""

    kind: Literal["bar", "histogram"]
    x: int = Field(ge=0, description="Place of the column below, from 0.")
    y: int | None = Field(
        None, ge=0, description="Place of the numbers a bar adds up; without it rows count."
    )
    filter: Json[list[Condition]] = Field(
        default_factory=list, description="As for the result: only rows that pass are counted."
    )


def sort_of(text: str) -> tuple[Sort, bool]:
    """Read ``sort`` of a page of jobs: by what, and whether the least comes first.

    Examples
    --------
    >>> sort_of("-created"), sort_of("name")
    (('created', False), ('name', True))
    """
    column: Sort = text.removeprefix("-")  # type: ignore[assignment]  # the pattern lets only these through
    return column, not text.startswith("-")
