"""What front ends send and get, whether over HTTP or over a widget's comm."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field

JSON = "application/json"
ARROW = "application/vnd.apache.arrow.stream"
PARQUET = "application/vnd.apache.parquet"
CSV = "text/csv"
NDJSON = "application/x-ndjson"
TEXT = "text/plain"


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One request.

    Parameters
    ----------
    method
        ``GET``, ``POST``, ``PATCH`` or ``DELETE``.
    path
        Relative to ``api/v1``: ``jobs/ab12/result``.
    query
        What stands after ``?``: all values of each name.
    body
        JSON, or nothing.
    accept
        Media types of the reply, as in HTTP; empty for the usual one.
    user
        Who asks: he sees his own jobs and nothing of others.
    """

    method: str
    path: str
    query: Mapping[str, Sequence[str]] = field(default_factory=dict)
    body: bytes = b""
    accept: str = ""
    user: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """One reply: what HTTP would answer.

    ``parts`` stand in place of the body of what is too large to be held: whoever sends the reply reads them
    to their end or closes them.
    """

    status: int = 200
    type: str = JSON
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    parts: Generator[bytes] | None = None
