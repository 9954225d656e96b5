"""The shapes of queries that are looked at: plans, sniffed files; ``model.ts`` has the same."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue

from fusionflow_lab.service.models import ChunkRow, Column, Model


class QueryText(Model):
    """A query that is looked at and not run."""

    sql: str = Field(min_length=1)
    params: dict[str, JsonValue] = Field(default_factory=dict)
    folder: str = Field("", description="What relative paths start from; the first root by default.")


class BesideTable(Model):
    """A small table that is read beside a source, and the stages that it is made of."""

    name: str
    stages: list[str]


class PlanStage(Model):
    """One pass over a source."""

    name: str
    kind: Literal["aggregate", "topk", "limit", "rows", "gather"]
    pattern: str
    format: str
    files: int
    bytes: int
    columns: list[Column]
    map_sql: str
    merge_sql: str
    reduce_sql: str
    reason: str = Field(description="Why rows are shipped; empty where states are.")
    broadcast: list[BesideTable] = Field(description="Tables that are read beside the source.")
    evaluator: Literal["duckdb", "native"] = Field(description="Who runs the map.")
    map_hash: str = Field(description="Empty where it depends on what those tables will hold.")
    chunks: int
    chunks_known: int
    bytes_known: int


class QueryPlan(Model):
    """How a query is run; ``text`` is the drawing of it."""

    text: str
    columns: list[Column]
    stages: list[PlanStage]
    final_sql: str
    gathered: str
    sink: str = Field(description="Where rows are written; empty where they are the result.")


class Option(Model):
    """Something that a job was asked with, beside its SQL and parameters."""

    name: str
    value: str


class JobPlan(QueryPlan):
    """How a job is run, what it was asked with, and what became of each chunk of its newest run."""

    options: list[Option]
    chunks: list[ChunkRow] = Field(description="Empty before it reads, and long after its end.")


class SniffAsked(Model):
    """Which files are looked at."""

    path: str = Field(min_length=1, description="A path, a pattern or a URL.")
    folder: str = Field("", description="What a relative path starts from; the first root by default.")


class Sniffed(Model):
    """How files are read; ``sample`` are their first rows, Arrow in base64."""

    path: str
    files: int
    bytes: int
    format: str
    columns: list[Column]
    sample: str
    source: str
