from __future__ import annotations

import sys
from decimal import Decimal

import pyarrow as pa
import pytest

from fusionflow_lab.errors import FusionflowError
from fusionflow_lab.query import Counters
from fusionflow_lab.results.result import Result

SCRIPT = "<script>alert('x')</script>"


@pytest.fixture
def result() -> Result:
    return Result(
        table=pa.table({"city": ["Oslo", "", None], "n": [7, None, 12]}),
        counters=Counters(
            rows_read=10, rows_used=7, rows_filtered=2, rows_rejected=1, bytes_scanned=2048, bytes_reused=5
        ),
        seconds=0.5,
        job_id="ab12",
    )


def test_goes_to_pandas_polars_and_arrow(result: Result) -> None:
    assert result.df()["n"].sum() == 19
    assert result.pl()["n"].sum() == 19
    assert result.arrow().column_names == ["city", "n"]
    assert result.columns == ("city", "n")
    assert len(result) == 3


def test_sums_of_integers_are_integers_in_pandas() -> None:
    small = pa.array([Decimal(7), Decimal(-1)], pa.decimal128(38, 0))
    huge = pa.array([Decimal(2) ** 70, None], pa.decimal128(38, 0))
    frame = Result(table=pa.table({"small": small, "huge": huge})).df()
    assert str(frame["small"].dtype) == "int64"
    assert frame["huge"][0] == 2**70


def test_speaks_the_arrow_capsule_interface(result: Result) -> None:
    assert pa.table(result).equals(result.arrow())
    assert pytest.importorskip("polars").DataFrame(result).height == 3


def test_is_frozen(result: Result) -> None:
    with pytest.raises(AttributeError):
        result.seconds = 1.0  # type: ignore[misc]


@pytest.mark.parametrize("package", ["pandas", "polars"])
def test_a_missing_package_is_named_with_its_remedy(
    result: Result, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    ask = result.df if package == "pandas" else result.pl
    with pytest.raises(FusionflowError, match=f"{package} is not installed here\ntry: pip install {package}"):
        ask()


def test_text_shows_types_numbers_null_and_the_account(result: Result) -> None:
    assert repr(result).splitlines() == [
        "city         n",
        "VARCHAR BIGINT",
        "------- ------",
        "Oslo         7",
        "          NULL",
        "NULL        12",
        "rows read 10 = used 7 + filtered 2 + rejected 1 · 2.0 kB scanned, 5 B reused · 0.50 s",
    ]


def test_bundle_has_html_and_text_and_no_widget(result: Result) -> None:
    assert sorted(result._repr_mimebundle_()) == ["text/html", "text/plain"]
    assert list(result._repr_mimebundle_(include=["text/plain"])) == ["text/plain"]
    assert list(result._repr_mimebundle_(exclude=["text/plain"])) == ["text/html"]


def test_null_shows_apart_from_the_empty_text(result: Result) -> None:
    html = result.to_html()
    assert html.count('<i class="ff-null">NULL</i>') == 2
    assert '<td style="text-align: left"></td>' in html


def test_nothing_from_the_data_reaches_the_page_as_markup() -> None:
    evil = Result(
        table=pa.table({SCRIPT: [SCRIPT, '"><img src=x onerror=1>' * 9], "s": [[SCRIPT], None]}),
        counters=Counters(rows_read=1, rows_used=1),
        gathered=SCRIPT,
        types=(SCRIPT, "VARCHAR[]"),
    )
    html = evil.to_html()
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;" in html


def test_colours_come_from_the_front_end() -> None:
    html = Result(table=pa.table({"n": [1]})).to_html()
    assert "<script" not in html
    assert "http" not in html
    assert "var(--jp-" in html
    assert "var(--vscode-" in html


def test_long_tables_are_cut_and_say_so() -> None:
    result = Result(table=pa.table({"n": range(1012)}))
    assert "… 1,002 more rows" in result.to_text()
    assert "… 1,002 more rows" in result.to_html()
    assert "more row" not in result.to_text(rows=1012)


def test_a_gathered_result_says_why() -> None:
    result = Result(table=pa.table({"n": [1]}), seconds=1.0, gathered="median is not kept as a state")
    assert result.summary().endswith("gathered: median is not kept as a state")


def test_columns_of_one_name_are_all_shown() -> None:
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    assert Result(table=table).to_text().splitlines()[0].split() == ["a", "a"]


def test_no_columns_and_no_rows_show() -> None:
    assert Result(table=pa.table({"n": pa.array([], pa.int64())})).to_text().splitlines()[0].strip() == "n"
    assert Result(table=pa.table({})).to_text() == ""


def test_frames_keep_types() -> None:
    result = Result(table=pa.table({"d": pa.array([0], pa.date32()), "t": pa.array([0], pa.timestamp("us"))}))
    assert str(result.df()["t"].dtype) == "datetime64[us]"
    assert [str(kind) for kind in result.pl().dtypes] == ["Date", "Datetime(time_unit='us', time_zone=None)"]
