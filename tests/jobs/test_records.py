from __future__ import annotations

import pytest

from fusionflow_lab.errors import FusionflowError, JobError, QueryError, SourceError
from fusionflow_lab.jobs.records import JobFailure


@pytest.mark.parametrize(
    "error",
    [
        QueryError("unknown column city", where="line 1, column 8", hint="did you mean City?"),
        SourceError("ragged", where="a.csv, line 3"),
        FileNotFoundError("no file matches b/*.csv"),
        PermissionError("a.csv may not be read"),
        ValueError("rows must be positive"),
    ],
)
def test_the_error_comes_back(error: Exception) -> None:
    failure = JobFailure.from_json(JobFailure.of(error).to_json())

    again = failure.exception("j1")

    assert type(again) is type(error)
    if isinstance(again, FusionflowError):
        assert str(again) == f"{error}\njob: j1"
    else:
        assert str(again) == str(error)


def test_a_foreign_class_becomes_a_job_error() -> None:
    class StrangeError(Exception):
        pass

    again = JobFailure.of(StrangeError("odd")).exception("j1")

    assert type(again) is JobError
    assert str(again) == "StrangeError: odd\njob: j1"


@pytest.mark.parametrize("kind", ["print", "SystemExit", "KeyboardInterrupt", "annotations", "_rebuild"])
def test_a_name_that_is_no_error_is_not_called(kind: str) -> None:
    assert type(JobFailure(kind=kind, what="x").exception("j1")) is JobError


def test_an_error_without_words_says_its_class() -> None:
    assert JobFailure.of(TimeoutError()).what == "TimeoutError"
