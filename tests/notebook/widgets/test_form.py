"""The form in the kernel: its traits, its boxes, its job. The page is tested in tests/browser."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import ipywidgets
import pytest

import fusionflow_lab
from fusionflow_lab.api import Session, connect
from fusionflow_lab.errors import QueryError
from fusionflow_lab.notebook.widgets.assets import STATIC
from fusionflow_lab.notebook.widgets.form import SubmitForm, form
from fusionflow_lab.planning.form import Form, FormColumn, FormFilter, FormValue

pytestmark = pytest.mark.skipif(not STATIC.is_dir(), reason="the widgets are not built: make ui")


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    with connect(home=tmp_path_factory.mktemp("form"), workers=1) as session:
        yield session


def test_sql_and_form_follow_each_other(session: Session) -> None:
    shown = SubmitForm(session, sql="select city from 'orders/*.csv'")
    assert shown.form == Form(
        source=replace(Form().source, path="orders/*.csv"), columns=(FormColumn(column="city"),)
    )
    assert shown.sql == "select city from 'orders/*.csv'", "what was written stays as it was"
    limit = FormValue(kind="number", text="5")
    shown.form = replace(shown.form, limit=limit)
    assert shown.sql == "SELECT city\nFROM 'orders/*.csv'\nLIMIT 5"
    shown.sql = "SELECT city FROM 'a.csv' JOIN 'b.csv' USING (k)"
    assert shown.form is None
    shown.sql = "SELEC"
    assert shown.form is None
    shown.close()


def test_a_saved_notebook_shows_its_query(session: Session) -> None:
    shown = SubmitForm(session, sql="SELECT n < 1 AS small FROM 'a.csv'")
    bundle, _ = shown._repr_mimebundle_()
    assert bundle["text/plain"] == shown.sql
    assert bundle["text/html"] == "<pre>SELECT n &lt; 1 AS small FROM &#x27;a.csv&#x27;</pre>"
    shown.close()


def test_a_form_with_faults_is_refused(session: Session) -> None:
    shown = form("trips.csv", session=session)
    assert shown.form is not None
    with pytest.raises(QueryError, match="= takes 1 value"):
        shown.form = replace(shown.form, filters=(FormFilter(column="city", op="="),))
    assert shown.sql == "SELECT *\nFROM 'trips.csv'"
    assert shown.form.filters == ()
    shown.close()


def test_it_stands_in_a_box_and_is_observed(session: Session) -> None:
    shown = form(session=session)
    box = ipywidgets.VBox([shown, ipywidgets.IntSlider(value=3)])
    seen = []
    shown.observe(lambda change: seen.append(change["new"]), names="sql")
    shown.sql = "FROM 'a.csv'"
    assert box.children[0] is shown
    assert seen == ["FROM 'a.csv'"]
    box.close()
    shown.close()


def test_its_job_is_the_one_that_was_submitted(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("city,n\nOslo,1\nBergen,2\nOslo,3\n")
    shown = form(str(path), session=session)
    assert shown.job is None
    shown.sql = f"SELECT city, sum(n) AS n FROM '{path}' GROUP BY city ORDER BY city"
    shown.job_id = session.sql(shown.sql).submit().id
    assert shown.job is not None
    assert shown.job.result(60).arrow().to_pylist() == [{"city": "Bergen", "n": 2}, {"city": "Oslo", "n": 4}]
    shown.close()


def test_it_is_at_the_top_of_the_package() -> None:
    assert fusionflow_lab.form is form


def test_without_the_libraries_the_extra_is_named() -> None:
    program = """
import sys
sys.modules["anywidget"] = None
import fusionflow_lab
try:
    fusionflow_lab.form
except fusionflow_lab.ConfigError as error:
    print(error)
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    said = 'form is a widget, and anywidget is not installed\ntry: pip install "fusionflow_lab[lab]"\n'
    assert ran.stdout == said
