from __future__ import annotations

import pickle

import pytest

from fusionflow_lab import errors
from fusionflow_lab.errors import FusionflowError

KINDS = [
    value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, FusionflowError)
]


@pytest.mark.parametrize("kind", KINDS)
def test_pickling_keeps_everything(kind: type[FusionflowError]) -> None:
    error = kind("what is wrong", where="a.csv, line 3", hint="mend it")
    error.job_id = "j1"

    copy = pickle.loads(pickle.dumps(error))  # noqa: S301

    assert type(copy) is kind
    assert (copy.what, copy.where, copy.hint, copy.job_id) == (
        "what is wrong",
        "a.csv, line 3",
        "mend it",
        "j1",
    )
    assert str(copy) == str(error)


@pytest.mark.parametrize(
    ("what", "where", "hint", "job_id", "text"),
    [
        ("no", "", "", "", "no"),
        ("no", "a.csv", "", "", "no\nwhere: a.csv"),
        ("no", "", "yes", "", "no\ntry: yes"),
        ("no", "a.csv", "yes", "j1", "no\nwhere: a.csv\ntry: yes\njob: j1"),
        ("  two\nlines \n", "", "", "j1", "two\nlines\njob: j1"),
    ],
)
def test_text(what: str, where: str, hint: str, job_id: str, text: str) -> None:
    error = FusionflowError(what, where=where, hint=hint)
    error.job_id = job_id

    assert str(error) == text


@pytest.mark.parametrize("kind", KINDS)
def test_text_has_at_most_twelve_lines(kind: type[FusionflowError]) -> None:
    error = kind("\n".join(map(str, range(50))), where="in\nmany\nplaces", hint="one\ntwo")
    error.job_id = "j1"

    assert len(str(error).splitlines()) <= 12


def test_the_drawing_names_every_class() -> None:
    assert [kind.__name__ for kind in KINDS if kind.__name__ not in (errors.__doc__ or "")] == []
