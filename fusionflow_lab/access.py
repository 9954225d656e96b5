"""How files elsewhere are reached: a frozen record beside those of ``query``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Access:
    """How files elsewhere are reached; it travels with a job and holds no secret.

    Parameters
    ----------
    s3_endpoint
        URL of an S3 server; empty for what the environment says, else that of AWS.
    s3_profile
        Whose credentials are taken, where the files are read, from the files of that machine; empty for its
        environment. ``anonymous`` asks without any.
    s3_region
        Region of the buckets; empty for what profile and environment say.
    s3_url_style
        ``path`` for ``endpoint/bucket/key``, ``virtual`` for ``bucket.endpoint/key``; empty for either.
    http_hosts
        Which hosts may be read over http: names, ``*.example.org``, ``*`` for all that are public, addresses
        and networks; none by default.
    roots
        Folders under which files of a machine are read and written; anywhere where there are none.
    """

    s3_endpoint: str = ""
    s3_profile: str = ""
    s3_region: str = ""
    s3_url_style: str = ""
    http_hosts: tuple[str, ...] = ()
    roots: tuple[str, ...] = ()
