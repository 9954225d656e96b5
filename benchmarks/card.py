"""What the card of a job costs: CPU of the browser and of what serves it, beside the same job without a card.

::

    python -m benchmarks.card --pairs 3

A real JupyterLab and Chromium. Each pair is one job twice, detached and with its card, over the same files
and without the states of the other. CPU is that of processes, so that what else runs on the machine counts
little. A card may take 5 % of a core in the browser, and in kernel and server 1 % of what the job takes.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
from playwright.sync_api import sync_playwright

from tests.browser.lab import Lab, LabPage, browser_of, jupyter_lab

AROUND = ("ipykernel_launcher", "jupyterlab")
JOBS = "fusionflow/api/v1/jobs?limit=1"
LOOK_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True)
class Cost:
    """CPU seconds of one run by who took them (job, around it, browser) and how long it lasted."""

    seconds: float
    cpu: Mapping[str, float]

    def __str__(self) -> str:
        """Write it in a line."""
        parts = ", ".join(f"{role} {seconds:.2f} s" for role, seconds in self.cpu.items())
        return f"{self.seconds:.1f} s; CPU: {parts}"


def spent(lab: Lab) -> dict[str, float]:
    """Return the CPU seconds so far of the browser, and of all that works on this server's home."""
    found = {"job": 0.0, "around": 0.0, "browser": 0.0}
    below = {process.pid for process in psutil.Process().children(recursive=True)}
    for process in psutil.process_iter():
        try:
            line, times = " ".join(process.cmdline()), process.cpu_times()
            if process.pid in below and "chrom" in line:
                role = "browser"
            elif process.environ().get("FUSIONFLOW_HOME") == str(lab.home):
                role = "around" if any(mark in line for mark in AROUND) else "job"
            else:
                continue
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
        found[role] += times.user + times.system
    return found


def cost(page: LabPage, cell: int) -> Cost:
    """Run the job of a cell, and say what was spent until its end."""
    known = newest(page.lab).get("id")
    begun, before = time.monotonic(), spent(page.lab)
    page.run(cell)
    while (job := newest(page.lab)).get("id") == known or job["status"] not in {"COMPLETED", "FAILED"}:
        page.page.wait_for_timeout(LOOK_SECONDS * 1000)
    seconds, after = time.monotonic() - begun, spent(page.lab)
    if job["status"] == "FAILED":
        raise SystemExit(f"the job failed: {job['error']}")
    return Cost(seconds=seconds, cpu={role: after[role] - before[role] for role in after})


def newest(lab: Lab) -> dict[str, object]:
    """Return the newest job of the server; nothing where there is none."""
    found: list[dict[str, object]] = json.loads(lab.fetch(JOBS))["jobs"]
    return found[0] if found else {}


def written(folder: Path, megabytes: int) -> Path:
    """Write files whose hashes are work for some seconds."""
    data = folder / "data"
    data.mkdir()
    rows = "".join(f"{row},{'x' * 70}\n" for row in range(100_000))
    for number in range(max(1, megabytes * 1_000_000 // len(rows))):
        (data / f"part-{number:03}.csv").write_text(f"value,text\n{rows}")
    return data


def main() -> None:
    """Run pairs and print what a card adds."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--megabytes", type=int, default=400, help="of files that the job reads")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = written(Path(folder), options.megabytes)
        work = f"max({'sha256(' * 8}text{')' * 8})"
        text = f"SELECT value % 8 AS part, {work} AS digest FROM '{data}/*.csv' GROUP BY ALL"
        cells = ["%load_ext fusionflow_lab", f"%%fusionflow --no-cache --detach\n{text}"]
        cells.append(f"%%fusionflow --no-cache\n{text}")
        with jupyter_lab(Path(folder, "lab")) as lab, sync_playwright() as playwright:
            browser = browser_of(playwright)
            page = LabPage(browser.new_context(base_url=lab.url).new_page(), lab)
            page.open(cells)
            page.run(0)
            pair(page, 0)  # the cluster starts, and everything is loaded
            pairs = [pair(page, number) for number in range(1, options.pairs + 1)]
            browser.close()
    print(told(pairs))


def pair(page: LabPage, number: int) -> tuple[Cost, Cost]:
    """Run the job without its card and with it."""
    without = cost(page, 1)
    page.idle()
    beside = cost(page, 2)
    page.idle()
    if number:
        print(f"pair {number} without a card: {without}")
        print(f"pair {number} with its card:  {beside}")
    return without, beside


def told(pairs: Sequence[tuple[Cost, Cost]]) -> str:
    """Say what a card adds, as the median of the pairs."""
    browser = [
        one.cpu["browser"] / one.seconds - other.cpu["browser"] / other.seconds for other, one in pairs
    ]
    around = [(one.cpu["around"] - other.cpu["around"]) / one.cpu["job"] for other, one in pairs]
    return (
        f"a card adds {statistics.median(browser):.1%} of a core in the browser, "
        f"and {statistics.median(around):.1%} of the job's CPU in kernel and server"
    )


if __name__ == "__main__":
    main()
