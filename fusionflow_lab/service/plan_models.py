"""The shapes of queries that are looked at: plans, chunks, sniffed files; ``model.ts`` has the same."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue

from fusionflow_lab.service.models import Column, Model


class QueryText(Model):
    """A query that is looked at and not run."""

    sql: str = Field(min_length=1)
    params: dict[str, JsonValue] = Field(default_factory=dict)
    folder: str = Field("", description="What relative paths start from; the first root by default.")


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
    broadcast: list[str] = Field(description="Tables that are read beside the source.")
    map_hash: str = Field(description="Empty where it depends on what those tables will hold.")
    chunks: int
    chunks_known: int
    bytes_known: int


class ChunkCell(Model):
    """Some chunks that follow each other; ``cached`` are done by earlier jobs, ``done`` all that are."""

    stage: str
    file: str
    start: int
    end: int
    chunks: int
    done: int
    cached: int
    failed: int


class QueryPlan(Model):
    """How a query is run; ``text`` is the drawing of it."""

    text: str
    columns: list[Column]
    stages: list[PlanStage]
    final_sql: str
    gathered: str
    sink: str = Field(description="Where rows are written; empty where they are the result.")


class JobPlan(QueryPlan):
    """How a job is run, and how far each part of its files is: at most 2,000 cells."""

    cells: list[ChunkCell]


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
