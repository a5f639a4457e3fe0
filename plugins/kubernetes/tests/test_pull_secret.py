"""Images that are pulled with the account of a connection."""

import asyncio
import json
import uuid

import attrs
import pytest

from plugins.kubernetes.tests.steps import Steps, make_action
from stroem.containers.registry_auth import RegistryAuth
from stroem.interfaces.runner import RunnerFailed, StepMark
from stroem.testing.collected_output import CollectedOutput
from stroem_kubernetes.options import PodOptions
from stroem_kubernetes.pull_secret import registry_of
from tests.support.kubernetes.cluster import NAMESPACE, TestCluster
from tests.support.kubernetes.rights import rights_of_the_guide
from tests.support.wait import eventually

IMAGE = "private.invalid/team/tools:1"
AUTH = RegistryAuth(username="reader", password="swordfish")


async def test_the_account_is_in_a_secret_that_goes_with_the_pod(steps: Steps, cluster: TestCluster) -> None:
    running, output = await begun(steps)
    (pod,), (secret,) = cluster.pods(), cluster.secrets()
    assert "swordfish" not in json.dumps(pod)
    assert secret["type"] == "kubernetes.io/dockerconfigjson"
    (owner,) = secret["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["uid"]) == ("Pod", pod["metadata"]["uid"])
    running.cancel()
    await asyncio.wait({running})
    assert output.data["stdout"] == b"ready\n"
    await eventually(lambda: cluster.pods() == [])
    assert cluster.secrets() == []


async def test_the_secret_of_a_killed_worker_is_swept_with_its_pod(steps: Steps, cluster: TestCluster) -> None:
    mark = StepMark(installation="here", job_id=uuid.UUID(int=7), step_id=3, attempt=2)
    running, _ = await begun(steps, mark)
    await steps.runner.remove(mark)
    await asyncio.wait({running})
    await eventually(lambda: cluster.pods() == [])
    assert cluster.secrets() == []
    with pytest.raises(RunnerFailed):
        running.result()


async def test_another_account_is_refused(cluster: TestCluster, steps: Steps) -> None:
    steps.runner._bounds = attrs.evolve(steps.runner._bounds, back_off_secs=0.5)
    wrong = PodOptions(registry_auth=RegistryAuth(username="reader", password="guess"))
    with pytest.raises(RunnerFailed, match=r"the image cannot be pulled.*: pull access denied"):
        await steps.run("true", image=IMAGE, options=wrong)
    assert cluster.secrets() == []


async def test_a_worker_without_the_right_says_so(steps: Steps, cluster: TestCluster) -> None:
    cluster.kubectl("patch", "role", "stroem-worker", "-n", NAMESPACE, "--type=json", "-p", REMOVED)
    try:
        with pytest.raises(RunnerFailed, match="account of the registry cannot be made: secrets is forbidden"):
            await steps.run("true", image=IMAGE, options=PodOptions(registry_auth=AUTH))
    finally:
        cluster.apply(rights_of_the_guide())


REMOVED = '[{"op": "replace", "path": "/rules/2/verbs", "value": ["delete"]}]'


@pytest.mark.parametrize(
    ("image", "registry"),
    [
        ("busybox", "https://index.docker.io/v1/"),
        ("docker.io/library/busybox", "https://index.docker.io/v1/"),
        ("team/tools:1", "https://index.docker.io/v1/"),
        ("registry.example.org/team/tools:1", "registry.example.org"),
        ("localhost/x", "localhost"),
        ("registry:5000/x@sha256:00", "registry:5000"),
    ],
)
def test_the_registry_of_an_image(image: str, registry: str) -> None:
    assert registry_of(image) == registry


async def begun(steps: Steps, mark: StepMark | None = None) -> tuple["asyncio.Task[int]", CollectedOutput]:
    """A step with a private image that runs."""
    output = CollectedOutput()
    order = steps.order(make_action("echo ready; sleep 60", image=IMAGE), PodOptions(registry_auth=AUTH))
    running = asyncio.create_task(steps.runner.run(attrs.evolve(order, mark=mark), output))
    await output.until("stdout", b"ready\n")
    return running, output
