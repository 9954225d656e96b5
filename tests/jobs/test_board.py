from __future__ import annotations

from fusionflow_lab.jobs.board import PAGE_TEXT, Board, Sort, Wanted
from fusionflow_lab.jobs.store import JobStore
from fusionflow_lab.query import Query
from tests.jobs.conftest import Clock

OWNER = "ann"


def all_ids(board: Board, sort: Sort, *, up: bool, limit: int) -> list[str]:
    ids: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        jobs, cursor = board.page(Wanted(owner=OWNER), sort=sort, up=up, limit=limit, cursor=cursor)
        ids += [job.id for job in jobs]
    return ids


def test_the_longest_jobs_come_first_and_those_at_work_before_them(store: JobStore, clock: Clock) -> None:
    new, short, long, busy = [store.create(Query(text=f"SELECT {at}"), owner=OWNER).id for at in range(4)]
    for job, seconds in ((short, 5), (long, 90), (busy, 0)):
        epoch = store.claim(job, "runner")
        store.advance(job, epoch, "queue")
        store.advance(job, epoch, "start")
        clock.now += seconds
        if job != busy:
            store.advance(job, epoch, "complete")
    board = Board(store.engine)
    for limit in (1, 3, 100):
        assert all_ids(board, "duration", up=False, limit=limit) == [busy, long, short, new]
        assert all_ids(board, "duration", up=True, limit=limit) == [new, short, long, busy]


def test_a_page_of_long_queries_is_shorter_and_loses_none(store: JobStore) -> None:
    texts = [f"SELECT '{'x' * (PAGE_TEXT // 3)}{at}'" for at in range(7)]
    ids = {store.create(Query(text=text), owner=OWNER).id for text in texts}
    board = Board(store.engine)
    jobs, cursor = board.page(Wanted(owner=OWNER))
    assert (len(jobs), cursor is None) == (2, False)
    found = all_ids(board, "created", up=False, limit=100)
    assert len(found) == len(ids)
    assert set(found) == ids
