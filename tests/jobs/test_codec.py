from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusionflow_lab.errors import JobError
from fusionflow_lab.jobs.codec import decode_event, encode_event
from fusionflow_lab.jobs.events import (
    ChunkErrorEvent,
    ChunkRow,
    ChunksEvent,
    Event,
    NoticeEvent,
    PreviewEvent,
    ProgressEvent,
    StatusEvent,
)
from fusionflow_lab.query import Counters

COMMON = {"job": st.text(max_size=8), "seq": st.integers(0, 2**53), "time": st.floats(0, 1e12)}
TEXT = st.text(max_size=20)
COUNT = st.integers(0, 2**63 - 1)
CHUNK_ROWS = st.builds(
    ChunkRow,
    stage=TEXT,
    files=COUNT,
    names=st.lists(TEXT, max_size=2).map(tuple),
    start=COUNT,
    end=COUNT,
    chunks=COUNT,
    each=COUNT,
    per_cell=COUNT,
    cells=TEXT,
)
EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.builds(StatusEvent, **COMMON, status=st.sampled_from(["QUEUED", "FAILED"]), message=TEXT),
    st.builds(NoticeEvent, **COMMON, code=TEXT, text=TEXT),
    st.builds(ChunkErrorEvent, **COMMON, file=TEXT, start=COUNT, end=COUNT, attempt=COUNT, message=TEXT),
    st.builds(
        ProgressEvent,
        **COMMON,
        chunks_done=COUNT,
        chunks_total=COUNT,
        bytes_done=COUNT,
        bytes_total=COUNT,
        counters=st.builds(Counters, rows_read=COUNT, bytes_reused=COUNT),
        eta=st.none() | st.floats(0, 1e9),
    ),
    st.builds(PreviewEvent, **COMMON, fraction=st.floats(0, 1), rows=COUNT, ipc=st.binary(max_size=50)),
    st.builds(ChunksEvent, **COMMON, rows=st.lists(CHUNK_ROWS, max_size=2).map(tuple)),
)


@given(EVENTS)
def test_round_trip(event: Event) -> None:
    body, data = encode_event(event)

    copy = decode_event(event.type, job=event.job, seq=event.seq, time=event.time, body=body, data=data)

    assert copy == event
    assert type(copy) is type(event)


def test_every_event_has_a_strategy() -> None:
    assert {kind.__name__ for kind in Event.__subclasses__()} == {
        "StatusEvent",
        "NoticeEvent",
        "ChunkErrorEvent",
        "ProgressEvent",
        "PreviewEvent",
        "ChunksEvent",
    }


def test_bytes_stay_out_of_the_json() -> None:
    event = PreviewEvent(job="j", seq=1, time=0.0, fraction=0.5, rows=3, ipc=b"\x00arrow")

    body, data = encode_event(event)

    assert json.loads(body) == {"fraction": 0.5, "rows": 3}
    assert data == b"\x00arrow"


def test_unknown_type_is_refused() -> None:
    with pytest.raises(JobError, match="unknown type 'weather'"):
        decode_event("weather", job="j", seq=1, time=0.0, body="{}")
