from __future__ import annotations

from dataclasses import replace

from fusionflow_lab.jobs.events import ChunkErrorEvent, Event, NoticeEvent, ProgressEvent, StatusEvent
from fusionflow_lab.query import Counters
from fusionflow_lab.results.view import JobView


def progress(done: int, total: int, **more: object) -> ProgressEvent:
    return ProgressEvent(
        job="ab12",
        seq=2,
        time=0.0,
        chunks_done=done,
        chunks_total=total,
        bytes_done=done * 1000,
        bytes_total=total * 1000,
        **more,  # type: ignore[arg-type]
    )


def folded(*events: Event) -> JobView:
    view = JobView()
    for event in events:
        view = view.after(event)
    return view


def test_the_fraction_never_goes_back() -> None:
    view = folded(progress(6, 10), progress(5, 10))
    assert view.percent() == 60


def test_an_older_progress_that_comes_late_is_passed_over() -> None:
    late = replace(progress(0, 10), time=-1.0)
    assert folded(progress(7, 10), late).stopped() == "stopped; 7 of 10 chunks kept, run it again to go on"
    of_the_next_run = replace(progress(0, 10), seq=9, time=-1.0)
    assert folded(progress(7, 10), of_the_next_run).progress == of_the_next_run


def test_completed_is_all_of_it() -> None:
    done = StatusEvent(job="ab12", seq=3, time=0.0, status="COMPLETED")
    assert folded(progress(5, 10), done).percent() == 100
    assert folded(done).final


def test_a_hundred_percent_is_only_said_when_all_is_done() -> None:
    assert folded(progress(999_999, 1_000_000)).percent() == 99


def test_nothing_to_read_is_not_an_error() -> None:
    assert folded(progress(0, 0)).percent() == 0


def test_notices_and_errors_are_kept_in_order() -> None:
    notices = [NoticeEvent(job="ab12", seq=n, time=0.0, code="c", text=str(n)) for n in (1, 2)]
    error = ChunkErrorEvent(job="ab12", seq=5, time=0.0, file="a.csv", start=0, end=9, attempt=1, message="m")
    view = folded(*notices, error)
    assert [notice.text for notice in view.notices] == ["1", "2"]
    assert view.errors == (error,)
    assert view.seq == 5


def test_speed_says_what_is_known() -> None:
    assert folded(progress(1, 4)).speed() == "1.0 kB of 4.0 kB · 0 rows"
    full = progress(1, 4, bytes_per_second=2e6, eta=90.0, workers=1, counters=Counters(rows_read=1500))
    assert folded(full).speed() == "1.0 kB of 4.0 kB · 1,500 rows · 2.0 MB/s · 1 min 30 s left · 1 worker"


def test_account_names_what_is_reused_only_where_there_is_some() -> None:
    assert folded(progress(1, 4)).account() == "rows read 0 = used 0 + filtered 0 + rejected 0"
    reused = progress(1, 4, counters=Counters(bytes_reused=2000))
    assert folded(reused).account().endswith("· 2.0 kB reused")


def test_stopped_says_what_is_kept() -> None:
    assert folded(progress(3, 1_200)).stopped() == "stopped; 3 of 1,200 chunks kept, run it again to go on"
