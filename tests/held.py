"""Jobs that last until a test lets them go.

What is stopped, killed or cut in the middle must be in the middle, however fast or busy the machine is. So
the work of such a job is not measured out: the last of its files takes a worker very long. A test that has
seen what it came for puts a short file in its place, and whoever goes on with the job is done at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FILES = 10
"""How many files there are, the long one among them."""
QUICK_ROWS = 30_000
LONG_ROWS = 12 * QUICK_ROWS
DEPTH = 200
_HEAD = "part,value,text\n"


@dataclass(frozen=True)
class Held:
    """A folder of files of 2.5 MB, ``part_0.csv`` and so on, the last of which is the long one.

    Parameters
    ----------
    folder
        Is there, and has nothing else in it.
    """

    folder: Path

    @property
    def size(self) -> int:
        """Bytes of the rows of all files."""
        return sum(path.stat().st_size - len(_HEAD) for path in self.folder.iterdir())

    def write(self) -> Held:
        """Write the files."""
        for part in range(FILES):
            self._write(part, LONG_ROWS if part == FILES - 1 else QUICK_ROWS)
        return self

    def sql(self, salt: str) -> str:
        """Ask for the largest digest of each file; every salt has states of its own."""
        text = f"text || value || '{salt}'"
        digest = f"CASE WHEN part < {FILES - 1} THEN sha256({text}) ELSE {hashed(text, DEPTH)} END"
        source = f"'{self.folder}/part_*.csv'"
        return f"SELECT part, max({digest}) AS digest FROM {source} GROUP BY part ORDER BY part"

    def let_go(self) -> None:
        """Make the long file a short one; nobody may be reading it any more."""
        self._write(FILES - 1, 1)

    def path(self, part: int) -> Path:
        """Return a file."""
        return self.folder / f"part_{part}.csv"

    def _write(self, part: int, rows: int) -> None:
        path = self.path(part)
        block = "".join(f"{part},{row},{'x' * 72}\n" for row in range(min(rows, QUICK_ROWS)))
        unfinished = path.with_suffix(".unfinished")
        unfinished.write_text(_HEAD + block * max(rows // QUICK_ROWS, 1))
        unfinished.replace(path)


def hashed(text: str, depth: int) -> str:
    """Write SQL that takes its time: a hash of a hash of a hash."""
    return f"{'sha256(' * depth}{text}{')' * depth}"
