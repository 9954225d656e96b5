"""Completion in a real kernel."""

from __future__ import annotations

import pytest

from tests.notebook.conftest import Kernel


@pytest.mark.parametrize(
    ("cell", "offered"),
    [
        ("%%fusionflow\nSELECT * FROM 'tri|'", "%%fusionflow\nSELECT * FROM 'trips_a.csv'"),
        ("%%fusionflow\nSELECT * FROM |", "%%fusionflow\nSELECT * FROM '*.csv'"),
        ("%%fusionflow x\nSELECT *\nFROM fra|", "%%fusionflow x\nSELECT *\nFROM frame"),
        (
            "%%fusionflow\nSELECT dis|\nFROM 'trips_a.csv'",
            "%%fusionflow\nSELECT distance\nFROM 'trips_a.csv'",
        ),
        ("%%fusionflow\nFROM frame WHERE la|", "%%fusionflow\nFROM frame WHERE land"),
        ("%%fusionflow\nSELECT date_tr|", "%%fusionflow\nSELECT date_trunc("),
        ("%%fusionflow\nFROM frame WHERE x > $lim|", "%%fusionflow\nFROM frame WHERE x > $limit"),
        ("%%fusionflow trips --prog|", "%%fusionflow trips --progress"),
        ("%%fusionflow trips --progress te|", "%%fusionflow trips --progress text"),
        ("%fusionflow sch|", "%fusionflow schema"),
        ("%fusionflow at|", "%fusionflow attach"),
        ("%fusionflow re|", "%fusionflow resume"),
        ("%fusionflow schema fra|", "%fusionflow schema frame"),
        (
            "r = %fusionflow SELECT dis| FROM 'trips_a.csv'",
            "r = %fusionflow SELECT distance FROM 'trips_a.csv'",
        ),
    ],
)
def test_the_kernel_offers_what_fits(kernel: Kernel, cell: str, offered: str) -> None:
    kernel.run("import pyarrow\nframe, limit = pyarrow.table({'land': ['Norge']}), 5")
    assert offered in kernel.complete(cell)


def test_python_cells_are_left_alone(kernel: Kernel) -> None:
    kernel.run("import datetime")
    assert "datetime.timedelta" in kernel.complete("datetime.timed|")
    assert kernel.complete("%%fusionflow\nSELECT 'fra|'") == []
