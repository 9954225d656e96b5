"""How much memory evaluation may take, and what is said where that is not enough.

Sorting and grouping go to the disk when memory is short. What an aggregate keeps of one group (all values of
a ``median``, a ``list``) cannot, so it is refused by name before the operating system ends the worker.
"""

from __future__ import annotations

import re
from typing import Final

from fusionflow_lab.errors import QueryError
from fusionflow_lab.query import Stage

# What a process needs before it evaluates anything: libraries, and the window of a scan.
BESIDE_BYTES: Final = 256 << 20
# What DuckDB holds is there a second time, as an Arrow table, when it leaves.
SHARE: Final = 0.45
LEAST_BYTES: Final = 64 << 20
# The process that drives jobs holds only what is small; the rest is done on workers.
RUNNER_BYTES: Final = 1 << 30

_QUANTILE: Final = re.compile(r"(median|quantile|quantile_cont|quantile_disc)\((.*)\)", re.DOTALL)
_DISTINCT: Final = re.compile(r"count\(DISTINCT (.*)\)", re.DOTALL)
_MORE: Final = "filter, group by more columns, or give the workers more memory (FUSIONFLOW_MEMORY_LIMIT)"


def evaluation_bytes(limit: int | None) -> int | None:
    """Return what evaluation may take of a process that is limited to so many bytes; None for no limit.

    Examples
    --------
    >>> evaluation_bytes(1 << 30) >> 20, evaluation_bytes(None)
    (345, None)
    """
    return max(int((limit - BESIDE_BYTES) * SHARE), LEAST_BYTES) if limit else None


def sketch_of(aggregate: str) -> str:
    """Return the aggregate that answers about the same in little memory; empty for none.

    Examples
    --------
    >>> sketch_of("median(x)"), sketch_of("quantile_cont(x, 0.9)"), sketch_of("count(DISTINCT id)")
    ('approx_quantile(x, 0.5)', 'approx_quantile(x, 0.9)', 'approx_count_distinct(id)')
    >>> sketch_of("list(x)")
    ''
    """
    found = _QUANTILE.fullmatch(aggregate)
    if found:
        return f"approx_quantile({found[2]}{', 0.5' if found[1] == 'median' else ''})"
    found = _DISTINCT.fullmatch(aggregate)
    return f"approx_count_distinct({found[1]})" if found else ""


def memory_error(stage: Stage, *, memory: int | None, rows: int = 0, size: int = 0) -> QueryError:
    """Return the error of states that do not fit into memory.

    Parameters
    ----------
    stage
        Whose they are.
    memory
        Bytes that evaluation may take.
    rows, size
        Groups and bytes of the states; 0 for unknown.
    """
    if stage.keeps:
        what = f"the values that {', '.join(stage.keeps)} must keep do not fit into the memory of a worker"
    elif stage.kind == "aggregate":
        what = "the groups do not fit into the memory of a worker"
    else:
        what = "the rows do not fit into the memory of a worker"
    facts = [f"{rows:,} {'partial groups' if stage.kind == 'aggregate' else 'rows'}"] if rows else []
    facts += [f"{size / (1 << 20):,.0f} MiB of states"] if size else []
    facts += [f"{memory / (1 << 20):,.0f} MiB may be used"] if memory else []
    sketches = [sketch for sketch in map(sketch_of, stage.keeps) if sketch]
    hint = f"{', '.join(sketches)} needs little memory; or {_MORE}" if sketches else _MORE
    return QueryError(
        f"{what} ({', '.join(facts)})" if facts else what, where=stage.source.pattern, hint=hint
    )
