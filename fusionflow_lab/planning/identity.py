"""The map hash: which states one map may share with another.

Two stages with one hash give equal states for equal chunks. In it: everything that shapes a state.
Not in it: which files there are, what stands above the cut, and how tables happen to be numbered.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, replace

import duckdb

from fusionflow_lab.query import Plan, Stage
from fusionflow_lab.states.store import STATE_FORMAT


def map_hash(stage: Stage, plan: Plan, broadcast: Sequence[str] = ()) -> str:
    """Return the hash of a stage's map, in hex.

    Parameters
    ----------
    stage
        The stage.
    plan
        The plan it belongs to; its settings count.
    broadcast
        Digests of what the stage's broadcast tables hold, in their order.

    Examples
    --------
    >>> from fusionflow_lab.source import Dialect, Source
    >>> source = Source(name="source_0", pattern="a.csv", dialect=Dialect(), columns=(), files=())
    >>> stage = Stage(name="stage_0", kind="rows", source=source, columns=(), map_sql="FROM source_0")
    >>> plan = Plan(text="", stages=(stage,), final_sql="FROM stage_0", names=(), types=())
    >>> len(map_hash(stage, plan))
    32
    """
    facts = {
        "map": _renamed(stage.map_sql, [stage.source.name, *(entry.name for entry in stage.broadcast)]),
        "broadcast": [
            (digest, entry.columns) for entry, digest in zip(stage.broadcast, broadcast, strict=True)
        ],
        "reduce": stage.reduce_sql,
        "kind": stage.kind,
        "ordered": stage.ordered,
        "columns": [asdict(column) for column in stage.columns],
        "count": 0 if stage.source.by_name or stage.source.format == "json" else len(stage.source.columns),
        "source": stage.source.format,
        # Files that are united by name have a dialect each: it is part of the cut of their chunks.
        "dialect": {} if stage.source.by_name else _dialect(stage),
        "settings": list(plan.settings),
        # Which rows of a state lie together.
        **({"buckets": stage.bucket_by} if stage.spread else {}),
        # Whatever becomes of the files, they are the same files.
        **({} if stage.sink is None else {"sink": asdict(replace(stage.sink, mode="error"))}),
        "duckdb": duckdb.__version__,
        "format": STATE_FORMAT,
    }
    return _digest(facts)


def _dialect(stage: Stage) -> dict[str, object]:
    """Return how files are cut, without what is said of columns that are not read."""
    facts = asdict(stage.source.dialect)
    if "keys" in facts:
        names = {column.name for column in stage.columns}
        facts["keys"] = [pair for pair in facts["keys"] if pair[0] in names]
    return facts


def plan_hash(plan: Plan) -> str:
    """Return the hash of what a plan asks, whatever the files hold.

    Examples
    --------
    >>> plan = Plan(text="", stages=(), final_sql="SELECT 1", names=("1",), types=("INTEGER",))
    >>> len(plan_hash(plan))
    32
    """
    # Who runs a map is no part of what is asked.
    stages = tuple(
        replace(stage, source=replace(stage.source, files=()), native=None) for stage in plan.stages
    )
    facts = asdict(replace(plan, text="", moment="", stages=stages))
    return _digest({"plan": facts, "duckdb": duckdb.__version__, "format": STATE_FORMAT})


def reuse_key(plan: Plan) -> str:
    """Return the hash of what an answer depends on: the plan, and its files as they are.

    Empty where the same question may have another answer each time.
    """
    if plan.volatile:
        return ""
    files = [
        [file.path, file.size, file.mtime_ns, file.etag, file.compression, repr(file.layout)]
        for stage in plan.stages
        for file in stage.source.files
    ]
    return _digest({"plan": plan_hash(plan), "files": files})


def _digest(facts: object) -> str:
    return hashlib.blake2b(json.dumps(facts, sort_keys=True).encode(), digest_size=16).hexdigest()


def _renamed(sql: str, names: Sequence[str]) -> str:
    """Write tables as ``table0`` … in the order given, wherever named; texts and quoted names stay."""
    words = "|".join(rf"\b{re.escape(name)}\b" for name in names)
    pattern = rf"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|{words}"
    fresh = {name: f"table{place}" for place, name in enumerate(names)}
    return re.sub(pattern, lambda found: fresh.get(found[0], found[0]), sql)
