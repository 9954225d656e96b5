"""Names of files elsewhere: which they are, and that none of them carries a secret.

What stands in a query is kept in the job, its log and the notebook. So a URL with a key in it is refused
before anything is written down, and told without it.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote, urlsplit

from fusionflow_lab.errors import QueryError

SCHEMES: Final = ("s3", "http", "https", "gs", "az")
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_SECRET: Final = re.compile(
    r"secret|signature|credential|password|passwd|token|api[-_]?key|access[-_]?key|^(sig|key|auth|code)$",
    re.IGNORECASE,
)
_USER: Final = re.compile(r"(?<=://)[^/?#'\"\s]*@")
_VALUE: Final = re.compile(r"(?<=[?&])([^=&\s'\"]+)=([^&\s'\"#]*)")
_HIDDEN: Final = "…"


def scheme_of(path: str) -> str:
    """Return the scheme of a URL in small letters; empty for a path of the file system.

    Examples
    --------
    >>> scheme_of("S3://bucket/a.csv"), scheme_of("data/a.csv")
    ('s3', '')
    """
    found = _SCHEME.match(path)
    return found[1].lower() if found else ""


def check_url(url: str) -> None:
    """Refuse a URL that is not read here, or that holds a secret.

    Raises
    ------
    QueryError
        It does; the message does not.

    Examples
    --------
    >>> check_url("s3://bucket/folder/*.csv")
    >>> check_url("https://me:pass@example.org/a.csv")
    Traceback (most recent call last):
    ...
    fusionflow_lab.errors.QueryError: https://…@example.org/a.csv holds a name or a password
    try: leave it out: credentials are taken from the environment or a profile, where files are read
    """
    scheme = scheme_of(url)
    told = redacted(url)
    if scheme not in SCHEMES:
        known = ", ".join(f"{name}://" for name in SCHEMES)
        raise QueryError(f"{told}: {scheme}:// is not read here", hint=f"paths of this machine, or {known}")
    hint = "leave it out: credentials are taken from the environment or a profile, where files are read"
    if _USER.search(url):
        raise QueryError(f"{told} holds a name or a password", hint=hint)
    secrets = [name for name, _ in _VALUE.findall(url) if _is_secret(unquote(name))]
    if secrets:
        raise QueryError(f"{told} holds a secret: {secrets[0]}", hint=hint)
    if scheme not in {"http", "https"} and not urlsplit(url.replace("?", "%3F")).netloc:
        raise QueryError(f"{told} names no bucket", hint=f"{scheme}://bucket/folder/*.csv")


def redacted(text: str) -> str:
    """Return a text in which URLs tell no secrets.

    Examples
    --------
    >>> redacted("GET https://example.org/a.csv?X-Amz-Signature=0123&part=2")
    'GET https://example.org/a.csv?X-Amz-Signature=…&part=2'
    """
    plain = _USER.sub(f"{_HIDDEN}@", text)
    return _VALUE.sub(lambda pair: f"{pair[1]}={_HIDDEN if _is_secret(unquote(pair[1])) else pair[2]}", plain)


def bucket_and_key(url: str) -> tuple[str, str]:
    """Split ``s3://bucket/key``.

    Examples
    --------
    >>> bucket_and_key("s3://bucket/folder/a.csv")
    ('bucket', 'folder/a.csv')
    """
    bucket, _, key = url.partition("://")[2].partition("/")
    return bucket, key


def _is_secret(name: str) -> bool:
    return bool(_SECRET.search(name)) or name.lower().startswith("x-amz-")
