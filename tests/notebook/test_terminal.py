"""The magics in plain IPython: no kernel, no display that can be updated."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.held import Held

SCRIPT = """
import os, signal, sys, threading, time
from pathlib import Path
from IPython.terminal.interactiveshell import TerminalInteractiveShell

def interrupt_once_there_is_progress(shell):
    while not any(job.progress and job.progress.chunks_done for job in shell.user_ns["jobs"]()):
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGINT)

def main():
    shell = TerminalInteractiveShell.instance(simple_prompt=True)
    run = lambda code: shell.run_cell(code)
    run("%load_ext fusionflow_lab")
    by_city = "SELECT city, sum(distance) AS km FROM 'trips.csv' GROUP BY ALL ORDER BY city\\n"
    run("%%fusionflow one --workers 1\\n" + by_city)
    shell.autoawait = False
    run("%%fusionflow two\\n" + by_city)
    shell.autoawait = True
    print("rows", len(shell.user_ns["one"]), len(shell.user_ns["two"]))
    failed = run("%%fusionflow three\\nSELECT nope FROM 'trips.csv'")
    print("failed with", type(failed.error_in_exec).__name__)
    magics = shell.magics_manager.registry["FusionflowMagics"]
    before = len(magics._sessions.jobs)
    shell.user_ns["jobs"] = lambda: magics._sessions.jobs[before:]
    threading.Thread(target=interrupt_once_there_is_progress, args=[shell]).start()
    stopped = run("%%fusionflow four\\n" + Path("held.sql").read_text())
    print("stopped with", type(stopped.error_in_exec).__name__)
    print("one and one is", run("1 + 1").result)
    run("%unload_ext fusionflow_lab")

if __name__ == "__main__":
    main()
"""


def test_cells_run_fail_and_stop_in_a_terminal(tmp_path: Path, held: Held) -> None:
    (tmp_path / "trips.csv").write_text("city,distance\nOslo,7\nBergen,3\n")
    (tmp_path / "held.sql").write_text(held.sql("four"))
    (tmp_path / "cells.py").write_text(SCRIPT)
    environment = {
        **os.environ,
        "FUSIONFLOW_HOME": str(tmp_path / "home"),
        "IPYTHONDIR": str(tmp_path / "ipython"),
    }
    done = subprocess.run(
        [sys.executable, "cells.py"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "rows 2 2" in done.stdout
    assert "failed with QueryError" in done.stdout
    assert "stopped with JobStoppedError" in done.stdout
    assert "kept, run it again to go on" in done.stdout
    assert "one and one is 2" in done.stdout
    assert "Traceback" not in done.stdout
    assert "100 %" in done.stderr
