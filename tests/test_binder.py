"""The demo on Binder: what repo2docker makes of ``binder/``, checked without Docker."""

from __future__ import annotations

import os
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]


def test_post_build_can_be_run() -> None:
    script = ROOT / "binder" / "postBuild"

    assert os.access(script, os.X_OK)
    subprocess.run(["/bin/bash", "-n", script], check=True)


def test_what_it_installs_is_there() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    environment = yaml.safe_load((ROOT / "binder" / "environment.yml").read_text())
    rust = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["rust-version"]

    assert '".[lab,documents]"' in (ROOT / "binder" / "postBuild").read_text()
    assert {"lab", "documents"} <= extras.keys()
    assert f"rust>={rust}" in environment["dependencies"]
    assert any(name.startswith("nodejs") for name in environment["dependencies"])


def test_the_image_builds_from_it(monkeypatch: pytest.MonkeyPatch) -> None:
    conda = pytest.importorskip("repo2docker.buildpacks").CondaBuildPack
    monkeypatch.chdir(ROOT)
    pack = conda(base_image="docker.io/library/buildpack-deps:jammy")
    pack.platform = "linux/amd64"

    assert pack.detect()
    dockerfile = pack.render()
    assert "binder/postBuild" in dockerfile
    assert "binder/environment.yml" in dockerfile or "environment.yml" in dockerfile
