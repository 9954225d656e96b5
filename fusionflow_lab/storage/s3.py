"""S3 at any endpoint: s3fs finds the credentials and keeps the connections, the requests are ours.

So that each of them says which version of an object it means, and is made again with patience. Credentials
are looked for where the process runs (profile, environment, container, instance) and stay in it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from fusionflow_lab.errors import SourceChangedError
from fusionflow_lab.lazily import Lazy
from fusionflow_lab.query import Access
from fusionflow_lab.storage.globs import has_magic, literal_prefix, matcher
from fusionflow_lab.storage.objects import ObjectInfo, Range
from fusionflow_lab.storage.retry import Patience, TransientError
from fusionflow_lab.storage.s3_errors import STALE, S3Refusal, refusal, refused
from fusionflow_lab.storage.urls import bucket_and_key

if TYPE_CHECKING:
    import fsspec
else:
    fsspec = Lazy("fsspec")  # most jobs read files of this machine

Answer: TypeAlias = Mapping[str, object]
"""What S3 says to a request, by boto's names."""

ANONYMOUS: Final = "anonymous"
_CONNECTIONS: Final = 32


class _Body(Protocol):
    async def read(self) -> bytes: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class S3:
    """Requests to S3.

    Parameters
    ----------
    access
        Endpoint, profile, region.
    patience
        How often a request is made.
    """

    access: Access
    patience: Patience = field(default_factory=Patience)

    async def request(self, method: str, arguments: Answer, *, where: str, size: int = 0) -> Answer:
        """Make a request until it is answered, and read the body whole, as ``Body``.

        Parameters
        ----------
        method
            Its name in boto: ``get_object``.
        arguments
            Its arguments in boto.
        where
            The URL that it is about, for errors.
        size
            Bytes to move.

        Raises
        ------
        S3Refusal
            The store refuses; its code says why.
        PermissionError
            There are no credentials, or they are refused.
        SourceError
            The store does not answer.
        """
        errors = _errors()
        attempts = 0

        async def attempt() -> Answer:
            nonlocal attempts
            attempts += 1
            try:
                return await self._once(method, arguments)
            except errors as error:
                told = refusal(error, where, self.access)
                if isinstance(told, S3Refusal):
                    told.attempts = attempts
                raise told from None

        try:
            return await self.patience.run(attempt, where=where, size=size)
        except S3Refusal as error:
            if error.code not in STALE:
                raise
        await self._system().set_session(refresh=True)  # the environment may hold fresh credentials by now
        return await self.patience.run(attempt, where=where, size=size)

    async def _once(self, method: str, arguments: Answer) -> Answer:
        system = self._system()
        await system.set_session()
        client = await system.get_s3(arguments.get("Bucket"))
        answer: dict[str, object] = await getattr(client, method)(**arguments)
        body: _Body | None = answer.get("Body")  # type: ignore[assignment]  # boto has no types
        if body is not None:
            try:
                answer["Body"] = content = await body.read()
            finally:
                body.close()
            if len(content) != answer.get("ContentLength", len(content)):
                raise TransientError(f"the answer was cut off after {len(content)} bytes")
        return answer

    def _system(self) -> fsspec.AbstractFileSystem:
        """Return s3fs's file system; fsspec keeps one for equal arguments."""
        access = self.access
        anonymous = access.s3_profile == ANONYMOUS
        style = {"addressing_style": access.s3_url_style} if access.s3_url_style else {}
        config = {
            "max_pool_connections": _CONNECTIONS,
            "connect_timeout": self.patience.silence,
            "read_timeout": self.patience.silence,
            "retries": {"max_attempts": 0},  # we count ourselves
            # Not every server knows the checksums that boto adds of late.
            "request_checksum_calculation": "when_required",
            "response_checksum_validation": "when_required",
            **({"s3": style} if style else {}),
        }
        profile = {} if anonymous or not access.s3_profile else {"profile": access.s3_profile}
        return fsspec.filesystem(
            "s3",
            anon=anonymous,
            endpoint_url=access.s3_endpoint or None,
            client_kwargs={"region_name": access.s3_region} if access.s3_region else {},
            config_kwargs=config,
            **profile,
        )


@dataclass(frozen=True, slots=True)
class S3Objects:
    """The objects of S3; see ``Objects``."""

    s3: S3

    async def find(self, pattern: str) -> list[ObjectInfo]:
        """Return the objects of a pattern, sorted by name; 1,000 are listed in a request."""
        bucket, key = bucket_and_key(pattern)
        if not has_magic(key):
            return [await self._look(bucket, key, pattern)]
        matches = matcher(key).fullmatch
        listed = await self._list(bucket, literal_prefix(key), pattern)
        found = [info for info in listed if matches(bucket_and_key(info.url)[1])]
        if not found:
            raise FileNotFoundError(f"no object matches {pattern}")
        return found

    async def read(self, found: ObjectInfo, wanted: Range) -> bytes:
        """Return bytes of an object that is still the one that was found."""
        bucket, key = bucket_and_key(found.url)
        try:
            answer = await self.s3.request(
                "get_object",
                {
                    "Bucket": bucket,
                    "Key": key,
                    "Range": f"bytes={wanted.start}-{wanted.end - 1}",
                    "IfMatch": found.version,
                },
                where=found.url,
                size=wanted.end - wanted.start,
            )
        except S3Refusal as error:
            if error.code in {"PreconditionFailed", "InvalidRange", "NoSuchKey", "412", "416", "404"}:
                raise _changed(found) from None
            raise refused(error, found.url, self.s3.access) from None
        content = answer["Body"]
        if answer.get("ETag") != found.version or not isinstance(content, bytes):
            raise _changed(found)
        if len(content) != wanted.end - wanted.start:
            raise _changed(found)
        return content

    async def _look(self, bucket: str, key: str, url: str) -> ObjectInfo:
        try:
            answer = await self.s3.request("head_object", {"Bucket": bucket, "Key": key}, where=url)
            return _info(url, answer, "ContentLength")
        except S3Refusal as error:
            told = error
        # The answer to HEAD has no body: a listing says whether bucket, key or credentials are at fault.
        try:
            arguments = {"Bucket": bucket, "Prefix": key, "MaxKeys": 1}
            await self.s3.request("list_objects_v2", arguments, where=url)
        except S3Refusal as error:
            raise refused(error, url, self.s3.access) from None
        raise refused(told, url, self.s3.access) from None

    async def _list(self, bucket: str, prefix: str, url: str) -> list[ObjectInfo]:
        found: list[ObjectInfo] = []
        page: dict[str, str] = {}
        while True:
            try:
                answer = await self.s3.request(
                    "list_objects_v2", {"Bucket": bucket, "Prefix": prefix, **page}, where=url
                )
            except S3Refusal as error:
                raise refused(error, url, self.s3.access) from None
            entries: Sequence[Answer] = answer.get("Contents", [])  # type: ignore[assignment]
            found += [
                _info(f"s3://{bucket}/{entry['Key']}", entry, "Size")
                for entry in entries
                if not str(entry["Key"]).endswith("/")
            ]
            if not answer.get("IsTruncated"):
                return sorted(found, key=lambda info: info.url)
            page = {"ContinuationToken": str(answer["NextContinuationToken"])}


def _info(url: str, entry: Answer, size: str) -> ObjectInfo:
    modified = entry.get("LastModified")
    nanoseconds = int(modified.timestamp()) * 1_000_000_000 if isinstance(modified, datetime) else 0
    return ObjectInfo(
        url=url, size=int(str(entry[size])), version=str(entry.get("ETag", "")), modified_ns=nanoseconds
    )


def _changed(found: ObjectInfo) -> SourceChangedError:
    return SourceChangedError(
        f"{found.url} changed while it was being read", where=found.url, hint="run the query again"
    )


def _errors() -> tuple[type[Exception], ...]:
    """Return what a request may raise; boto and aiohttp are heavy, and loaded with s3fs."""
    from aiohttp import ClientError
    from botocore.exceptions import BotoCoreError
    from botocore.exceptions import ClientError as RefusalError

    return (BotoCoreError, RefusalError, ClientError, asyncio.IncompleteReadError, OSError, ValueError)
