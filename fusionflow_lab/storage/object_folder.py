"""A prefix of a bucket as a store.

An object is there whole or not at all, so a put is one request. What is staged is a multipart upload to its
final name that is not completed: nobody sees it, promoting it copies nothing, and the store forgets it by
itself where the bucket has a rule for uploads that are never completed (AbortIncompleteMultipartUpload).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from fusionflow_lab.query import Access
from fusionflow_lab.storage.objects import done
from fusionflow_lab.storage.s3 import S3, Answer
from fusionflow_lab.storage.s3_errors import S3Refusal, refused
from fusionflow_lab.storage.store import Parts
from fusionflow_lab.storage.urls import bucket_and_key

_PART: Final = 64 << 20  # a part of an upload; all but the last must have 5 MiB at least
_GONE: Final = frozenset({"NoSuchKey", "404", "NoSuchUpload"})
_TAKEN: Final = frozenset({"PreconditionFailed", "412"})


@dataclass(frozen=True, slots=True)
class ObjectFolder:
    """Objects whose names begin with a URL; a ``Store``.

    Parameters
    ----------
    root
        ``s3://bucket/prefix``.
    access
        How it is reached.
    """

    root: str
    access: Access = field(default_factory=Access)

    def get(self, name: str, *, start: int = 0, limit: int = -1) -> bytes:
        """Return the ``limit`` bytes of ``name`` (all by default) from ``start`` on."""
        end = start + limit - 1 if limit > 0 else ""
        part = {"Range": f"bytes={start}-{end}"} if start or limit > 0 else {}
        try:
            body = self._ask("get_object", name, part).get("Body")
        except S3Refusal as error:
            if error.code == "InvalidRange":  # nothing is there
                return b""
            raise self._told(error, name) from None
        return body if isinstance(body, bytes) else b""

    def has(self, name: str) -> bool:
        """Tell whether ``name`` is there."""
        try:
            self._ask("head_object", name)
        except S3Refusal as error:
            if error.code in _GONE:
                return False
            raise self._told(error, name) from None
        return True

    def put(self, name: str, parts: Parts) -> None:
        """Write ``parts`` one after the other as ``name``; what was there is replaced at once."""
        try:
            self._ask("put_object", name, {"Body": b"".join(parts)})
        except S3Refusal as error:
            raise self._told(error, name) from None

    def put_if_absent(self, name: str, parts: Parts) -> bool:
        """Write ``parts`` as ``name`` where there is none; False where there is one, which stays as it is.

        An answer may be lost after the store did as it was asked, and the next attempt then finds our own
        object: so the same content under the name is ours.
        """
        content = b"".join(parts)
        try:
            self._ask("put_object", name, {"Body": content, "IfNoneMatch": "*"})
        except S3Refusal as error:
            if error.code not in _TAKEN:
                raise self._told(error, name) from None
            return error.attempts > 1 and self.get(name) == content
        return True

    def names(self, prefix: str) -> Iterator[str]:
        """Yield the names right below the folder ``prefix``, sorted."""
        bucket, key = bucket_and_key(f"{self.root}/{prefix}/")
        page: dict[str, str] = {}
        start = len(key) - len(prefix) - 1
        while True:
            arguments = {"Bucket": bucket, "Prefix": key, "Delimiter": "/", **page}
            try:
                answer = done(S3(self.access).request("list_objects_v2", arguments, where=self.root))
            except S3Refusal as error:
                raise self._told(error, prefix) from None
            entries: Sequence[Answer] = answer.get("Contents", [])  # type: ignore[assignment]
            yield from (str(entry["Key"])[start:] for entry in entries if entry["Key"] != key)
            if not answer.get("IsTruncated"):
                return
            page = {"ContinuationToken": str(answer["NextContinuationToken"])}

    def touch(self, name: str) -> None:
        """Do nothing: objects know only when they were written, and a rule of the bucket forgets old ones."""

    def delete(self, name: str) -> None:
        """Forget ``name``; nothing happens where it is not there."""
        try:
            self._ask("delete_object", name)
        except S3Refusal as error:
            if error.code not in _GONE:
                raise self._told(error, name) from None

    def stage(self, name: str, parts: Parts, *, area: str) -> str:  # noqa: ARG002 - the store keeps it apart
        """Upload what ``promote`` will make the content of ``name``; the token names the upload's parts."""
        try:
            upload = str(self._ask("create_multipart_upload", name)["UploadId"])
            tags = []
            for number, content in enumerate(_cut(parts), 1):
                arguments = {"UploadId": upload, "PartNumber": number, "Body": content}
                tags.append(str(self._ask("upload_part", name, arguments)["ETag"]))
        except S3Refusal as error:
            raise self._told(error, name) from None
        return json.dumps([upload, *tags])

    def waits(self, name: str, token: str) -> bool:
        """Tell whether what was staged under the token is still to be promoted."""
        upload, *_ = json.loads(token)
        try:
            self._ask("list_parts", name, {"UploadId": upload})
        except S3Refusal as error:
            if error.code in _GONE:
                return False
            raise self._told(error, name) from None
        return True

    def promote(self, name: str, token: str) -> None:
        """Complete the upload; twice does no harm."""
        upload, *tags = json.loads(token)
        parts = [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(tags, 1)]
        arguments = {"UploadId": upload, "MultipartUpload": {"Parts": parts}}
        try:
            self._ask("complete_multipart_upload", name, arguments)
        except S3Refusal as error:
            if error.code not in _GONE:
                raise self._told(error, name) from None
            if not self.has(name):
                raise FileNotFoundError(f"what was to become {self.root}/{name} is gone") from None

    def drop(self, name: str, token: str) -> None:
        """Abort the upload; nothing happens where it is completed or gone."""
        upload, *_ = json.loads(token)
        try:
            self._ask("abort_multipart_upload", name, {"UploadId": upload})
        except S3Refusal as error:
            if error.code not in _GONE:
                raise self._told(error, name) from None

    def _ask(self, method: str, name: str, arguments: Answer | None = None) -> Answer:
        url = f"{self.root}/{name}"
        bucket, key = bucket_and_key(url)
        return done(
            S3(self.access).request(
                method, {"Bucket": bucket, "Key": key, **(arguments or {})}, where=url, size=_PART
            )
        )

    def _told(self, error: S3Refusal, name: str) -> Exception:
        return refused(error, f"{self.root}/{name}", self.access, asked="write")


def _cut(parts: Parts) -> Iterator[bytes]:
    """Yield content in parts of an upload; one that is empty for none."""
    waiting = bytearray()
    sent = False
    for part in parts:
        view = memoryview(part)
        for start in range(0, len(view), _PART):
            waiting += view[start : start + _PART]
            if len(waiting) >= _PART:
                yield bytes(waiting)
                waiting.clear()
                sent = True
    if waiting or not sent:
        yield bytes(waiting)
