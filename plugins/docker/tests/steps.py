"""Steps that run in containers, without a worker."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import attrs

from stroem.definitions.action import Action
from stroem.interfaces.runner import StepOrder
from stroem.testing.collected_output import CollectedOutput
from stroem.testing.runner_conformance import make_order
from stroem_docker.options import ContainerOptions
from stroem_docker.runner import DockerRunner
from tests.support.docker_engine import IMAGE
from tests.support.ended_step import EndedStep


class Steps:
    """Runs steps with a runner of its own."""

    def __init__(self, address: str, folder: Path, **settings: Any) -> None:
        self.runner = DockerRunner(**{"host": address, "network": "none", **settings})
        self._folder = folder
        self._count = 0
        self.output_notes: list[str] = []
        """The notes of all steps that have ended."""

    async def __aenter__(self) -> Self:
        await self.runner.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.runner.close()

    def order(self, options: ContainerOptions, action: Action, env: Mapping[str, str] | None = None) -> StepOrder:
        """An order with folders of its own."""
        self._count += 1
        made = make_order(self._folder / "steps", str(self._count), action)
        return attrs.evolve(made, options=options, env=env or {})

    async def run(
        self, script: str | None = None, *, options: Any = None, env: Mapping[str, str] | None = None, **action: Any
    ) -> EndedStep:
        """Runs a script, or an action of another type, to its end."""
        order = self.order(options or ContainerOptions(), make_action(script, **action), env)
        return await self.run_order(order)

    async def run_order(self, order: StepOrder) -> EndedStep:
        """Runs an order to its end."""
        output = CollectedOutput()
        try:
            code = await self.runner.run(order, output)
        finally:
            self.output_notes += output.notes
        return EndedStep.of(code, output)

    async def begin(self, script: str, **action: Any) -> tuple["asyncio.Task[int]", CollectedOutput]:
        """Begins a script, which prints `ready` first."""
        output = CollectedOutput()
        order = self.order(ContainerOptions(), make_action(f"echo ready; {script}", **action))
        running = asyncio.create_task(self.runner.run(order, output))
        await output.until("stdout", b"ready\n")
        return running, output


def make_action(script: str | None, **fields: Any) -> Action:
    """A script action in the image of the tests, or an action of type docker."""
    if script is None:
        return Action(**{"type": "docker", "image": IMAGE, **fields})
    return Action(**{"type": "script", "runner": "docker", "image": IMAGE, "script": script, **fields})
