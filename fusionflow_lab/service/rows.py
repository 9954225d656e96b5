"""Requests for rows: previews, results and rejects, as Arrow, Parquet, CSV or JSON, and the job's log."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import pyarrow as pa

from fusionflow_lab.errors import JobError
from fusionflow_lab.jobs.events import PreviewEvent
from fusionflow_lab.planning.rejected import rejects_file
from fusionflow_lab.results.preview import decode_preview
from fusionflow_lab.results.write import escaped, write_stream
from fusionflow_lab.service.charts import chart_of
from fusionflow_lab.service.models import ChartQuery, FileQuery, Nothing, RowsQuery
from fusionflow_lab.service.problems import AcceptError, NotThereError
from fusionflow_lab.service.routing import Call
from fusionflow_lab.service.row_files import SUFFIXES, WRITTEN, file_of
from fusionflow_lab.service.row_pages import page_of
from fusionflow_lab.service.wire import ARROW, CSV, JSON, NDJSON, PARQUET, TEXT, Reply

FORMATS: Final[Mapping[str, str]] = MappingProxyType(
    {"json": JSON, "arrow": ARROW, "parquet": PARQUET, "csv": CSV, "ndjson": NDJSON}
)
MEDIA: Final = tuple(FORMATS.values())


def show_preview(call: Call, _: Nothing) -> Reply:
    """Return the answer so far: the first rows, at most 32 KiB of Arrow."""
    latest = call.session.stores.jobs.latest(call.job.id)
    preview = next((event for event in latest if isinstance(event, PreviewEvent)), None)
    if preview is None:
        raise NotThereError("there is no preview yet", hint="follow the job's events: they bring it")
    body = preview.ipc or _arrow(decode_preview(b""))
    headers = {"X-Total-Rows": str(preview.rows), "X-Fraction": f"{preview.fraction:.6f}"}
    return Reply(type=ARROW, body=body, headers=headers)


def show_result(call: Call, asked: RowsQuery) -> Reply:
    """Return rows of the result, sorted and filtered; X-Total-Rows says how many there are."""
    return _rows(call, _result_path(call), asked)


def send_result(call: Call, asked: FileQuery) -> Reply:
    """Return all rows of the result, sorted and filtered, as one file of any size."""
    return _file(call, _result_path(call), asked, "result")


def show_chart(call: Call, asked: ChartQuery) -> Reply:
    """Return bars or bins of the whole result; X-Total-Rows says how many bars there are in all."""
    try:
        chart = chart_of(_result_path(call), asked)
    except FileNotFoundError:
        raise _gone() from None
    return Reply(type=ARROW, body=_arrow(chart.rows), headers={"X-Total-Rows": str(chart.total)})


def _result_path(call: Call) -> Path:
    record = call.job
    if record.status != "COMPLETED":
        why = record.error.what if record.error is not None else "follow it to its end"
        raise _conflict(record.id, f"the job has no result: it is {record.status}", why)
    return call.session.stores.results.path(record.result_ref or f"{record.id}.arrow")


def show_rejects(call: Call, asked: RowsQuery) -> Reply:
    """Return the rejected records: file, byte, line, column, reason, raw."""
    return _rows(call, _rejects_path(call), asked)


def send_rejects(call: Call, asked: FileQuery) -> Reply:
    """Return all rejected records, sorted and filtered, as one file of any size."""
    return _file(call, _rejects_path(call), asked, "rejects")


def _rejects_path(call: Call) -> Path:
    record = call.job
    try:
        return rejects_file(call.session.stores.results.root, record.id)
    except LookupError:
        what = f"the job has not read all its files: it is {record.status}"
        raise _conflict(record.id, what, "follow it to its end") from None


def show_logs(call: Call, _: Nothing) -> Reply:
    """Return what was logged about the job, line by line."""
    return Reply(type=TEXT, body=call.session.job(call.job.id).logs().encode())


def media_of(accept: str, told: str = "") -> str:
    """Choose how rows are written: as told, else the first of what is accepted that can be had.

    Raises
    ------
    AcceptError
        None can.

    Examples
    --------
    >>> media_of("text/csv, */*;q=0.1"), media_of(""), media_of("", "parquet")
    ('text/csv', 'application/json', 'application/vnd.apache.parquet')
    """
    if told:
        return FORMATS[told]
    for media in _by_wish(accept):
        if media in MEDIA:
            return media
        if media in {"*/*", "application/*"}:
            return JSON
    raise AcceptError(f"{accept} cannot be had", where="Accept", hint=f"take one of {', '.join(MEDIA)}")


def _by_wish(accept: str) -> list[str]:
    """Return the media types of an Accept header, the most wanted first."""
    wishes = []
    for place, part in enumerate((accept or "*/*").split(",")):
        media, *parameters = (text.strip() for text in part.split(";"))
        quality = next((text[2:] for text in parameters if text.startswith("q=")), "1")
        weight = float(quality) if quality.replace(".", "", 1).isdecimal() else 1.0
        if weight > 0:
            wishes.append((-weight, place, media.lower()))
    return [media for _, _, media in sorted(wishes)]


def _rows(call: Call, path: Path, asked: RowsQuery) -> Reply:
    media = media_of(call.request.accept, asked.format)
    try:
        page = page_of(path, asked, call.orders)
    except FileNotFoundError:
        raise _gone() from None
    rows = escaped(page.rows) if asked.escape_formulas and media == CSV else page.rows
    return Reply(type=media, body=table_bytes(rows, media), headers={"X-Total-Rows": str(page.total)})


def _file(call: Call, path: Path, asked: FileQuery, what: str) -> Reply:
    media = media_of(call.request.accept, asked.format)
    try:
        parts = file_of(path, asked, call.orders, media)
    except FileNotFoundError:
        raise _gone() from None
    name = f"{call.job.id}-{what}.{SUFFIXES[media]}"
    return Reply(type=media, headers={"Content-Disposition": f'attachment; filename="{name}"'}, parts=parts)


def table_bytes(table: pa.Table, media: str) -> bytes:
    r"""Write rows as a media type.

    Examples
    --------
    >>> table_bytes(pa.table({"n": [1, 2]}), JSON)
    b'[{"n":1},{"n":2}]'
    >>> table_bytes(pa.table({"n": [1, 2]}), NDJSON)
    b'{"n":1}\n{"n":2}\n'
    """
    stream = io.BytesIO()
    write_stream(table, stream, WRITTEN[media])
    written = stream.getvalue()
    if media == JSON:  # no line of JSON has a line break in it
        return b"[" + b",".join(written.splitlines()) + b"]"
    return written


def _arrow(table: pa.Table) -> bytes:
    return table_bytes(table, ARROW)


def _gone() -> NotThereError:
    hint = "result_max_age says how long they are; run the query again"
    return NotThereError("the rows are no longer kept", hint=hint)


def _conflict(job: str, what: str, hint: str) -> JobError:
    error = JobError(what, hint=hint)
    error.job_id = job
    return error
