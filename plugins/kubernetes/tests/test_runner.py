"""The runner of pods passes the suite of all runners; what only it does is tested elsewhere."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from plugins.kubernetes.tests.file_server import FileServer
from plugins.kubernetes.tests.pooled import PooledRunner
from plugins.kubernetes.tests.steps import make_action, make_runner
from stroem.definitions.action import Action
from stroem.interfaces.runner import Runner, StepOrder
from stroem.testing.runner_conformance import RunnerConformance
from stroem.testing.scripts import Scripts
from stroem_kubernetes.allowed import Allowed
from stroem_kubernetes.options import PodOptions
from stroem_kubernetes.pool_settings import PoolSettings
from tests.support.kubernetes.cluster import IMAGE, TestCluster


class PodScripts(Scripts):
    """Scripts of pods, whose main process is the first of its container."""

    def dies(self) -> str:
        return "sh -c 'kill -KILL $$; :'; exit $?"

    def meets(self, others: int) -> str:
        waits = f"while [ $(ls /meeting | grep -c ready-) -lt {others} ]; do sleep 0.01; done"
        return f'echo $NAME > "/meeting/$NAME"; {waits}; echo $NAME'


class TestKubernetesRunner(RunnerConformance):
    """The suite of all runners, in a cluster that gives both streams apart."""

    scripts = PodScripts()
    shares_folders = False

    @pytest.fixture(autouse=True)
    def _cluster(self, cluster: TestCluster, files: FileServer, tmp_path: Path) -> None:
        self.cluster = cluster
        self.files = files
        self.meeting = tmp_path / "meeting"
        self.meeting.mkdir(mode=0o777)

    def make_runner(self) -> Runner:
        return make_runner(self.cluster, allow=Allowed(volumes=(str(self.meeting),)))

    def make_action(self, script: str) -> Action:
        return make_action(script)

    def make_options(self) -> object:
        return PodOptions(volumes=(f"{self.meeting}:/meeting",))

    def publish(self, order: StepOrder) -> StepOrder:
        return self.files.publish(order)

    def touch(self, order: StepOrder, name: str) -> None:
        (pod,) = (pod for pod in self.cluster.pods() if "stroem.job" in pod["metadata"]["labels"])
        (self.cluster.volume(pod, "workspace") / name).touch()

    def system_variables(self) -> frozenset[str]:
        service = {"KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"}
        return super().system_variables() | {"HOSTNAME"} | service


class TestPooledRunner(TestKubernetesRunner):
    """The same suite in pods that were ready before their step."""

    @pytest.fixture(autouse=True)
    def _pool(self, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[None]:
        self.place = tmp_path / "pool"
        self.runners: list[PooledRunner] = []
        yield
        has_other_folders = request.node.name == "test_variables_name_the_folders_of_the_order"
        assert all(runner.unserved == int(has_other_folders) for runner in self.runners)

    def make_runner(self) -> Runner:
        pool = PoolSettings(image=IMAGE, options=PodOptions(volumes=(f"{self.meeting}:/meeting",)))
        runner = PooledRunner(self.cluster, self.place, pool, allow=Allowed(volumes=(str(self.meeting),)))
        self.runners.append(runner)
        return runner
