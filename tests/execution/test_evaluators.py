"""An evaluator waits for the next job of its settings; one whose job ended badly does not."""

from __future__ import annotations

import asyncio

import duckdb
import pytest

from fusionflow_lab.execution.evaluators import MOST_IDLE, Evaluators
from fusionflow_lab.states.evaluate import Evaluator

UTC = (("TimeZone", "UTC"),)
OSLO = (("TimeZone", "Europe/Oslo"),)


async def lend(evaluators: Evaluators, settings: tuple[tuple[str, str], ...] = UTC) -> Evaluator:
    async with evaluators.lent(settings) as evaluator:
        assert evaluator.query("SELECT current_setting('TimeZone') AS z")["z"].to_pylist() == [settings[0][1]]
        return evaluator


def is_open(evaluator: Evaluator) -> bool:
    try:
        evaluator.query("SELECT 1")
    except duckdb.Error:
        return False
    return True


def test_one_that_waits_is_lent_again() -> None:
    async def lend_twice(evaluators: Evaluators) -> None:
        first = await lend(evaluators)
        assert await lend(evaluators, OSLO) is not first
        assert await lend(evaluators) is first
        async with evaluators.lent(UTC) as one, evaluators.lent(UTC) as other:
            assert one is not other

    evaluators = Evaluators()
    asyncio.run(lend_twice(evaluators))
    evaluators.close()


def test_one_whose_job_ended_badly_is_closed() -> None:
    async def fail(evaluators: Evaluators) -> Evaluator:
        async with evaluators.lent(UTC) as evaluator:
            with pytest.raises(ZeroDivisionError):
                async with evaluators.lent(UTC) as other:
                    raise ZeroDivisionError
            assert not is_open(other)
            return evaluator

    evaluators = Evaluators()
    assert is_open(asyncio.run(fail(evaluators)))
    evaluators.close()


def test_few_wait_and_none_after_the_end() -> None:
    async def lend_many(evaluators: Evaluators) -> list[Evaluator]:
        zones = [(("TimeZone", f"Etc/GMT+{number}"),) for number in range(1, MOST_IDLE + 2)]
        lent = [await lend(evaluators, zone) for zone in zones]
        assert [is_open(evaluator) for evaluator in lent] == [False, *[True] * MOST_IDLE]
        async with evaluators.lent(UTC) as late:
            evaluators.close()
            assert is_open(late)
        return [*lent, late]

    assert not any(map(is_open, asyncio.run(lend_many(Evaluators()))))
