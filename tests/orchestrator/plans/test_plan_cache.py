"""Plans are made beside the event loop, each once."""

import asyncio
import contextlib
import threading
from typing import Any

import attrs
import pytest

from stroem.definitions.task import Task
from stroem.definitions.workspace import Definitions
from stroem.errors import NotFound
from stroem.orchestrator.plans.plan_cache import PlanCache
from tests.orchestrator.conftest import RELEASE, chain, workspace


class _Held(dict[str, Task]):
    """Tasks that can be read when `seen` is set."""

    def __init__(self, tasks: Any) -> None:
        super().__init__(tasks)
        self.seen = threading.Event()
        self.reads = 0

    def get(self, key: str, default: Any = None) -> Any:
        self.reads += 1
        assert self.seen.wait(20)  # set by the event loop
        return super().get(key, default)


@pytest.fixture
def held() -> _Held:
    return _Held({"t": chain("a", "b")})


@pytest.fixture
def definitions(held: _Held) -> Definitions:
    return attrs.evolve(workspace(held["t"]), tasks=held)


async def test_the_event_loop_goes_on_while_a_plan_is_made(held: _Held, definitions: Definitions) -> None:
    making = asyncio.create_task(PlanCache({}).make(RELEASE, definitions, "t"))
    await asyncio.sleep(0)
    held.seen.set()
    cached, full = await making
    assert [step.name for step in full.nodes] == ["a", "b"]
    assert cached.plan == full


async def test_a_plan_that_many_wait_for_is_made_once_and_kept(held: _Held, definitions: Definitions) -> None:
    plan_cache = PlanCache({})
    making = [asyncio.create_task(plan_cache.make(RELEASE, definitions, "t")) for _ in range(5)]
    await asyncio.sleep(0)
    making[0].cancel()
    held.seen.set()
    with contextlib.suppress(asyncio.CancelledError):
        await making[0]
    made = [await one for one in making[1:]]
    made.append(await plan_cache.make(RELEASE, definitions, "t"))
    assert making[0].cancelled()
    assert held.reads == 1
    assert all(cached is made[0][0] and full is made[0][1] for cached, full in made)


async def test_a_plan_that_cannot_be_made_is_tried_again(held: _Held, definitions: Definitions) -> None:
    held.seen.set()
    plan_cache = PlanCache({})
    for reads in (1, 2):
        with pytest.raises(NotFound):
            await plan_cache.make(RELEASE, definitions, "other")
        assert held.reads == reads
