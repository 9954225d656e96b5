"""Requests about how a query is run: check it, draw its plan, map its chunks, look at files."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Final

from fusionflow_lab.api import Session
from fusionflow_lab.execution.forecast import forecast
from fusionflow_lab.execution.sample import sample
from fusionflow_lab.execution.stage_run import StageRun
from fusionflow_lab.jobs.records import ChunkFailure, JobRecord
from fusionflow_lab.planning.ast import literal
from fusionflow_lab.planning.explain import Forecast, explain
from fusionflow_lab.planning.identity import map_hash
from fusionflow_lab.query import Plan, Stage
from fusionflow_lab.results.preview import encode_preview
from fusionflow_lab.service.access import asked_query
from fusionflow_lab.service.models import Column, Nothing
from fusionflow_lab.service.plan_models import (
    ChunkCell,
    JobPlan,
    PlanStage,
    QueryPlan,
    QueryText,
    SniffAsked,
    Sniffed,
)
from fusionflow_lab.service.routing import Call
from fusionflow_lab.source import Chunk

MOST_CELLS: Final = 2000
SAMPLE_ROWS: Final = 20


def validate(call: Call, asked: QueryText) -> QueryPlan:
    """Check a query and return its columns and its plan; nothing runs."""
    query = asked_query(call.session, asked.sql, params=asked.params, folder=asked.folder)
    plan = call.session.planner.plan(query)
    forecasts = forecast(plan, call.session.stores.states, use_cache=query.use_cache)
    return _drawn(plan, forecasts)


def show_plan(call: Call, _: Nothing) -> JobPlan:
    """Return a job's plan, and which chunks of its files are done, known before, or failed."""
    record = call.job
    plan = call.session.planner.plan(record.query)
    forecasts = forecast(plan, call.session.stores.states)
    cells = _cells(call.session, plan, record)
    return JobPlan.model_validate({**_drawn(plan, forecasts).model_dump(), "cells": cells})


def sniff(call: Call, asked: SniffAsked) -> Sniffed:
    """Look at files: how they are read, their columns and first rows."""
    session = call.session
    text = f"FROM {literal(asked.path)} LIMIT {SAMPLE_ROWS}"
    query = asked_query(session, text, params={}, folder=asked.folder)
    plan = session.planner.plan(query)
    source = plan.stages[0].source
    return Sniffed(
        path=asked.path,
        files=len(source.files),
        bytes=source.size,
        format=source.format,
        columns=[Column(name=name, type=kind) for name, kind in zip(plan.names, plan.types, strict=True)],
        sample=b64encode(encode_preview(sample(plan))).decode(),
        source=literal(asked.path),
    )


def _drawn(plan: Plan, forecasts: Mapping[str, Forecast]) -> QueryPlan:
    return QueryPlan(
        text=explain(plan, forecasts),
        columns=[Column(name=name, type=kind) for name, kind in zip(plan.names, plan.types, strict=True)],
        stages=[_stage(stage, plan, forecasts[stage.name]) for stage in plan.stages],
        final_sql=plan.final_sql,
        gathered=plan.gathered,
        sink=plan.sink.url if plan.sink is not None else "",
    )


def _stage(stage: Stage, plan: Plan, foreseen: Forecast) -> PlanStage:
    return PlanStage(
        name=stage.name,
        kind=stage.kind,
        pattern=stage.source.pattern,
        format=stage.source.format,
        files=len(stage.source.files),
        bytes=foreseen.bytes_total,
        columns=[Column(name=column.name, type=column.type) for column in stage.columns],
        map_sql=stage.map_sql,
        merge_sql=stage.merge_sql,
        reduce_sql=stage.reduce_sql,
        reason=stage.reason,
        broadcast=[table.name for table in stage.broadcast],
        map_hash="" if stage.broadcast else map_hash(stage, plan),
        chunks=foreseen.chunks,
        chunks_known=foreseen.chunks_known,
        bytes_known=foreseen.bytes_known,
    )


def _cells(session: Session, plan: Plan, record: JobRecord) -> list[ChunkCell]:
    failures = session.stores.jobs.chunk_failures(record.id)
    began = record.started or record.created
    cells = [cell for stage in plan.stages for cell in _stage_cells(session, plan, stage, failures, began)]
    together = -(-len(cells) // MOST_CELLS)
    if together <= 1:
        return cells
    return [_joined(cells[at : at + together]) for at in range(0, len(cells), together)]


def _stage_cells(
    session: Session, plan: Plan, stage: Stage, failures: tuple[ChunkFailure, ...], began: float
) -> list[ChunkCell]:
    """Return a cell for each chunk of a stage, in the order of the plan."""
    # What stands beside a stage is not known here, and so its states are not either.
    known = {} if stage.broadcast else session.stores.states.headers(map_hash(stage, plan))
    cells = []
    for leaf in StageRun(stage, "", known).leaves:
        cached = leaf.header is not None and leaf.header.made < began
        cells += [_cell(stage, chunk, failures, done=leaf.reused, cached=cached) for chunk in leaf.chunks]
    return cells


def _cell(
    stage: Stage, chunk: Chunk, failures: tuple[ChunkFailure, ...], *, done: bool, cached: bool
) -> ChunkCell:
    start = min(block.offset for block in chunk.blocks)
    end = max(block.end for block in chunk.blocks)
    failed = not done and any(
        one.file == chunk.file.path and one.start < end and start < one.end for one in failures
    )
    return ChunkCell(
        stage=stage.name,
        file=chunk.file.path,
        start=start,
        end=end,
        chunks=1,
        done=int(done),
        cached=int(done and cached),
        failed=int(failed),
    )


def _joined(cells: list[ChunkCell]) -> ChunkCell:
    first, last = cells[0], cells[-1]
    return ChunkCell(
        stage=first.stage,
        file=first.file,
        start=first.start,
        end=last.end if last.file == first.file else first.end,
        chunks=sum(cell.chunks for cell in cells),
        done=sum(cell.done for cell in cells),
        cached=sum(cell.cached for cell in cells),
        failed=sum(cell.failed for cell in cells),
    )
