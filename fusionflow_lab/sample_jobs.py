"""Jobs over the sample data: one of each kind of end, so that there is something to look at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from fusionflow_lab.api import Job, Session
from fusionflow_lab.errors import FusionflowError
from fusionflow_lab.planning.ast import literal

CITIES = "orders by city"
DAYS = "busiest days"
DATASET = "orders as a dataset"
STRICT = "payments, no reject allowed"


def sample_queries(folder: Path) -> dict[str, str]:
    """Return the text of each sample job by its name.

    Parameters
    ----------
    folder
        Where the sample data is.

    Examples
    --------
    >>> list(sample_queries(Path(".demo")))
    ['orders by city', 'busiest days', 'orders as a dataset', 'payments, no reject allowed']
    """
    orders, payments = literal(str(folder / "orders-*.csv")), literal(str(folder / "payments.csv"))
    counted = "count(*) AS orders"
    day = "ordered_at::DATE AS day"
    dataset = f"{literal(str(folder / 'orders'))} (FORMAT parquet, PARTITION_BY (city), OVERWRITE)"
    paid = f"read_csv({payments}, types = {{'paid': 'DECIMAL(9, 2)'}}, max_errors = 0)"
    return {
        CITIES: f"SELECT city, {counted}, sum(quantity) AS items FROM {orders} GROUP BY city ORDER BY city",
        DAYS: f"SELECT {day}, {counted} FROM {orders} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 10",
        DATASET: f"COPY (FROM {orders}) TO {dataset}",
        STRICT: f"SELECT sum(paid) AS paid FROM {paid}",
    }


def run_sample_jobs(session: Session, folder: Path) -> Iterator[Job]:
    """Run the sample jobs one after the other; yield each when it has ended, well or not.

    Parameters
    ----------
    session
        Runs them.
    folder
        Where the sample data is.

    Raises
    ------
    FusionflowError
        One of them cannot be asked for: the sample data is not there.
    """
    for name, text in sample_queries(folder.absolute()).items():
        job = session.sql(text, name=name).submit(reuse=True)
        try:
            job.result()
        except FusionflowError:
            if job.status != "FAILED":
                raise
        yield job
