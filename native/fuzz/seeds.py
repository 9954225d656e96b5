"""Write the first inputs of the fuzz targets: the public CSV files of the corpora, and small odd ones.

Usage: ``python native/fuzz/seeds.py [corpora]``; the folder defaults to ``FUSIONFLOW_CORPORA``, then to
``../shared/data``. An input is eight bytes that choose options, then the bytes of a file.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

FUZZ = Path(__file__).parent
LONGEST = 4096
# Defaults; quotes of the other kind and typed columns; blocks and windows of a few bytes; the mercy of a
# user's scan, strict and not.
CHOICES = (
    b"\0\0\0\0\x1f\x3f\0\0",
    b"\1\1\0\3\x09\5\2\1",
    b"\0\0\0\5\x63\x63\x11\0",
    b"\0\0\0\0\x0f\x1f\0\x80",
    b"\0\x14\0\0\x17\x2f\1\xf0",
)
FOLDERS = ("csv_spectrum", "csv_rfc4180", "duckdb_csv", "pollock", "pollock_survey", "arrow_testing/data/csv")
ODD = (
    b"a,b\n1,2\n3,4\n",
    b'a,b\r\n"x,\r\ny",2\r\n"q""q",\r\n',
    b'\xef\xbb\xbfa;b\n1,5;2\n\n3;"open\n',
    b"id\tday\n1\t2024-01-02\n2\t2024-01-02 03:04:05.678\n3\t\n",
    b"n\n1\n9999999999999999999\n1e400\nnan\ntrue\n007\n",
    b'a,b\n1,"x"y\n"a""\n\xff\xfe,3\n',
)


def main(corpora: Path) -> None:
    """Write the inputs of each target into its ``corpus`` folder."""
    texts = list(ODD)
    for folder in FOLDERS:
        files = sorted(path for path in (corpora / folder).rglob("*") if path.is_file())
        texts += [path.read_bytes()[:LONGEST] for path in files]
    for target in ("scan", "sniff"):
        target_folder = FUZZ / "corpus" / target
        target_folder.mkdir(parents=True, exist_ok=True)
        for text in texts:
            for choices in CHOICES:
                seed = choices + text
                (target_folder / hashlib.sha1(seed, usedforsecurity=False).hexdigest()).write_bytes(seed)
    print(f"{len(texts) * len(CHOICES)} inputs a target")


if __name__ == "__main__":
    named = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("FUSIONFLOW_CORPORA", "../shared/data")
    main(Path(named))
