"""A job drawn for a cell: badge, bar, counters, preview, and at the end the table. Pure functions.

Each returns a mimebundle of ``text/html`` and ``text/plain`` and nothing else, so that the saved notebook
shows what the reader saw, with no kernel and no widget.
"""

from __future__ import annotations

from html import escape

from fusionflow_lab.jobs.events import Status
from fusionflow_lab.results.cells import cell_text
from fusionflow_lab.results.render import shown, table_html, table_text
from fusionflow_lab.results.result import Result
from fusionflow_lab.results.style import STYLE
from fusionflow_lab.results.view import JobView, preview_table
from fusionflow_lab.results.words import count_text, with_rejects

Bundle = dict[str, str]

_NOTICES_SHOWN = 5
_NAME_WIDTH = 60


def badge(status: Status) -> tuple[str, str, str]:
    """Return icon, word and colour class of a status; never colour alone.

    Examples
    --------
    >>> badge("COMPLETED")
    ('✓', 'completed', 'ff-good')
    """
    match status:
        case "CREATED" | "QUEUED":
            return "○", status.lower(), "ff-busy"
        case "IN_PROGRESS":
            return "▶", "in progress", "ff-busy"
        case "COMPLETED":
            return "✓", "completed", "ff-good"
        case "FAILED":
            return "✗", "failed", "ff-bad"
        case "STOPPING" | "STOPPED":
            return "■", status.lower(), "ff-warn"


def live(view: JobView, *, rows: int) -> Bundle:
    """Draw a job at work.

    Parameters
    ----------
    view
        The job as known now.
    rows
        Rows of the preview to show.

    Examples
    --------
    >>> sorted(live(JobView(), rows=10))
    ['text/html', 'text/plain']
    """
    html = [_head_html(view, bar=not view.final)]
    html += [f'<div class="ff-line">{escape(line)}</div>' for line in _lines(view)]
    html += [
        f'<div class="ff-line"><span class="ff-warn" aria-hidden="true">!</span> {escape(line)}</div>'
        for line in _notes(view)
    ]
    text = [_head_text(view), *_lines(view), *(f"! {line}" for line in _notes(view))]
    if view.preview is not None:
        table = preview_table(view.preview)
        part = shown(table, rows=rows, total=max(view.preview.rows, table.num_rows))
        label = f"preview, {int(view.preview.fraction * 100)} % read"
        html += [f'<div class="ff-preview"><i>{label}</i></div>', table_html(part)]
        text += [label, table_text(part)]
    return _bundle("".join(html), "\n".join(text))


def final(view: JobView, result: Result, *, rows: int, table: bool = True) -> Bundle:
    """Draw a finished job: badge, the rows it gave, and the account of every row read.

    ``table`` false leaves the rows out.

    Examples
    --------
    >>> import pyarrow as pa
    >>> view, result = JobView(job="ab12", status="COMPLETED"), Result(table=pa.table({"n": [1]}))
    >>> print(final(view, result, rows=10, table=False)["text/plain"])
    ✓ completed · job ab12 · 1 row
    """
    word = with_rejects(result.counters)
    html = [_head_html(view, bar=False, word=word, more=result.counted())]
    text = [f"{_head_text(view, bar=False, word=word)} · {result.counted()}"]
    if table:
        part = shown(result.table, rows=rows, types=result.types)
        html.append(table_html(part))
        text.append(table_text(part))
    html += [f'<div class="ff-line ff-muted">{escape(line)}</div>' for line in result.summary().split("\n")]
    text += [result.summary()] if result.summary() else []
    rejected = result.counters.rows_rejected
    notes = [*_notes(view)]
    if rejected:
        where = f"%fusionflow rejects {view.job}".strip()
        notes.append(f"{count_text(rejected, 'row')} rejected; {where} lists file, line and reason")
    html += [
        f'<div class="ff-line"><span class="ff-warn" aria-hidden="true">!</span> {escape(line)}</div>'
        for line in notes
    ]
    return _bundle("".join(html), "\n".join([*text, *(f"! {line}" for line in notes)]))


def empty() -> Bundle:
    """Draw nothing, in the place of what was drawn before.

    Examples
    --------
    >>> empty()
    {'text/html': '', 'text/plain': ''}
    """
    return {"text/html": "", "text/plain": ""}


def _bundle(html: str, text: str) -> Bundle:
    return {"text/html": f'{STYLE}<div class="fusionflow">{html}</div>', "text/plain": text}


def _note_html(note: str) -> str:
    return f'<div class="ff-line"><span class="ff-warn" aria-hidden="true">!</span> {escape(note)}</div>'


def _label(view: JobView) -> str:
    name = cell_text(view.name, width=_NAME_WIDTH).text
    return " · ".join(part for part in (name, f"job {view.job}" if view.job else "") if part)


def _head_html(view: JobView, *, bar: bool, word: str = "", more: str = "") -> str:
    icon, status, colour = badge(view.status)
    word = f"{status}{word}"
    label = " · ".join(part for part in (_label(view), more) if part)
    sign = f'<span class="{colour}" aria-hidden="true">{icon}</span>'
    parts = [f'<b class="ff-badge" role="status">{sign} {word}</b>']
    if bar:
        percent = view.percent()
        parts.append(
            f'<div class="ff-bar" role="progressbar" aria-label="{escape(_label(view) or "job")}"'
            f' aria-valuemin="0" aria-valuemax="100" aria-valuenow="{percent}">'
            f'<div class="ff-fill" style="width: {percent}%"></div></div>'
            f'<span class="ff-percent">{percent} %</span>'
        )
    if label:
        parts.append(f'<span class="ff-muted">{escape(label)}</span>')
    return f'<div class="ff-head">{" ".join(parts)}</div>'


def _head_text(view: JobView, *, bar: bool = True, word: str = "") -> str:
    icon, status, _ = badge(view.status)
    word = f"{status}{word}"
    percent = f"{view.percent()} %" if bar and not view.final else ""
    return " · ".join(part for part in (f"{icon} {word}", percent, _label(view)) if part)


def _lines(view: JobView) -> list[str]:
    if view.progress is None:
        return [view.speed()] if view.speed() else []
    said = view.message and view.status != "FAILED"  # the error says why it failed
    return [*([view.message] if said else []), view.speed(), view.account()]


def _notes(view: JobView) -> list[str]:
    notes = [notice.text for notice in view.notices]
    notes += [
        f"attempt {error.attempt} at {error.file} bytes {error.start}-{error.end} failed: {error.message}"
        for error in view.errors
    ]
    more = len(notes) - _NOTICES_SHOWN
    return notes if more <= 0 else [*notes[:_NOTICES_SHOWN], f"and {count_text(more, 'more notice')}"]
