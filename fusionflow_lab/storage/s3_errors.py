"""What S3 and boto say when they refuse, in words for the user: what is wrong, and what to do.

The texts of the store are not passed on: only its code, which holds no secret.
"""

from __future__ import annotations

from typing import Final

from fusionflow_lab.errors import SourceError
from fusionflow_lab.query import Access
from fusionflow_lab.storage.retry import TransientError
from fusionflow_lab.storage.urls import bucket_and_key

_SERVER_FAULT: Final = 500
_TRANSIENT: Final = frozenset(
    {
        "408",
        "429",
        "BandwidthLimitExceeded",
        "ConditionalRequestConflict",
        "InternalError",
        "OperationAborted",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestTimeout",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_WRONG_KEYS: Final = frozenset(
    {
        "AuthFailure",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSecurity",
        "SignatureDoesNotMatch",
        "XAdminUserNotFound",  # versitygw
    }
)
STALE: Final = frozenset({"ExpiredToken", "ExpiredTokenException", "InvalidToken", "TokenRefreshRequired"})
"""Codes for credentials that held once: newer ones may be had."""
_WHERE: Final = (
    "they are taken where the files are read: from the profile, else from AWS_ACCESS_KEY_ID and its kin"
)
_NO_CREDENTIALS: Final = frozenset(
    {"NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError"}
)


class S3Refusal(Exception):  # noqa: N818 - the store refuses; what it means is known to who asked
    """S3 refused a request.

    Parameters
    ----------
    code
        Its code, such as ``NoSuchKey``; for an answer without a body the number of its status.
    status
        The status of the answer, 0 for none.

    ``attempts`` is how often it had been asked by then.
    """

    def __init__(self, code: str, status: int) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.attempts = 1


def refusal(error: BaseException, where: str, access: Access) -> Exception:
    """Return what an error of boto or of the connection means: another attempt, a refusal, or an end.

    Parameters
    ----------
    error
        What was raised.
    where
        The URL it is about.
    access
        How it was asked for.
    """
    answer = getattr(error, "response", None)
    if isinstance(answer, dict):
        code = str(answer.get("Error", {}).get("Code", ""))
        status = int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        if status >= _SERVER_FAULT and code != "NotImplemented":
            return TransientError(f"it answered {status} {code}".rstrip())
        return TransientError(f"it answered {code}") if code in _TRANSIENT else S3Refusal(code, status)
    return _without_answer(error, where, access)


def refused(error: S3Refusal, url: str, access: Access, *, asked: str = "read") -> Exception:
    """Return a refusal in words for the user; ``asked`` is ``read`` or ``write``.

    Examples
    --------
    >>> print(refused(S3Refusal("NoSuchBucket", 404), "s3://sales/a.csv", Access()))
    there is no bucket sales
    try: look at its name, and at the endpoint: AWS
    """
    bucket, _ = bucket_and_key(url)
    code = error.code
    endpoint = access.s3_endpoint or "AWS"
    if code == "NoSuchBucket":
        return FileNotFoundError(
            f"there is no bucket {bucket}\ntry: look at its name, and at the endpoint: {endpoint}"
        )
    if code in {"NoSuchKey", "404"}:
        return FileNotFoundError(f"there is no object {url}")
    profile = f"profile {access.s3_profile}" if access.s3_profile else "the credentials of the environment"
    if code in _WRONG_KEYS:
        return PermissionError(f"{url}: {endpoint} does not accept {profile} ({code})\ntry: {_WHERE}")
    if code in STALE or code == "RequestTimeTooSkewed":
        return PermissionError(f"{url}: {profile} no longer hold ({code})\ntry: sign in again; {_WHERE}")
    if code in {"AccessDenied", "AllAccessDisabled", "403"}:
        rights = "s3:GetObject and s3:ListBucket" if asked == "read" else "s3:PutObject and s3:DeleteObject"
        return PermissionError(
            f"{url}: {profile} may not {asked} it\ntry: ask for {rights} on {bucket}, "
            "or name another profile (FUSIONFLOW_S3_PROFILE)"
        )
    return SourceError(
        f"{endpoint} refuses ({code})", where=url, hint="look at endpoint, region and URL style"
    )


def _without_answer(error: BaseException, where: str, access: Access) -> Exception:
    """Return what it means that no request could be made, or that no answer came."""
    kind = type(error).__name__
    if kind in _NO_CREDENTIALS:
        return PermissionError(
            f"{where}: there are no credentials for S3\n"
            "try: name a profile (FUSIONFLOW_S3_PROFILE), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY "
            "where client, runner and workers start; public data: FUSIONFLOW_S3_PROFILE=anonymous"
        )
    if kind == "ProfileNotFound":
        return PermissionError(
            f"{where}: there is no profile {access.s3_profile or 'of AWS_PROFILE'} where it is read\n"
            "try: write it to ~/.aws/credentials there, or name another (FUSIONFLOW_S3_PROFILE)"
        )
    if isinstance(error, ValueError) or kind in {"ParamValidationError", "InvalidRegionError"}:
        return SourceError(f"{where} cannot be asked for", where=where, hint=_first_line(error))
    if kind in {"UnsupportedSignatureVersionError", "TokenRetrievalError", "SSOTokenLoadError"}:
        return PermissionError(f"{where}: the credentials cannot be used ({kind})\ntry: sign in again")
    return error if isinstance(error, TransientError) else TransientError(_fault(kind))


def _fault(kind: str) -> str:
    """Say what happened to the connection, by the name of the error: its text may hold a signed URL."""
    words = {
        "EndpointConnectionError": "no connection",
        "ConnectTimeoutError": "no connection in time",
        "ReadTimeoutError": "it stopped answering",
        "ConnectionClosedError": "it closed the connection",
        "IncompleteReadError": "the answer was cut off",
        "ClientPayloadError": "the answer was cut off",
        "ResponseStreamingError": "the answer was cut off",
        "AioReadTimeoutError": "it stopped answering",
    }
    return words.get(kind, f"the connection failed ({kind})")


def _first_line(error: BaseException) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
