"""The magics in a real kernel, on a real cluster."""

from __future__ import annotations

import re
import time
from functools import partial
from pathlib import Path
from random import Random

import pytest

from tests.held import FILES, Held
from tests.notebook.conftest import Kernel, Output

BY_CITY = "SELECT city, sum(distance) AS km FROM 'trips_*.csv' GROUP BY ALL ORDER BY city\n"


def has_read(output: Output) -> bool:
    """Whether the cell has shown that a part is done."""
    return bool(re.search(r"^▶ in progress · [1-9]", output.shown["text/plain"])) if output.updates else False


def has_kept(output: Output) -> bool:
    """Whether the cell has shown what the states say that are stored."""
    return "preview, " in output.shown["text/plain"] if output.updates else False


def is_past(moment: float, _: Output) -> bool:
    return time.monotonic() > moment


def test_a_cell_leaves_its_result_in_the_variable(kernel: Kernel) -> None:
    output = kernel.run(f"%%fusionflow trips --name test\n{BY_CITY}")
    assert output.status == "ok", output.error
    assert output.error == ""
    text = output.shown["text/plain"]
    assert "✓ completed · test · job" in text
    assert "rows read 6 = used 6 + filtered 0 + rejected 0" in text
    rows = kernel.run("list(trips.df().itertuples(index=False, name=None))").result["text/plain"]
    assert rows == "[('Bergen', 6), ('Oslo', 24)]"


def test_what_stays_is_html_and_text_and_the_job_s_name(kernel: Kernel) -> None:
    output = kernel.run(f"%%fusionflow trips\n{BY_CITY}")
    assert sorted(output.shown) == ["application/vnd.fusionflow.job+json", "text/html", "text/plain"]
    assert "Bergen" in output.shown["text/html"]
    assert "<script" not in output.shown["text/html"]
    assert output.stdout == output.stderr == ""


def test_the_arrow_form_of_the_name_and_no_name(kernel: Kernel) -> None:
    kernel.run(f"%%fusionflow other << --no-display\n{BY_CITY}")
    assert kernel.run("len(other)").result["text/plain"] == "2"
    output = kernel.run(f"%%fusionflow\n{BY_CITY}")
    assert "Bergen" in output.shown["text/plain"]
    assert output.result == {}


def test_limit_cuts_what_is_shown_only(kernel: Kernel) -> None:
    output = kernel.run(f"%%fusionflow trips --limit 1\n{BY_CITY}")
    assert "… 1 more row" in output.shown["text/plain"]
    assert kernel.run("len(trips)").result["text/plain"] == "2"


def test_no_display_and_quiet(kernel: Kernel) -> None:
    output = kernel.run(f"%%fusionflow trips --no-display\n{BY_CITY}")
    assert "rows read 6" in output.shown["text/plain"]
    assert "Bergen" not in output.shown["text/plain"]
    output = kernel.run(f"%%fusionflow trips -q\n{BY_CITY}")
    assert not output.displays
    assert output.stderr == ""
    assert kernel.run("len(trips)").result["text/plain"] == "2"


def test_progress_as_text_goes_to_stderr(kernel: Kernel) -> None:
    output = kernel.run(f"%%fusionflow trips --progress text\n{BY_CITY}")
    assert "100 %" in output.stderr
    assert "Bergen" in output.shown["text/plain"]


def test_a_second_run_scans_nothing(kernel: Kernel) -> None:
    query = "SELECT city, count(*) AS n FROM 'trips_*.csv' GROUP BY ALL\n"
    assert "0 B scanned" not in kernel.run(f"%%fusionflow first\n{query}").shown["text/plain"]
    assert "· 0 B scanned" in kernel.run(f"%%fusionflow again\n{query}").shown["text/plain"]
    assert "· 0 B scanned" not in kernel.run(f"%%fusionflow again --no-cache\n{query}").shown["text/plain"]
    same = "sorted(first.arrow().to_pylist(), key=str) == sorted(again.arrow().to_pylist(), key=str)"
    assert kernel.run(same).result["text/plain"] == "True"


def test_one_line_returns_the_result(kernel: Kernel) -> None:
    line = "r = %fusionflow SELECT count(*) AS n FROM 'trips_*.csv' WHERE city = 'Oslo'"
    output = kernel.run(f"{line}\nr.arrow()['n'][0].as_py()")
    assert output.result["text/plain"] == "4"
    output = kernel.run("%fusionflow SELECT '{x}' AS braces, '$x' AS dollar")
    assert "{x}" in output.result["text/plain"]
    assert "$x" in output.result["text/plain"]


@pytest.mark.parametrize("outer", ["%%time", "%%capture captured"])
def test_under_another_magic_the_cell_blocks(kernel: Kernel, outer: str) -> None:
    output = kernel.run(f"{outer}\n%%fusionflow nested\n{BY_CITY}")
    assert output.status == "ok", output.error
    assert kernel.run("len(nested)").result["text/plain"] == "2"


def test_a_dirty_file_is_accounted_for(kernel: Kernel) -> None:
    output = kernel.run("%%fusionflow dirty\nSELECT count(*) AS n FROM 'dirty.csv'\n")
    assert "rows read 4 = used 2 + filtered 0 + rejected 2" in output.shown["text/plain"]
    assert "✓ completed with 2 rejects · " in output.shown["text/plain"]
    assert "2 rows rejected; %fusionflow rejects" in output.shown["text/plain"]
    rejects = kernel.run("%fusionflow rejects").result["text/plain"]
    assert "dirty.csv" in rejects
    count = kernel.run("job = %fusionflow job\njob.rejects().num_rows").result["text/plain"]
    assert count == "2"
    output = kernel.run("%%fusionflow --max-errors 1\nSELECT count(*) AS n FROM 'dirty.csv'\n")
    assert "2 of 4 records were rejected; max_errors is 1: 1 record" in output.error


@pytest.mark.parametrize("cell", ["%%fusionflow\nEXPLAIN " + BY_CITY, "%%fusionflow --dry-run\n" + BY_CITY])
def test_the_plan_is_printed_and_nothing_runs(kernel: Kernel, cell: str) -> None:
    before = kernel.run("%fusionflow jobs").result["text/plain"]
    output = kernel.run(cell)
    assert "sum" in output.stdout.lower()
    assert not output.displays
    assert kernel.run("%fusionflow jobs").result["text/plain"] == before


def test_detach_returns_the_job(kernel: Kernel) -> None:
    output = kernel.run(f"%%fusionflow job --detach\n{BY_CITY}")
    assert "job holds it" in output.stdout
    assert kernel.run("len(job.result())").result["text/plain"] == "2"


def test_a_file_of_sql(kernel: Kernel, data: Path) -> None:
    (data / "q.sql").write_text(BY_CITY)
    assert "Bergen" in kernel.run("%%fusionflow trips -f q.sql").shown["text/plain"]
    both = kernel.run(f"%%fusionflow trips -f q.sql\n{BY_CITY}")
    assert "leave one of them out" in both.error


@pytest.mark.parametrize(
    ("cell", "name", "message"),
    [
        ("%%fusionflow x\nSELECT nope FROM 'trips_*.csv'", "QueryError", "nope"),
        ("%%fusionflow x\nSELEC 1", "QueryError", "SELEC"),
        ("%%fusionflow x\nSELECT * FROM 'missing_*.csv'", "FileNotFoundError", "missing_"),
        ("%%fusionflow x --limits 3\nSELECT 1", "QueryError", "did you mean --limit?"),
        ("%%fusionflow x\n", "QueryError", "the cell holds no SQL"),
        ("%%fusionflow x -f none.sql\n", "FileNotFoundError", "none.sql"),
        ("%fusionflow SELECT nope FROM 'trips_a.csv'", "QueryError", "nope"),
        ("%fusionflow stop ffff", "JobError", "no job has this id"),
    ],
)
def test_a_mistake_shows_its_message_and_no_traceback(
    kernel: Kernel, cell: str, name: str, message: str
) -> None:
    output = kernel.run(cell)
    assert output.status == "error"
    assert output.error_name == name
    assert message in output.error
    assert "Traceback" not in output.error
    assert len(output.error.splitlines()) <= 12


def test_verbose_shows_the_traceback(kernel: Kernel) -> None:
    output = kernel.run("%%fusionflow x --verbose\nSELECT nope FROM 'trips_*.csv'")
    assert "Traceback" in output.error


def test_help_explains_every_option(kernel: Kernel) -> None:
    for question in ("%%fusionflow?", "%fusionflow?"):
        page = kernel.run(question).page
        assert "--no-cache" in page
        assert "%%fusionflow trips --limit 50" in page
    assert "--no-cache" in kernel.run("%fusionflow help").stdout


def test_status_and_jobs(kernel: Kernel) -> None:
    kernel.run(f"%%fusionflow trips --name listed\n{BY_CITY}")
    assert "cluster: workers on this machine" in kernel.run("%fusionflow status").stdout
    jobs = kernel.run("%fusionflow jobs").result["text/plain"]
    assert "listed" in jobs
    assert "COMPLETED" in jobs


def test_progress_and_preview_come_while_the_cell_runs(kernel: Kernel, held: Held) -> None:
    cell = f"%%fusionflow slow\n{held.sql('shown')}"
    output = kernel.run(cell, interrupt_when=lambda so_far: has_kept(so_far) and len(so_far.updates) > 3)
    texts = [bundle["text/plain"] for _, bundle in output.updates]
    assert any("▶ in progress" in text for text in texts)
    assert any("preview, " in text and "% read" in text for text in texts)
    times = [at for at, _ in output.updates]
    assert len(times) <= 4 * (times[-1] - times[0]) + 3


def test_an_interrupted_cell_comes_back_at_once_and_keeps_its_work(kernel: Kernel, held: Held) -> None:
    cell = f"%%fusionflow stopped\n{held.sql('kept')}"
    output = kernel.run(cell, interrupt_when=has_kept)
    assert output.error_name == "JobStoppedError"
    assert "kept, run it again to go on" in output.error
    assert "Traceback" not in output.error
    assert output.back_after < 3.0  # one on a machine that does nothing else
    assert "■ stop" in output.shown["text/plain"]
    assert kernel.run("stopped.wait(60), stopped.status").result["text/plain"] == "(True, 'STOPPED')"
    held.let_go()
    again = kernel.run(cell)
    assert again.status == "ok", again.error
    assert kernel.run("stopped.counters.bytes_reused > 0, len(stopped)").result["text/plain"] == "(True, 10)"


def test_an_interrupted_line_comes_back_too(kernel: Kernel, held: Held) -> None:
    output = kernel.run(f"%fusionflow {held.sql('line')}", interrupt_when=has_read)
    assert output.error_name == "JobStoppedError"
    assert output.back_after < 3.0


def shown_rows(output: Output) -> str:
    assert output.status == "ok", output.error
    return output.shown["text/plain"]


def test_variables_are_parameters(kernel: Kernel) -> None:
    kernel.run("import datetime\nsince, cities = datetime.date(2024, 1, 2), ['Oslo', 'Bergen']")
    kernel.run("class Slider: value = 4\nleast = Slider()")
    filters = "day >= $since AND city IN $cities AND distance > $least"
    cell = f"SELECT city, distance FROM 'trips_a.csv' WHERE {filters}"
    assert "Oslo" in shown_rows(kernel.run(f"%%fusionflow chosen\n{cell}"))
    assert (
        kernel.run("chosen.arrow().to_pylist()").result["text/plain"] == "[{'city': 'Oslo', 'distance': 5}]"
    )
    line = """x = %fusionflow SELECT $x AS x, 'a'[:2] AS a, 1::int AS i, '{"a":1}'::JSON->>'$.a' AS j"""
    kernel.run(f'x = "\'; DROP TABLE trips"\n{line}')
    values = kernel.run("list(x.arrow().to_pylist()[0].values())").result["text/plain"]
    assert values == """["'; DROP TABLE trips", 'a', 1, '1']"""


def test_params_win_over_variables(kernel: Kernel) -> None:
    kernel.run("city, given = 'Oslo', {'city': 'Bergen'}")
    for params in ("""'{"city": "Bergen"}'""", "$given"):
        cell = f"%%fusionflow r --params {params}\nSELECT count(*) AS n FROM 'trips_*.csv' WHERE city = $city"
        assert "2" in shown_rows(kernel.run(cell))
        assert kernel.run("r.arrow()['n'].to_pylist()").result["text/plain"] == "[2]"


def test_a_query_is_saved_and_read_by_later_cells(kernel: Kernel) -> None:
    cell = "SELECT * FROM 'trips_*.csv' WHERE distance < $most"
    assert "view short is made" in kernel.run(f"%%fusionflow --save short -N\n{cell}").stdout
    kernel.run("most = 6")
    assert "rows read 6" in shown_rows(
        kernel.run("%%fusionflow n\nSELECT city, count(*) AS n FROM short GROUP BY 1")
    )
    again = "%%fusionflow n\nSELECT city, count(*) AS n FROM short GROUP BY 1 ORDER BY n LIMIT 1"
    assert "0 B scanned" in shown_rows(kernel.run(again))
    assert "view far is made" in kernel.run("%%fusionflow\nCREATE VIEW far AS FROM 'trips_a.csv'").stdout
    listed = kernel.run("%fusionflow views").result["text/plain"]
    assert "short" in listed
    assert "far" in shown_rows(kernel.run("%%fusionflow\nSHOW VIEWS"))
    assert "view far is dropped" in kernel.run("%fusionflow drop view far").stdout


def test_dataframes_stand_in_from(kernel: Kernel) -> None:
    kernel.run("import pandas as pd, polars\ncountry = pd.DataFrame({'city': ['Oslo'], 'land': ['Norge']})")
    cell = "SELECT land, sum(distance) AS km FROM 'trips_*.csv' JOIN country USING (city) GROUP BY 1"
    shown_rows(kernel.run(f"%%fusionflow joined\n{cell}"))
    assert kernel.run("joined.arrow().to_pylist()[0]['km']").result["text/plain"] == "Decimal('24')"
    shown_rows(kernel.run("%%fusionflow again\nSELECT land FROM joined"))
    assert (
        "'country'"
        in kernel.run("t = %fusionflow tables\nt.arrow()['name'].to_pylist()").result["text/plain"]
    )
    assert "land" in kernel.run("%fusionflow schema country").result["text/plain"]


def test_files_are_looked_at(kernel: Kernel) -> None:
    assert "distance" in kernel.run("%fusionflow schema 'trips_*.csv'").result["text/plain"]
    assert "delimiter ','" in kernel.run("%fusionflow sniff trips_a.csv").stdout


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("%%fusionflow\nSELECT $nothing", "$nothing has no value"),
        ("%%fusionflow --params '{\"y\": 1}'\nSELECT 1", "the query has no parameter $y"),
        ("%%fusionflow --params {y}\nSELECT 1", "--params is no JSON"),
        ("%%fusionflow --params $kernel_has_no_such\nSELECT 1", "is no dictionary"),
        ("%%fusionflow\nFROM no_such_table", "there is no table no_such_table"),
        ("%%fusionflow -N\nSELECT 1", "--no-execute goes with --save"),
        ("%fusionflow schema", "%fusionflow schema needs a name"),
    ],
)
def test_values_that_are_missing_are_named(kernel: Kernel, cell: str, message: str) -> None:
    output = kernel.run(cell)
    assert message in output.error
    assert "Traceback" not in output.error


def test_loading_twice_and_unloading(kernel: Kernel) -> None:
    kernel.run("%reload_ext fusionflow_lab\n%load_ext fusionflow_lab")
    transformers = "sum('Awaiting' in repr(one) for one in get_ipython().input_transformers_post)"
    assert kernel.run(transformers).result["text/plain"] == "1"
    kernel.run("%unload_ext fusionflow_lab")
    assert "not found" in kernel.run(f"%%fusionflow\n{BY_CITY}").stderr
    assert kernel.run(transformers).result["text/plain"] == "0"
    kernel.run("%load_ext fusionflow_lab")
    assert kernel.run(f"%%fusionflow trips\n{BY_CITY}").status == "ok"


@pytest.mark.long
def test_interrupts_at_random_moments_keep_the_work(kernel: Kernel, held: Held) -> None:
    random = Random(7)
    for salt in range(5):
        held.write()
        kernel.run("stopped = None")
        cell = f"%%fusionflow stopped\n{held.sql(f'salt {salt}')}"
        moment = time.monotonic() + random.uniform(0.1, 3)
        output = kernel.run(cell, interrupt_when=partial(is_past, moment))
        assert output.error_name == "JobStoppedError"
        assert output.back_after < 3.0
        kernel.run("import time\nwhile stopped is None:\n    time.sleep(0.01)")
        assert kernel.run("stopped.wait(60), stopped.status").result["text/plain"] == "(True, 'STOPPED')"
        so_far = "0 if stopped.progress is None else stopped.progress.counters.bytes_scanned"
        kept = int(kernel.run(so_far).result["text/plain"])
        held.let_go()
        assert kernel.run(cell).status == "ok"
        reused = int(kernel.run("stopped.counters.bytes_reused").result["text/plain"])
        assert reused >= min(kept, held.size - held.path(FILES - 1).stat().st_size)


def test_settings_are_shown_with_their_origin_and_taken_from_config(kernel: Kernel) -> None:
    before = kernel.run("%fusionflow config").stdout
    kernel.run("%config FusionFlow.cache_max_age = '3d'")
    after = kernel.run("%fusionflow config").stdout
    kernel.run("%config FusionFlow.cache_max_age = None")

    assert re.search(r"^cache_max_age +30d +default$", before, re.MULTILINE)
    assert re.search(r"^home +\S+ +FUSIONFLOW_HOME$", before, re.MULTILINE)
    assert re.search(r"^cache_max_age +3d +traitlets$", after, re.MULTILINE)
