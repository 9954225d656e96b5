from __future__ import annotations

from collections.abc import Iterator

import pytest
from IPython.core.interactiveshell import InteractiveShell

from fusionflow_lab.notebook.awaiting import AwaitingCells
from tests.notebook.shells import bare_shell

CELL = "%%fusionflow trips\nSELECT 1\n"


def transformed(shell: InteractiveShell, cell: str) -> str:
    return str(shell.transform_cell(cell))  # type: ignore[no-untyped-call]


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    shell = bare_shell()
    cells = AwaitingCells(shell)
    cells.register()
    yield shell
    cells.unregister()


def test_a_cell_awaits(shell: InteractiveShell) -> None:
    code = transformed(shell, CELL)
    assert code.startswith("await ")
    assert "awaited('trips', 'SELECT 1\\n')" in code
    assert shell.should_run_async(CELL, transformed_cell=code)


@pytest.mark.parametrize(
    "cell", ["1 + 1", "%%time\n1 + 1\n", "%%fusionflows\nSELECT 1\n", "%fusionflow jobs", "", "%%fusionflow?"]
)
def test_other_cells_are_left_alone(shell: InteractiveShell, cell: str) -> None:
    assert "await" not in transformed(shell, cell)


def test_nothing_awaits_where_that_is_off(shell: InteractiveShell) -> None:
    shell.autoawait = False
    assert "await" not in transformed(shell, CELL)


def test_a_cell_inside_a_running_cell_does_not_await(shell: InteractiveShell) -> None:
    shell.user_ns["shell"] = shell
    shell.run_cell("code = shell.transform_cell('%%fusionflow\\nSELECT 1\\n')")  # type: ignore[no-untyped-call]
    assert "await" not in shell.user_ns["code"]
    assert "await" in transformed(shell, CELL)


def test_after_unregister_cells_are_as_before() -> None:
    shell = bare_shell()
    before = len(shell.input_transformers_post)
    cells = AwaitingCells(shell)
    cells.register()
    cells.unregister()
    assert len(shell.input_transformers_post) == before
    assert "await" not in transformed(shell, CELL)
