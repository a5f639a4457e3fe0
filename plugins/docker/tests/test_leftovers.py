"""Containers that a killed worker left, and those of neighbours."""

import asyncio
import uuid
from pathlib import Path

import attrs

from plugins.docker.tests.steps import Steps, make_action
from stroem.interfaces.runner import RunnerFailed, StepMark
from stroem.testing.collected_output import CollectedOutput
from stroem_docker.options import ContainerOptions
from tests.support.docker_engine import IMAGE, DockerEngine

MARK = StepMark(installation="here", job_id=uuid.UUID(int=7), step_id=3, attempt=2)
OTHERS = [attrs.evolve(MARK, attempt=1), attrs.evolve(MARK, step_id=4)]
ELSEWHERE = attrs.evolve(MARK, installation="elsewhere")


async def test_containers_are_found_and_removed_by_their_marks(steps: Steps, engine: DockerEngine) -> None:
    output = CollectedOutput()
    orders = [steps.order(ContainerOptions(), make_action("echo up; sleep 600")) for _ in range(4)]
    runs = [
        asyncio.create_task(steps.runner.run(attrs.evolve(order, mark=mark), output))
        for order, mark in zip(orders, [MARK, *OTHERS, ELSEWHERE], strict=True)
    ]
    await output.until("stdout", b"up\n" * 4)
    assert await steps.runner.leftovers("here") == [], "all run here"
    async with Steps(engine.address, Path("unused")) as neighbour:
        found = await neighbour.runner.leftovers("here")
        assert set(found) == {MARK, *OTHERS}
        await neighbour.runner.remove(MARK)
        (removed,) = await asyncio.gather(runs[0], return_exceptions=True)
        assert removed == 137 or isinstance(removed, RunnerFailed)
        await neighbour.runner.remove(MARK)
        assert set(await neighbour.runner.leftovers("here")) == set(OTHERS)
        assert await neighbour.runner.leftovers("elsewhere") == [ELSEWHERE]
    assert not any(run.done() for run in runs[1:])
    for run in runs[1:]:
        run.cancel()
    await asyncio.wait(runs[1:])


async def test_a_container_of_a_stranger_is_left_alone(steps: Steps, engine: DockerEngine) -> None:
    with engine.client() as client:
        labels = {"stroem.installation": "here", "stroem.mark": "no mark"}
        client.create_container(IMAGE, name="stranger", command=["true"], labels=labels)
        try:
            assert await steps.runner.leftovers("here") == []
        finally:
            client.remove_container("stranger")
