"""Sample data: the same bytes on every run and machine, and the truth about them.

A folder of monthly order files (quoted line feeds, quotes, unicode and a few broken records), payments
with a few amounts that are no numbers, and the cities. Large enough to watch a job at work, small and
true enough to test against. Nothing of the package is needed to write it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import add
from pathlib import Path
from random import Random

YEAR = 2025
MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
POOL_ROWS = 4_000
PAYMENTS_SHARE = 0.05

CITIES = (
    ("Amsterdam", "NL", 921),
    ("Berlin", "DE", 3_677),
    ("Bogotá", "CO", 7_743),
    ("Cairo", "EG", 10_203),
    ("Kraków", "PL", 803),
    ("Lagos", "NG", 15_946),
    ("Oslo", "NO", 709),
    ("Rome", "IT", 2_748),
    ("São Paulo", "BR", 11_452),
    ("Tokyo", "JP", 14_094),
    ('"Washington, D.C."', "US", 679),
    ("Zürich", "CH", 436),
)
NOTES = (
    "",
    "",
    "",
    "gift",
    "call before delivery",
    "second floor",
    "danke schön",
    "お届けは午後",
    "🚲 only",
    '"left, then right"',
    '"says ""fragile"" on the box"',
    '"ring twice\nthen wait"',
)
BROKEN_ORDERS = {
    3: "too few,1\n",
    7: "0,Rome,1.00,1,2025-07-15 12:00:00,gift,one field too many\n",
    11: '0,"Oslo" or Bergen,1.00,1,2025-11-15 12:00:00,gift\n',
}
BROKEN_PAYMENTS = ("0,0,card,n/a,2025-06-01\n", "0,0,cash,free,2025-06-02\n", "0,0,card,12.5o,2025-06-03\n")


@dataclass(frozen=True, kw_only=True, slots=True)
class SampleFile:
    """One file and the truth about it.

    ``rows`` counts the good records, ``bad_rows`` those that a reader with the right types must reject,
    ``cents`` is the sum of the money column over the good ones, in hundredths.
    """

    path: Path
    size: int
    rows: int
    bad_rows: int
    cents: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Samples:
    """What was written: the files of each kind."""

    orders: tuple[SampleFile, ...]
    payments: SampleFile
    cities: SampleFile

    @property
    def files(self) -> tuple[SampleFile, ...]:
        """All files."""
        return (*self.orders, self.payments, self.cities)


def write_samples(folder: str | Path, *, megabytes: int = 64) -> Samples:
    """Write the sample files into a folder, over what is there of the same names.

    Parameters
    ----------
    folder
        Where to write; made if it does not exist.
    megabytes
        Size of all files together, about.

    Returns
    -------
    Samples
        What was written: files, good rows, bad rows.

    Raises
    ------
    ValueError
        ``megabytes`` is less than 1.

    Examples
    --------
    >>> samples = write_samples(getfixture("tmp_path"), megabytes=1)
    >>> [file.path.name for file in samples.orders[:2]]
    ['orders-2025-01.csv', 'orders-2025-02.csv']
    """
    if megabytes < 1:
        raise ValueError(f"megabytes is {megabytes}; it must be at least 1")
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    size = megabytes * 1_000_000
    order_bytes = int(size * (1 - PAYMENTS_SHARE) / 12)
    first, orders = 1, []
    for month in range(1, 13):
        orders.append(_write_orders(target, month, first, order_bytes))
        first += orders[-1].rows
    payments = _write_payments(target, int(size * PAYMENTS_SHARE), orders=first - 1)
    return Samples(orders=tuple(orders), payments=payments, cities=_write_cities(target))


@dataclass(frozen=True, slots=True)
class _Pool:
    """Records without their id, and the money in each; repeated with other ids they make a file."""

    tails: Sequence[str]
    cents: Sequence[int]

    def rows_in(self, size: int) -> int:
        """Tell how many records with ids of about seven digits fill so many bytes."""
        mean = sum(len(tail.encode()) for tail in self.tails) / len(self.tails) + 7
        return max(int(size / mean), 1)

    def lines(self, first: int, rows: int) -> Iterator[str]:
        """Yield the records with ids from ``first`` on, a pool at a time."""
        for start in range(0, rows, len(self.tails)):
            count = min(len(self.tails), rows - start)
            ids = map(str, range(first + start, first + start + count))
            yield "".join(map(add, ids, self.tails))

    def money(self, rows: int) -> int:
        """Sum up the money of so many records."""
        turns, rest = divmod(rows, len(self.cents))
        return turns * sum(self.cents) + sum(self.cents[:rest])


def _pick(random: Random, values: Sequence[str]) -> str:
    # Only random() is promised to be the same in every version of Python.
    return values[int(random.random() * len(values))]


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"


def _write_orders(folder: Path, month: int, first: int, size: int) -> SampleFile:
    random = Random(month)  # noqa: S311 - data, not secrets
    names = [name for name, _, _ in CITIES]
    tails, cents = [], []
    for _ in range(POOL_ROWS):
        cents.append(99 + int(random.random() ** 3 * 50_000))
        second = int(random.random() * MONTH_DAYS[month - 1] * 86_400)
        day, clock = 1 + second // 86_400, second % 86_400
        time = f"{clock // 3600:02}:{clock // 60 % 60:02}:{clock % 60:02}"
        quantity = 1 + int(random.random() * 9)
        tails.append(
            f",{_pick(random, names)},{_money(cents[-1])},{quantity},"
            f"{YEAR}-{month:02}-{day:02} {time},{_pick(random, NOTES)}\n"
        )
    broken = [BROKEN_ORDERS[month]] if month in BROKEN_ORDERS else []
    header = "order_id,city,amount,quantity,ordered_at,note\n"
    return _write(folder / f"orders-{YEAR}-{month:02}.csv", header, _Pool(tails, cents), first, size, broken)


def _write_payments(folder: Path, size: int, *, orders: int) -> SampleFile:
    random = Random(YEAR)  # noqa: S311 - data, not secrets
    tails, cents = [], []
    for _ in range(POOL_ROWS):
        cents.append(99 + int(random.random() ** 3 * 50_000))
        month = int(random.random() * 12)
        day = 1 + int(random.random() * MONTH_DAYS[month])
        order = 1 + int(random.random() * orders)
        method = _pick(random, ("card", "cash", "transfer"))
        tails.append(f",{order},{method},{_money(cents[-1])},{YEAR}-{month + 1:02}-{day:02}\n")
    header = "payment_id,order_id,method,paid,paid_on\n"
    return _write(folder / "payments.csv", header, _Pool(tails, cents), 1, size, BROKEN_PAYMENTS)


def _write_cities(folder: Path) -> SampleFile:
    lines = (f"{name},{country},{people}\n" for name, country, people in CITIES)
    data = ("city,country,thousand_people\n" + "".join(lines)).encode()
    path = folder / "cities.csv"
    path.write_bytes(data)
    return SampleFile(path=path, size=len(data), rows=len(CITIES), bad_rows=0, cents=0)


def _write(path: Path, header: str, pool: _Pool, first: int, size: int, broken: Sequence[str]) -> SampleFile:
    """Write header and records; the broken ones come where half of the good ones are written."""
    rows = pool.rows_in(size)
    half = rows // 2
    with path.open("wb") as file:
        file.write(header.encode())
        file.writelines(text.encode() for text in pool.lines(first, half))
        file.writelines(text.encode() for text in broken)
        # The second half starts anew in the pool.
        file.writelines(text.encode() for text in pool.lines(first + half, rows - half))
        written = file.tell()
    cents = pool.money(half) + pool.money(rows - half)
    return SampleFile(path=path, size=written, rows=rows, bad_rows=len(broken), cents=cents)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the samples as the command line says, and list them.

    Parameters
    ----------
    arguments
        The command line; by default the process's own.

    Examples
    --------
    >>> main([str(getfixture("tmp_path")), "--megabytes", "1"])
    orders-2025-01.csv ... rows, 0 bad
    ...
    """
    parser = argparse.ArgumentParser(
        prog="python -m fusionflow_lab.samples", description="Write sample data."
    )
    parser.add_argument("folder", type=Path, help="where to write")
    parser.add_argument("--megabytes", type=int, default=64, help="size of all files together (64)")
    options = parser.parse_args(arguments)
    if options.megabytes < 1:
        parser.error("--megabytes must be at least 1")
    for file in write_samples(options.folder, megabytes=options.megabytes).files:
        sys.stdout.write(
            f"{file.path.name:<20} {file.size / 1e6:8.1f} MB {file.rows:>10,} rows, {file.bad_rows} bad\n"
        )


if __name__ == "__main__":
    main()
