"""Steps that run as pods, without a worker."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import attrs

from plugins.kubernetes.tests.file_server import FileServer
from stroem.definitions.action import Action
from stroem.interfaces.runner import StepOrder
from stroem.testing.collected_output import CollectedOutput
from stroem.testing.runner_conformance import make_order
from stroem_kubernetes.options import PodOptions
from stroem_kubernetes.runner import KubernetesRunner
from tests.support.ended_step import EndedStep
from tests.support.kubernetes.cluster import CURL, IMAGE, NAMESPACE, TestCluster


class Steps:
    """Runs steps with a runner of its own."""

    def __init__(self, cluster: TestCluster, files: FileServer, folder: Path, **settings: Any) -> None:
        self.runner = make_runner(cluster, **settings)
        self._files = files
        self._folder = folder
        self._count = 0

    async def __aenter__(self) -> Self:
        await self.runner.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.runner.close()

    def order(
        self, action: Action, options: PodOptions | None = None, env: Mapping[str, str] | None = None
    ) -> StepOrder:
        """An order with a directory of its own."""
        self._count += 1
        made = make_order(self._folder / "steps", str(self._count), action)
        return self._files.publish(attrs.evolve(made, options=options or PodOptions(), env=env or {}))

    async def run(
        self, script: str | None = None, *, options: PodOptions | None = None, env: Any = None, **action: Any
    ) -> EndedStep:
        """Runs a script, or an action of another type, to its end."""
        return await self.run_order(self.order(make_action(script, **action), options, env))

    async def run_order(self, order: StepOrder) -> EndedStep:
        """Runs an order to its end."""
        output = CollectedOutput()
        code = await self.runner.run(order, output)
        return EndedStep.of(code, output)

    async def begin(self, script: str, **action: Any) -> tuple["asyncio.Task[int]", CollectedOutput]:
        """Begins a script, which prints `ready` first."""
        output = CollectedOutput()
        order = self.order(make_action(f"echo ready; {script}", **action))
        running = asyncio.create_task(self.runner.run(order, output))
        await output.until("stdout", b"ready\n")
        return running, output


def make_runner(cluster: TestCluster, **settings: Any) -> KubernetesRunner:
    """A runner with the rights of a worker."""
    return KubernetesRunner(**settings_of(cluster, **settings))


def settings_of(cluster: TestCluster, **settings: Any) -> dict[str, Any]:
    """The settings of a runner with the rights of a worker."""
    return {
        "kubeconfig": str(cluster.kubeconfig()),
        "namespace": NAMESPACE,
        "init_image": CURL,
        "streams": "apart",
        **settings,
    }


def make_action(script: str | None, **fields: Any) -> Action:
    """A script action in the image of the tests, or an action of type pod."""
    if script is None:
        return Action(**{"type": "pod", "image": IMAGE, **fields})
    return Action(**{"type": "script", "runner": "pod", "image": IMAGE, "script": script, **fields})
