"""A real S3 server behind a proxy, credentials in files, and a cluster whose workers find them there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest

from fusionflow_lab.api import Session, connect
from tests.storage.fault_proxy import FaultProxy, none
from tests.storage.s3_server import KEY, SECRET, S3Server, s3_server


@dataclass(frozen=True, kw_only=True, slots=True)
class Bucket:
    """A bucket of a test, written to directly and read through the proxy."""

    name: str
    client: Any
    proxy: FaultProxy
    folder: Path
    server: S3Server

    @property
    def url(self) -> str:
        return f"s3://{self.name}"

    def put(self, key: str, text: str) -> Path:
        """Write an object, and a local file with the same content."""
        self.client.put_object(Bucket=self.name, Key=key, Body=text.encode())
        path = self.folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path


@dataclass(frozen=True, slots=True)
class _Server:
    server: S3Server
    proxy: FaultProxy
    client: Any
    buckets: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Server]:
    from botocore.config import Config as BotoConfig

    folder = tmp_path_factory.mktemp("s3")
    keys = tmp_path_factory.mktemp("keys") / "credentials"
    keys.write_text(
        f"[default]\naws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}\n"
        f"[wrong]\naws_access_key_id = {KEY}\naws_secret_access_key = not-the-secret\n"
        "[stranger]\naws_access_key_id = nobody\naws_secret_access_key = not-the-secret\n"
    )
    with pytest.MonkeyPatch.context() as patch, s3_server(folder) as server:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
            patch.delenv(name, raising=False)
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(keys))
        patch.setenv("AWS_CONFIG_FILE", str(keys.with_name("config")))
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        client = boto3.client(
            "s3",
            endpoint_url=server.url,
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
            region_name="us-east-1",
            config=BotoConfig(s3={"addressing_style": "path"}),
        )
        with FaultProxy(server.host, server.port) as proxy:
            patch.setenv("FUSIONFLOW_S3_ENDPOINT", proxy.url)
            yield _Server(server, proxy, client)
        client.close()


@pytest.fixture
def bucket(s3: _Server, tmp_path: Path) -> Iterator[Bucket]:
    name = f"bucket-{len(s3.buckets)}"
    s3.buckets.append(name)
    s3.client.create_bucket(Bucket=name)
    s3.proxy.requests.clear()
    yield Bucket(name=name, client=s3.client, proxy=s3.proxy, folder=tmp_path / "local", server=s3.server)
    s3.proxy.fault = none


@pytest.fixture(scope="session")
def s3_session(s3: _Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """Return a session whose workers were started with the credentials of ``s3`` in reach."""
    with connect(home=tmp_path_factory.mktemp("home"), workers=2) as session:
        assert session.config.s3_endpoint == s3.proxy.url
        session.start()
        yield session
