"""Buffers that come and go are not asked of the system each time."""

from __future__ import annotations

import subprocess
import sys

import pytest

FAULTS = """
import ctypes, resource
from fusionflow_lab.execution.allocator import keep_freed

libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
assert keep_freed({limit}) == {kept}
for _ in range(100):
    buffer = libc.malloc(1 << 20)
    ctypes.memset(buffer, 1, 1 << 20)
    libc.free(buffer)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
"""


def faults(limit: int | None) -> int:
    code = FAULTS.format(limit=limit, kept=limit is None)
    # As Dask starts its workers.
    environment = {"MALLOC_TRIM_THRESHOLD_": "65536", "PATH": ""}
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment, check=True)
    return int(ran.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="the C library is another one")
def test_freed_buffers_are_kept_where_there_is_memory() -> None:
    pages = 100 * (1 << 20) // 4096
    assert faults(None) < pages // 2 < pages < faults(1 << 20)
