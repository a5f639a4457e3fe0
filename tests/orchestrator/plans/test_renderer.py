"""Templates that take long are rendered beside the event loop, and fail their own step only."""

import asyncio
import threading

from stroem.definitions.action import Action
from stroem.definitions.task import Step, Task
from stroem.orchestrator.plans.renderer import Renderer
from stroem.orchestrator.services import Services
from stroem.protocol.claim import action_of
from stroem.templating.budget import Budget, QuickBudgetSpent
from tests.orchestrator.conftest import HandWorker, start, statuses, workspace

FREEZE = "{{ ('ab' * 500000) is matching('(a|b)*a' + '[ab]{900}' * 40 + 'c') }}"


async def test_the_event_loop_goes_on_during_costly_rendering() -> None:
    seen = threading.Event()

    def work(budget: Budget) -> str:
        if budget.is_quick:
            raise QuickBudgetSpent
        assert seen.wait(20)  # set by the event loop
        return "rendered"

    rendering = asyncio.create_task(Renderer().render(work))
    await asyncio.sleep(0)
    seen.set()
    assert await rendering == "rendered"


async def test_quick_rendering_needs_no_thread() -> None:
    assert await Renderer().render(lambda budget: threading.current_thread()) is threading.current_thread()


async def test_a_step_with_a_costly_template_fails_alone(services: Services, worker: HandWorker) -> None:
    costly = Action(type="script", script=FREEZE)
    long = Action(type="script", script="{% for a in range(end=20000) %}{{ a }}{% endfor %}")
    task = Task(flow={name: Step(action=name) for name in ("true", "costly", "long")})
    job_id = await start(services, workspace(task, costly=costly, long=long))
    offers = await worker.take()
    assert set(offers) == {"true", "long"}
    assert str(action_of(offers["long"]).script).endswith("1999819999")
    assert await statuses(services, job_id) == {"true": "running", "costly": "failed", "long": "running"}
