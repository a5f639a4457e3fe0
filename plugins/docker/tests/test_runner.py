"""The docker runner passes the suite of all runners; what only it does is tested here."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from plugins.docker.tests.pooled import PooledRunner
from stroem.definitions.action import Action
from stroem.interfaces.runner import Runner
from stroem.testing.runner_conformance import RunnerConformance
from stroem.testing.scripts import Scripts
from stroem_docker.allowed import Allowed
from stroem_docker.options import ContainerOptions
from stroem_docker.pool_settings import PoolSettings
from stroem_docker.runner import DockerRunner
from tests.support.docker_engine import IMAGE, DockerEngine


class ContainerScripts(Scripts):
    """Scripts of containers, which share no folder but one that the worker allows."""

    def meets(self, others: int) -> str:
        waits = f"while [ $(ls /meeting | grep -c ready-) -lt {others} ]; do sleep 0.01; done"
        return f'echo $NAME > "/meeting/$NAME"; {waits}; echo $NAME'


class TestDockerRunner(RunnerConformance):
    """The suite of all runners."""

    scripts = ContainerScripts()

    @pytest.fixture(autouse=True)
    def _engine(self, engine: DockerEngine, tmp_path: Path) -> None:
        self.address = engine.address
        self.meeting = tmp_path / "meeting"
        self.meeting.mkdir()

    def make_runner(self) -> Runner:
        return DockerRunner(host=self.address, network="none", allow=Allowed(volumes=(str(self.meeting),)))

    def make_action(self, script: str) -> Action:
        return Action(type="script", script=script, runner="docker", image=IMAGE)

    def make_options(self) -> ContainerOptions:
        return ContainerOptions(volumes=(f"{self.meeting}:/meeting",))

    def system_variables(self) -> frozenset[str]:
        return super().system_variables() | {"HOSTNAME"}


class TestPooledRunner(TestDockerRunner):
    """The same suite in containers that were ready before their step."""

    @pytest.fixture(autouse=True)
    def _pool(self, tmp_path: Path) -> Iterator[None]:
        self.place = tmp_path / "pool"
        self.runners: list[PooledRunner] = []
        yield
        assert [runner.unserved for runner in self.runners] == [0] * len(self.runners)

    def make_runner(self) -> Runner:
        runner = PooledRunner(
            self.place,
            PoolSettings(image=IMAGE, options=self.make_options()),
            variables=("GIVEN", "MADE"),
            host=self.address,
            allow=Allowed(volumes=(str(self.meeting),)),
        )
        self.runners.append(runner)
        return runner
