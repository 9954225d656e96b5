"""The list of jobs as a table, for the cell and for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import pyarrow as pa

from fusionflow_lab.jobs.records import JobRecord
from fusionflow_lab.query import Parameter, ParameterValue
from fusionflow_lab.results.words import with_rejects

_TEXT_SHOWN = 60


def jobs_table(records: Sequence[JobRecord]) -> pa.Table:
    """Write job records as a table, one row a job.

    Examples
    --------
    >>> from fusionflow_lab.query import Query
    >>> record = JobRecord(id="ab12", query=Query(text="SELECT 1"), status="COMPLETED")
    >>> jobs_table([record]).column("status").to_pylist()
    ['COMPLETED']
    """
    columns = {
        "job": (pa.string(), [record.id for record in records]),
        "name": (pa.string(), [record.query.name or None for record in records]),
        "status": (pa.string(), [_status(record) for record in records]),
        "created": (pa.timestamp("s"), [int(record.created) for record in records]),
        "seconds": (pa.float64(), [_seconds(record) for record in records]),
        "rows_read": (pa.int64(), [record.counters.rows_read for record in records]),
        "rows_rejected": (pa.int64(), [record.counters.rows_rejected for record in records]),
        "bytes_scanned": (pa.int64(), [record.counters.bytes_scanned for record in records]),
        "bytes_reused": (pa.int64(), [record.counters.bytes_reused for record in records]),
        "parameters": (pa.string(), [parameters_text(record.query.parameters) for record in records]),
        "query": (pa.string(), [_short(record.query.text) for record in records]),
    }
    return pa.table({name: pa.array(values, kind) for name, (kind, values) in columns.items()})


def parameters_text(parameters: Sequence[Parameter]) -> str | None:
    """Write the values that a job was given; None where it has no parameters.

    Examples
    --------
    >>> cities = Parameter(name="cities", type="VARCHAR[]", value=("Oslo", None))
    >>> parameters_text([cities, Parameter(name="least", type="INTEGER", value="5")])
    '$cities = [Oslo, NULL], $least = 5'
    """
    return ", ".join(f"${bound.name} = {_value(bound.value)}" for bound in parameters) or None


def _value(value: ParameterValue) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    return "NULL" if value is None else _short(value)


def _status(record: JobRecord) -> str:
    return record.status + (with_rejects(record.counters) if record.status == "COMPLETED" else "")


def _seconds(record: JobRecord) -> float | None:
    if record.started is None or record.finished is None:
        return None
    return round(record.finished - record.started, 3)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _TEXT_SHOWN else line[: _TEXT_SHOWN - 1] + "…"


def job_facts(job: JobRecord) -> dict[str, object]:
    """Return what a program may want to know of a job; times are seconds since the epoch.

    Examples
    --------
    >>> from fusionflow_lab.query import Query
    >>> job_facts(JobRecord(id="ab12", query=Query(text="SELECT 1"), status="QUEUED"))["status"]
    'QUEUED'
    """
    facts = asdict(job)
    query = facts.pop("query")
    facts.pop("reuse_key")
    return {**facts, "name": query["name"], "text": query["text"]}
