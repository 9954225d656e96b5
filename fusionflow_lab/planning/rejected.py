"""The rejects of a finished job as a table: ``FROM rejects('ID')``."""

from __future__ import annotations

from pathlib import Path

from fusionflow_lab.planning.messages import suggestion

SUFFIX = ".rejects.arrow"


def rejects_file(results: str, job: str) -> Path:
    """Return the file with the rejects of a job: file, byte, line, column, reason, raw.

    Parameters
    ----------
    results
        The folder of results.
    job
        The job's id.

    Raises
    ------
    LookupError
        No job of that id has ended with rejects kept; the message names the nearest.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> Path(folder, "ab12.1.rejects.arrow").touch()
    >>> rejects_file(folder, "ab12").name
    'ab12.1.rejects.arrow'
    """
    found = sorted(Path(results).glob(f"*{SUFFIX}"), key=_epoch)
    kept = {path.name.split(".")[0]: path for path in found}
    if job not in kept:
        raise LookupError(suggestion(job, list(kept), "jobs with rejects kept"))
    return kept[job]


def _epoch(path: Path) -> int:
    """Return which run of its job a file is of: the last one counts."""
    number = path.name.split(".")[1]
    return int(number) if number.isdecimal() else 0
