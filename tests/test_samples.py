"""The sample data is the same everywhere, and what its writer tells about it is true."""

from __future__ import annotations

import csv
import hashlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from fusionflow_lab.samples import CITIES, Samples, write_samples

DIGEST = "cc98e0bd9bc62f4c4a9c59abadd0d9205b5616fb2e89b7ae387a3fdc14dcecbe"


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    return write_samples(tmp_path_factory.mktemp("samples"), megabytes=2)


def digest(folder: Path) -> str:
    whole = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        whole.update(path.name.encode() + b"\0" + path.read_bytes())
    return whole.hexdigest()


def test_the_bytes_are_the_same_everywhere(samples: Samples) -> None:
    assert digest(samples.cities.path.parent) == DIGEST


def test_the_size_is_as_asked(samples: Samples) -> None:
    total = sum(file.size for file in samples.files)
    assert total == sum(file.path.stat().st_size for file in samples.files)
    assert total == pytest.approx(2_000_000, rel=0.06)


def test_rows_and_bad_rows_are_as_told(samples: Samples) -> None:
    for file in samples.orders:
        with file.path.open(newline="", encoding="utf-8") as lines:
            header, *records = csv.reader(lines)
        good = [record for record in records if len(record) == len(header) and " or " not in record[1]]
        assert len(good) == file.rows
        assert len(records) - len(good) == file.bad_rows
        assert sum(round(float(record[2]) * 100) for record in good) == file.cents
    assert [file.bad_rows for file in samples.orders] == [0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0]


def test_order_ids_count_up_over_all_files(samples: Samples) -> None:
    ids: list[int] = []
    for file in samples.orders:
        with file.path.open(newline="", encoding="utf-8") as lines:
            ids += [
                int(record[0])
                for record in csv.reader(lines)
                if record[0] not in {"order_id", "too few", "0"}
            ]
    assert ids == list(range(1, sum(file.rows for file in samples.orders) + 1))


def test_payments_have_amounts_that_are_no_numbers(samples: Samples) -> None:
    file = samples.payments
    with file.path.open(newline="", encoding="utf-8") as lines:
        paid = [record["paid"] for record in csv.DictReader(lines)]
    numbers = [text for text in paid if re.fullmatch(r"\d+\.\d\d", text)]
    assert (len(numbers), len(paid) - len(numbers)) == (file.rows, file.bad_rows)
    assert sum(round(float(text) * 100) for text in numbers) == file.cents
    assert file.bad_rows == 3


def test_every_order_has_a_known_city(samples: Samples) -> None:
    cities = {name.strip('"') for name, _, _ in CITIES}
    with samples.orders[0].path.open(newline="", encoding="utf-8") as lines:
        used = {record["city"] for record in csv.DictReader(lines)}
    assert used == cities


def test_all_kinds_of_text_are_in_it(samples: Samples) -> None:
    text = samples.orders[0].path.read_text(encoding="utf-8")
    for part in (
        '"ring twice\nthen wait"',
        '""fragile""',
        "danke schön",
        "お届けは午後",
        "🚲",
        '"Washington, D.C."',
    ):
        assert part in text


def test_the_command_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "fusionflow_lab.samples", str(tmp_path), "--megabytes", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert len(done.stdout.splitlines()) == len(list(tmp_path.iterdir())) == 14


def test_less_than_a_megabyte_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="megabytes is 0; it must be at least 1"):
        write_samples(tmp_path, megabytes=0)
