"""The files of JSONTestSuite: what is no JSON is refused or rejected, all that is JSON is read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fusionflow_lab.errors import SourceError
from fusionflow_lab.planning.reader_options import JsonOptions
from tests.native.json_scanning import read


def accepts(path: Path, options: JsonOptions) -> bool:
    """Tell whether all of a file is read."""
    try:
        return not read(path, options=options).rejects
    except SourceError:
        return False


@pytest.fixture(scope="module")
def folder(corpora: Path) -> Path:
    return corpora / "json_test_suite"


def test_each_file_is_read_or_refused_as_it_should_be(folder: Path) -> None:
    paths = sorted((folder / "test_parsing").glob("*.json"))
    assert len(paths) > 100
    whole = JsonOptions(records=False)
    wrong = [
        path.name for path in paths if path.name[0] != "i" and accepts(path, whole) != (path.name[0] == "y")
    ]
    assert wrong == []
    for path in paths:
        accepts(path, JsonOptions())
        accepts(path, JsonOptions(form="lines"))
        accepts(path, JsonOptions(form="values", columns=(("a", "BIGINT"),)))


def test_files_whose_meaning_is_a_matter_of_taste_are_read_exactly_or_refused(folder: Path) -> None:
    for path in sorted((folder / "test_transform").glob("*.json")):
        try:
            found = read(path, options=JsonOptions(columns=(("json", "JSON"),), records=False))
        except SourceError:
            continue
        for (text,) in found.rows:
            assert json.loads(str(text)) == json.loads(path.read_bytes()) or path.read_text()[0] == "["
