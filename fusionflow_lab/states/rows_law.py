"""The rows law of one count: ``read = used + filtered + rejected``, none of them negative."""

from __future__ import annotations

from fusionflow_lab.errors import AccountError
from fusionflow_lab.query import Counters

BUG_HINT = "this is a bug of FusionFlow Lab: please report it; --no-cache scans everything again"


def adds_up(counters: Counters) -> bool:
    """Tell whether counts keep the law.

    Examples
    --------
    >>> adds_up(Counters(rows_read=3, rows_used=2, rows_rejected=1)), adds_up(Counters(rows_read=3))
    (True, False)
    """
    parts = (counters.rows_used, counters.rows_filtered, counters.rows_rejected)
    return min(parts) >= 0 and sum(parts) == counters.rows_read


def refuse_broken(counters: Counters, where: str) -> None:
    """Refuse counts that break the law.

    Raises
    ------
    AccountError
        They do.

    Examples
    --------
    >>> refuse_broken(Counters(rows_read=3, rows_used=2, rows_rejected=1), "a.csv")
    >>> refuse_broken(Counters(rows_read=3, rows_used=4, rows_filtered=-1), "a.csv")
    Traceback (most recent call last):
    fusionflow_lab.errors.AccountError: rows are not accounted for: read 3, used 4, filtered -1, rejected 0
    where: a.csv
    try: this is a bug of FusionFlow Lab: please report it; --no-cache scans everything again
    """
    if not adds_up(counters):
        raise AccountError(
            f"rows are not accounted for: read {counters.rows_read}, used {counters.rows_used},"
            f" filtered {counters.rows_filtered}, rejected {counters.rows_rejected}",
            where=where,
            hint=BUG_HINT,
        )
