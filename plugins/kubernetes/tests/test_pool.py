"""Steps that take pods which were ready before them."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from plugins.kubernetes.tests.file_server import FileServer
from plugins.kubernetes.tests.pooled import PooledSteps
from plugins.kubernetes.tests.steps import Steps, make_action
from plugins.kubernetes.tests.test_folders import FOLDERS, with_folders
from stroem.definitions.action import Resources
from stroem.interfaces.runner import RemoteFiles, RunnerFailed, RunnerLost, StepMark
from stroem.testing.collected_output import CollectedOutput
from stroem_kubernetes import pool as pool_module
from stroem_kubernetes import pools as pools_module
from stroem_kubernetes.cluster import Cluster, ClusterAway
from stroem_kubernetes.container import MAIN
from stroem_kubernetes.options import PodOptions
from stroem_kubernetes.pool_settings import PoolSettings
from stroem_kubernetes.runner import KubernetesRunner
from tests.support.kubernetes.cluster import IMAGE, TestCluster
from tests.support.wait import eventually

MARK = StepMark(installation="here", job_id=uuid.UUID(int=7), step_id=3, attempt=2)


@pytest.fixture
async def steps(cluster: TestCluster, files: FileServer, tmp_path: Path) -> AsyncIterator[PooledSteps]:
    """Scripts of the image of tests, with a pod that is ready."""
    async with PooledSteps(cluster, files, tmp_path) as steps:
        yield steps


def names(cluster: TestCluster) -> set[str]:
    """The names of all pods."""
    return {pod["metadata"]["name"] for pod in cluster.pods()}


async def test_each_step_has_a_pod_of_its_own(steps: PooledSteps, cluster: TestCluster) -> None:
    seen = {await steps.serves("echo $HOSTNAME; ls /workspace; touch /tmp/a /workspace/b") for _ in range(2)}
    assert len(seen) == 2
    assert all(len(text.splitlines()) == 1 for text in seen), "nothing of another step is there"
    await steps.pooled.all_ready()
    await eventually(lambda: len(cluster.pods()) == 1)


async def test_nothing_of_a_step_is_in_the_spec_of_its_pod(steps: PooledSteps, cluster: TestCluster) -> None:
    order = steps.order(make_action("echo up; sleep 600"), env={"TOKEN": "hush-7"})
    output = CollectedOutput()
    running = asyncio.create_task(steps.runner.run(attrs.evolve(order, mark=MARK), output))
    await output.until("stdout", b"up\n")
    (pod,) = [pod for pod in cluster.pods() if pod["metadata"]["labels"].get("stroem.job")]
    assert pod["metadata"]["name"].startswith("stroem-pool-")
    assert pod["metadata"]["annotations"]["stroem.step"] == order.step
    assert order.remote_files is not None
    for text in ("hush-7", "sleep 600", *steps._files.tarballs):
        assert text not in str(pod)
    assert await steps.runner.leftovers("here") == []
    running.cancel()
    await asyncio.wait({running})


async def test_odd_values_arrive(steps: PooledSteps) -> None:
    env = {"EMPTY": "", "LINES": "a\nb\n", "QUOTES": "'\"$HOME`\\", "SNOW": "☃ é", "DOLLAR": "$(EMPTY) $$ $X $"}
    script = "\n".join(f'printf "%s|" "${name}"' for name in env) + "; cat; echo it\\'s $HOME"
    assert await steps.serves(script, env=env) == "".join(f"{value}|" for value in env.values()) + "it's /root\n"
    assert await steps.serves("#" * 200_000 + "\necho long") == "long\n"
    assert await steps.serves("pwd; echo $$", workdir="sub/dir") == "/workspace/sub/dir\n1\n"


@pytest.mark.parametrize(
    "step",
    [
        {"resources": Resources(memory="1Gi")},
        {"options": PodOptions(user="77")},
        {"env": {"not.of.a.shell": "x"}},
        {"manifest": {"metadata": {"labels": {"team": "a"}}}},
        {"script": None, "cmd": "echo of its own"},
    ],
)
async def test_a_step_that_asks_for_more_gets_a_pod_of_its_own(steps: PooledSteps, step: dict[str, Any]) -> None:
    ended = await steps.run(**{"script": "echo of its own", **step})
    assert (ended.exit_code, ended.stdout) == (0, "of its own\n")
    assert steps.pooled.served == 0


async def test_files_arrive_and_come_back(cluster: TestCluster, files: FileServer, tmp_path: Path) -> None:
    script = """
        cat given "$STATE_DIR/old"; echo new >"$STATE_OUT_DIR/state.json"; echo n=1 >"$STROEM_OUTPUT"
        umask 077; echo secret >"$ARTIFACTS_DIR/a"; mkdir dist; echo made >dist/b; exit 3
    """
    steps = PooledSteps(cluster, files, tmp_path)
    steps.runner._place = attrs.evolve(steps.pooled._place, variables=FOLDERS)  # type: ignore[attr-defined]
    async with steps:
        order = with_folders(steps, files, script, globs=("dist/*",))
        (order.directory / "given").write_text("given\n")
        (order.folders["STATE_DIR"] / "old").write_text("old\n")
        ended = await steps.run_order(files.publish(order, ("dist/*",)))
        assert (ended.exit_code, ended.stdout, ended.stderr) == (3, "given\nold\n", "")
        assert steps.pooled.served == 1
    assert (order.folders["STATE_OUT_DIR"] / "state.json").read_text() == "new\n"
    assert (order.folders["ARTIFACTS_DIR"] / "a").read_text() == "secret\n"
    assert (order.directory / "dist" / "b").read_text() == "made\n"
    assert order.output_file is not None
    assert order.output_file.read_text() == "n=1\n"


async def test_pools_are_told_apart_by_what_their_pods_are(
    cluster: TestCluster, files: FileServer, tmp_path: Path
) -> None:
    limits, words = Resources(memory="32Mi"), "stroem-test/user:1"
    pools = [
        PoolSettings(image=IMAGE),
        PoolSettings(image=words, workspace=False),
        PoolSettings(image=IMAGE, resources=limits),
        PoolSettings(image=IMAGE, options=PodOptions(user="77")),
    ]
    async with PooledSteps(cluster, files, tmp_path, *pools) as steps:
        assert await steps.serves(None, image=words, cmd="id -u; pwd") == "1234\n/\n"
        assert await steps.serves(None, image=words, entrypoint=("/bin/echo", "mine")) == "mine\n"
        assert await steps.serves("id -u; echo x >/workspace/new", options=PodOptions(user="77")) == "77\n"
        await steps.pooled.all_ready()
        ended = await steps.run("exec perl -e 'my $x = q(a) x 200_000_000'", resources=limits)
        assert ended.exit_code == 137
        assert ended.stderr.endswith("needed more memory than its limit of 32Mi.\n")
        assert (await steps.run("exit 7")).exit_code == 7
        assert steps.pooled.served == 5


async def test_files_that_cannot_be_fetched(steps: PooledSteps) -> None:
    order = steps.order(make_action("echo must not run"))
    assert order.remote_files is not None
    found = await order.remote_files()

    async def changed() -> RemoteFiles:
        return attrs.evolve(found, token="of another step")

    with pytest.raises(RunnerFailed, match=r"could not be fetched: curl: \(22\).*401"):
        await steps.run_order(attrs.evolve(order, remote_files=changed))


@pytest.mark.parametrize("after", [0, 0.01, 0.05, 0.1, 0.2, 0.4])
async def test_a_step_that_is_cancelled_at_any_moment_leaves_nothing(
    steps: PooledSteps, cluster: TestCluster, after: float
) -> None:
    order = attrs.evolve(steps.order(make_action("trap '' TERM; sleep 60")), grace_secs=0.2)
    running = asyncio.create_task(steps.run_order(order))
    await asyncio.wait({running}, timeout=after)
    running.cancel()
    await asyncio.wait({running})
    assert running.cancelled()
    await steps.pooled.end_pool()
    await eventually(lambda: cluster.pods() == [])


async def test_a_ready_pod_that_someone_deletes_is_replaced(steps: PooledSteps, cluster: TestCluster) -> None:
    (first,) = names(cluster)
    cluster.delete(first)
    await eventually(lambda: names(cluster) - {first}, "there is another")
    assert await steps.serves("echo hi") == "hi\n"


async def test_a_pod_that_cannot_be_told_its_step_costs_the_step_nothing(
    steps: PooledSteps, monkeypatch: pytest.MonkeyPatch
) -> None:
    attach = Cluster.attach

    def refused(self: Cluster, namespace: str, name: str, container: str) -> Any:
        if container == MAIN:
            raise ClusterAway("away")
        return attach(self, namespace, name, container)

    monkeypatch.setattr(Cluster, "attach", refused)
    assert (await steps.run("echo hi")).stdout == "hi\n"
    assert steps.pooled.served == 0


async def test_an_image_that_is_missing_is_told_once_and_tried_again(
    cluster: TestCluster, files: FileServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    steps = PooledSteps(cluster, files, tmp_path, PoolSettings(image="missing.invalid/x:1"), back_off_secs=0.2)
    steps.pooled.waits = False
    async with steps:
        await eventually(lambda: "the image cannot be pulled" in caplog.text, "the reason is told")
        assert (await steps.run("echo others run")).stdout == "others run\n"
    assert "no pod of missing.invalid/x:1 is kept ready, and it is tried again" in caplog.text


async def test_what_a_killed_worker_left_is_removed_and_what_a_neighbour_keeps_is_not(
    steps: PooledSteps,
    cluster: TestCluster,
    files: FileServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (kept,) = names(cluster)
    other = Steps(cluster, files, tmp_path / "other")
    killed = PooledSteps(cluster, files, tmp_path / "killed")
    async with other:
        async with killed:
            (left,) = names(cluster) - {kept}
            monkeypatch.setattr(Cluster, "delete", no_deletion)
        assert names(cluster) == {kept, left}
        monkeypatch.undo()
        await other.runner.leftovers("here")
        await steps.runner._cluster.patch_pod("steps", kept, {"metadata": {"annotations": {"stroem.alive": "1"}}})
        monkeypatch.setattr(pools_module, "STALE_SECS", 1e-6)
        await other.runner.leftovers("here")
        await eventually(lambda: names(cluster) == {kept})
    assert await steps.serves("echo hi") == "hi\n"


async def test_a_pod_that_waits_shows_that_it_has_a_worker(
    cluster: TestCluster, files: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_module, "ALIVE_SECS", 0.05)
    async with PooledSteps(cluster, files, tmp_path):

        def beat() -> int:
            (pod,) = cluster.pods()
            return int((pod["metadata"].get("annotations") or {}).get(pool_module.ALIVE, 0))

        first = await eventually(beat)
        await eventually(lambda: beat() > first)


async def test_a_pod_that_is_old_is_replaced(
    cluster: TestCluster, files: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with PooledSteps(cluster, files, tmp_path) as steps:
        (first,) = names(cluster)
        monkeypatch.setattr(pool_module, "RENEW_SECS", 0)
        cluster.delete(first)
        seen = await eventually(lambda: names(cluster) - {first})
        await eventually(lambda: names(cluster) - seen - {first}, "its successor is there")
        monkeypatch.setattr(pool_module, "RENEW_SECS", 3600)
        await steps.pooled.all_ready()


async def no_deletion(*_: Any) -> None:
    """Deletes nothing, as a worker that is killed."""


async def test_a_worker_that_is_started_again_goes_on_with_a_step_in_a_ready_pod(
    steps: PooledSteps, cluster: TestCluster, files: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = "echo ready; until [ -e /workspace/go ]; do sleep 0.01; done; echo end; exit 4"
    order, output = attrs.evolve(steps.order(make_action(script)), mark=MARK), CollectedOutput()
    running = asyncio.create_task(steps.runner.run(order, output))
    await output.until("stdout", b"ready\n")
    async with Steps(cluster, files, tmp_path / "again") as again:
        told = CollectedOutput()
        adopted = asyncio.create_task(again.runner.adopt(order, told))
        await told.until("stdout", b"ready\n")
        (pod,) = [pod for pod in cluster.pods() if pod["metadata"]["labels"].get("stroem.job")]
        (cluster.volume(pod, "workspace") / "go").touch()
        assert await adopted == 4
        assert told.data["stdout"] == b"ready\nend\n"
    await asyncio.wait({running})


async def test_a_ready_pod_that_was_not_told_its_step_is_not_gone_on_with(
    steps: PooledSteps, cluster: TestCluster, files: FileServer, tmp_path: Path
) -> None:
    (name,) = names(cluster)
    labels = {"stroem.installation": "here", "stroem.mark": f"{MARK.job_id}.{MARK.step_id}.{MARK.attempt}"}
    await steps.runner._cluster.patch_pod("steps", name, {"metadata": {"labels": labels}})
    order = attrs.evolve(steps.order(make_action("true")), mark=MARK)
    async with Steps(cluster, files, tmp_path / "again") as again:
        with pytest.raises(RunnerLost, match="when the step was about to begin"):
            await again.runner.adopt(order, CollectedOutput())


async def test_many_steps_at_once_share_a_small_pool(cluster: TestCluster, files: FileServer, tmp_path: Path) -> None:
    async with PooledSteps(cluster, files, tmp_path, PoolSettings(image=IMAGE, size=3)) as steps:
        ended = await asyncio.gather(*(steps.run(f"echo {n}; exit {n}") for n in range(12)))
        assert [(one.stdout, one.exit_code) for one in ended] == [(f"{n}\n", n) for n in range(12)]
        assert steps.pooled.served >= 3


def test_a_pool_that_serves_no_step_is_refused() -> None:
    with pytest.raises(ValueError, match="serves no step"):
        PoolSettings(image="a", options=PodOptions(pull="always"))
    with pytest.raises(ValueError, match="`size` is a number from 1 to 200"):
        PoolSettings(image="a", size=0)
    with pytest.raises(ValueError, match="serve no step"):
        KubernetesRunner(pool=(PoolSettings(image="a"),), pull="always")
