"""``python -m tests.hostile.peers``: every hostile file through ours and its peers, as a table.

Each reader has a process of its own, which is replaced when it dies or takes longer than a limit.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from fusionflow_lab.api import connect
from tests.hostile.files import CASES, put
from tests.hostile.judge import judge
from tests.hostile.readers import PEERS, read_ours

OUTCOMES = (
    "exact", "refused, rightly", "policy difference", "wrong refusal", "silently wrong", "panic", "hang",
)  # fmt: skip
LIMIT_SECONDS = 60


def judged(name: str, place: int, folder: str) -> str:
    """Judge one reader over one file."""
    case = CASES[place]
    path = put(case, Path(folder))
    try:
        return judge(case, PEERS[name](path))
    except Exception:  # noqa: BLE001 - a peer may refuse by any error
        return judge(case, None)
    except BaseException:  # noqa: BLE001 - Polars panics with one
        return "panic"
    finally:
        path.unlink()


def judge_peer(name: str) -> list[str]:
    """Judge one peer over all files."""
    outcomes = []
    context = get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        pool = ProcessPoolExecutor(1, mp_context=context)
        for place in range(len(CASES)):
            try:
                outcomes.append(pool.submit(judged, name, place, folder).result(LIMIT_SECONDS))
            except (BrokenExecutor, TimeoutError) as error:
                outcomes.append("hang" if isinstance(error, TimeoutError) else "panic (process died)")
                for process in list((pool._processes or {}).values()):
                    process.kill()
                pool = ProcessPoolExecutor(1, mp_context=context)
        pool.shutdown()
    return outcomes


def judge_ours() -> list[str]:
    """Judge ours over all files."""
    with tempfile.TemporaryDirectory() as folder, connect(home=Path(folder, "home"), workers=2) as session:
        outcomes = []
        for case in CASES:
            path = put(case, Path(folder))
            outcomes.append(str(judge(case, read_ours(session, path))))
        return outcomes


def main() -> None:
    """Print the table, and with ``--list`` what each reader gets wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true", help="name the files that are read wrongly")
    arguments = parser.parse_args()
    found = {"ours": judge_ours(), **{name: judge_peer(name) for name in PEERS}}
    lines = ["| | " + " | ".join(OUTCOMES) + " |", "|---|" + "---|" * len(OUTCOMES)]
    for name, outcomes in found.items():
        counts = Counter(outcome.split(" (")[0] for outcome in outcomes)
        lines.append(f"| {name} | " + " | ".join(str(counts[outcome]) for outcome in OUTCOMES) + " |")
    sys.stdout.write(f"{len(CASES)} files\n\n" + "\n".join(lines) + "\n")
    if arguments.list:
        for name, outcomes in found.items():
            wrong = [
                f"  {outcome}: {case.name}\n"
                for case, outcome in zip(CASES, outcomes, strict=True)
                if outcome not in OUTCOMES[:3]
            ]
            sys.stdout.write(f"\n{name}\n" + "".join(wrong))


if __name__ == "__main__":
    main()
