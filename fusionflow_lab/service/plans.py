"""Requests about how a query is run: check it, draw its plan, look at files."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import asdict
from typing import Final

from fusionflow_lab.api import Session
from fusionflow_lab.execution.forecast import forecast
from fusionflow_lab.execution.sample import sample
from fusionflow_lab.jobs.events import ChunksEvent
from fusionflow_lab.planning.ast import literal
from fusionflow_lab.planning.explain import Forecast, explain
from fusionflow_lab.planning.identity import map_hash
from fusionflow_lab.query import Plan, Query, Stage
from fusionflow_lab.results.preview import encode_preview
from fusionflow_lab.service.access import asked_query
from fusionflow_lab.service.models import ChunkRow, Column, Nothing
from fusionflow_lab.service.plan_models import (
    BesideTable,
    JobPlan,
    Option,
    PlanStage,
    QueryPlan,
    QueryText,
    SniffAsked,
    Sniffed,
)
from fusionflow_lab.service.routing import Call

SAMPLE_ROWS: Final = 20


def validate(call: Call, asked: QueryText) -> QueryPlan:
    """Check a query and return its columns and its plan; nothing runs."""
    query = asked_query(call.session, asked.sql, params=asked.params, folder=asked.folder)
    plan = call.session.planner.plan(query)
    forecasts = forecast(plan, call.session.stores.states, use_cache=query.use_cache)
    return _drawn(plan, forecasts)


def show_plan(call: Call, _: Nothing) -> JobPlan:
    """Return a job's plan, and what became of each chunk: read, known before, failed."""
    query = call.job.query
    plan = call.session.planner.plan(query)
    drawn = _drawn(plan, forecast(plan, call.session.stores.states, use_cache=query.use_cache))
    chunks = _chunks(call.session, call.job.id)
    return JobPlan(**dict(drawn), options=_options(query), chunks=chunks)


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
        broadcast=[BesideTable(name=one.name, stages=list(one.stages)) for one in stage.broadcast],
        evaluator="duckdb" if stage.native is None else "native",
        map_hash="" if stage.broadcast else map_hash(stage, plan),
        chunks=foreseen.chunks,
        chunks_known=foreseen.chunks_known,
        bytes_known=foreseen.bytes_known,
    )


def _chunks(session: Session, job: str) -> list[ChunkRow]:
    """Return what the job's newest run said last of its chunks."""
    latest = session.stores.jobs.latest(job)
    told = next((event for event in latest if isinstance(event, ChunksEvent)), None)
    return [] if told is None else [ChunkRow(**asdict(row)) for row in told.rows]


def _options(query: Query) -> list[Option]:
    """Return what a query was asked with, as far as that is not the usual.

    Examples
    --------
    >>> _options(Query(text="FROM t", use_cache=False, settings=(("TimeZone", "UTC"),)))
    [Option(name='cache', value='not used'), Option(name='TimeZone', value='UTC')]
    """
    told = {
        "cache": "" if query.use_cache else "not used",
        "failed chunks": "left out" if query.allow_failed_chunks else "",
        "rejects allowed": query.max_errors,
        "now()": query.moment,
        "paths start from": query.folder,
        "views": ", ".join(view.name for view in query.views),
        "tables of the program": ", ".join(frame.name for frame in query.frames),
        **dict(query.settings),
    }
    return [Option(name=name, value=value) for name, value in told.items() if value]
