"""A real S3 server of a test run: versitygw where it is installed, else moto, which takes any secret.

``make s3`` installs versitygw.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from moto.server import ThreadedMotoServer

from tests.ports import free_port

KEY = "fusionflow"
SECRET = "kept-from-jobs-7f3a9c"  # noqa: S105 - of this server only


@dataclass(frozen=True, kw_only=True, slots=True)
class S3Server:
    """Where a server listens, whether it looks at secrets, and whether it fails where an upload is gone."""

    host: str
    port: int
    checks_secrets: bool
    fails_without_upload: bool = False

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"


@contextmanager
def s3_server(folder: Path) -> Iterator[S3Server]:
    """Run a server that keeps its objects in a folder."""
    program = shutil.which("versitygw") or shutil.which("versitygw", path=Path.home() / "go" / "bin")
    if program is None:
        moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        moto.start()
        host, port = moto.get_host_and_port()
        yield S3Server(host=host, port=port, checks_secrets=False, fails_without_upload=True)
        moto.stop()
        return
    port = free_port()
    secrets = {"ROOT_ACCESS_KEY": KEY, "ROOT_SECRET_KEY": SECRET}
    with subprocess.Popen(
        [program, "--port", f"127.0.0.1:{port}", "posix", str(folder)],
        env={**os.environ, **secrets},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            _wait_for(port)
            yield S3Server(host="127.0.0.1", port=port, checks_secrets=True)
        finally:
            process.terminate()


def _wait_for(port: int) -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"nothing listens on port {port}")
