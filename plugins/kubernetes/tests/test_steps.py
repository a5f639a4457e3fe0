"""Tests of steps in pods: their environment, files and errors."""

import asyncio
from pathlib import Path

import attrs
import pytest

from plugins.kubernetes.tests.file_server import FileServer
from plugins.kubernetes.tests.steps import Steps, make_action
from stroem.definitions.action import Resources
from stroem.interfaces.runner import RemoteFiles, RunnerFailed, RunnerLost
from stroem.testing.collected_output import CollectedOutput
from stroem_kubernetes.options import PodOptions
from tests.support.kubernetes.cluster import IMAGE, TestCluster


async def test_both_streams_as_one_where_the_cluster_does_not_keep_them_apart(
    cluster: TestCluster, files: FileServer, tmp_path: Path
) -> None:
    async with Steps(cluster, files, tmp_path, streams="merged") as steps:
        ended = await steps.run("echo out; sleep 0.1; echo err >&2; printf 'no end'")
    assert (ended.stdout, ended.stderr) == ("out\nerr\nno end", "")


async def test_what_a_pod_runs(steps: Steps) -> None:
    assert (await steps.run()).stdout == "entrypoint\n", "the image as it is"
    assert (await steps.run(cmd="echo $0 | cat; pwd")).stdout == "/bin/sh\n/\n"
    assert (await steps.run(entrypoint=("/bin/echo",), command=("a  b", "$HOME", "$(HOME)", "$$"))).stdout == (
        "a  b $HOME $(HOME) $$\n"
    )
    assert (await steps.run(type="docker", cmd="echo docker")).stdout == "docker\n"
    assert (await steps.run("echo $((1 + 1)) $$", workdir="sub")).stdout == "2 1\n"
    assert (await steps.run("print('py')", language="python", interpreter="/usr/bin/perl")).stdout == "py"


async def test_files_of_the_workspace(steps: Steps) -> None:
    order = steps.order(make_action("cat a; sub/run.sh; echo new > a; echo x > sub/b; rm sub/b; cat a; pwd"))
    (order.directory / "a").write_text("given\n")
    (order.directory / "sub").mkdir()
    (order.directory / "sub/run.sh").write_text("#!/bin/sh\necho ran\n")
    (order.directory / "sub/run.sh").chmod(0o755)
    ended = await steps.run_order(order)
    assert ended.stdout == "given\nran\nnew\n/workspace\n"
    by_image = attrs.evolve(order, action=make_action(None, cmd="ls /workspace"))
    assert (await steps.run_order(by_image)).exit_code != 0
    with_files = attrs.evolve(order, action=make_action(None, cmd="cat a", workdir="."))
    assert (await steps.run_order(with_files)).stdout == "given\n"
    source = attrs.evolve(order, action=make_action(None, type="script", source="x"))
    source = attrs.evolve(source, source=order.directory.resolve() / "sub/run.sh")
    assert (await steps.run_order(source)).stdout == "ran\n"


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"sha256": "0" * 64}, "the files are not those of the release: their digest is not 000"),
        ({"token": "of another step"}, r"could not be fetched: curl: \(22\).*401"),
    ],
)
async def test_files_that_are_not_those_of_the_release(steps: Steps, fault: dict[str, str], words: str) -> None:
    order = steps.order(make_action("echo must not run"))
    assert order.remote_files is not None
    found = await order.remote_files()

    async def changed() -> RemoteFiles:
        return attrs.evolve(found, **fault)

    with pytest.raises(RunnerFailed, match=words):
        await steps.run_order(attrs.evolve(order, remote_files=changed))


async def test_a_long_script_is_a_file(steps: Steps) -> None:
    text = "#" * 60_000 + "ä" * 60_000 + "\necho 'long $(HOME)' $0 $1"
    assert (await steps.run(text, args=("x",))).stdout == "long $(HOME) /tmp/stroem_script.sh x\n"
    with pytest.raises(RunnerFailed, match="at most 750,000 characters"):
        await steps.run("#" * 800_000)


async def test_odd_values_of_variables_arrive(steps: Steps) -> None:
    env = {"EMPTY": "", "LINES": "a\nb\n", "DOLLAR": "$(EMPTY) $$ $X $", "QUOTES": "'\"$HOME`", "SNOW": "☃ é"}
    ended = await steps.run("\n".join(f'printf "%s|" "${name}"' for name in env), env=env)
    assert ended.stdout == "".join(f"{value}|" for value in env.values())


async def test_a_pod_is_closed_by_default(steps: Steps, cluster: TestCluster) -> None:
    script = "touch /root/x; touch /tmp/y && echo tmp; grep -E 'Cap(Eff|Bnd)|NoNewPrivs' /proc/self/status; sleep 60"
    running, output = await steps.begin(script)
    await output.until("stdout", b"NoNewPrivs:\t1\n")
    (pod,) = cluster.pods()
    running.cancel()
    await asyncio.wait({running})
    assert b"Read-only file system" in output.data["stderr"]
    rights = [b"CapEff:", b"0" * 16, b"CapBnd:", b"0" * 16, b"NoNewPrivs:", b"1"]
    assert output.data["stdout"].split() == [b"ready", b"tmp", *rights]
    assert pod["spec"]["automountServiceAccountToken"] is False
    assert pod["spec"]["containers"][0]["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    options = PodOptions(user="1234:55", writable=True, capabilities=("cap_chown",))
    ended = await steps.run("id -u; id -g; touch /x && echo ok; grep CapBnd /proc/self/status", options=options)
    assert ended.stdout.split() == ["1234", "55", "ok", "CapBnd:", "0" * 15 + "1"]


async def test_memory_that_is_used_up_is_told(steps: Steps) -> None:
    ended = await steps.run(
        "exec perl -e 'my $x = q(a) x 200_000_000'", resources=Resources(memory="32m", cpu="500m", pids=5)
    )
    assert ended.exit_code == 137
    assert ended.stderr.endswith("needed more memory than its limit of 33554432.\n")
    assert any("resources.pids" in note for note in ended.notes)


async def test_an_image_that_cannot_be_pulled(cluster: TestCluster, files: FileServer, tmp_path: Path) -> None:
    async with Steps(cluster, files, tmp_path, back_off_secs=0.5) as steps:
        with pytest.raises(RunnerFailed, match=r"did not start within 0 s: the image cannot be pulled.*: not found"):
            await steps.run(image="missing.invalid/x:1")
        with pytest.raises(RunnerFailed, match=r"The pod cannot start: the image '.*' cannot be used: .*Never"):
            await steps.run(image="missing.invalid/x:1", options=PodOptions(pull="never"))
        with pytest.raises(RunnerFailed, match="invalid reference format"):
            await steps.run(image="no image")


async def test_a_pod_that_no_node_takes(cluster: TestCluster, files: FileServer, tmp_path: Path) -> None:
    async with Steps(cluster, files, tmp_path, unschedulable_secs=0.3) as steps:
        wants = PodOptions(node_selector={"disk": "tape"})
        with pytest.raises(RunnerFailed, match=r"no node takes the pod: 0/1 nodes are available: 1 node"):
            await steps.run("true", options=wants)
        assert (await steps.run("echo fits", options=PodOptions(node_selector={"disk": "ssd"}))).stdout == "fits\n"


async def test_a_pod_that_its_node_evicts(steps: Steps, cluster: TestCluster) -> None:
    running, output = await steps.begin("while :; do sleep 0.1; done")
    (pod,) = cluster.pods()
    cluster.annotate(pod["metadata"]["name"], {"stroem-test/evict": "The node was low on resource: memory."})
    with pytest.raises(RunnerLost, match="evicted from its node: The node was low on resource: memory"):
        await running
    assert output.data["stdout"] == b"ready\n"


async def test_a_pod_that_someone_deletes(steps: Steps, cluster: TestCluster) -> None:
    for grace_secs in (0, 1):
        running, _ = await steps.begin("while :; do sleep 0.1; done")
        (pod,) = cluster.pods()
        cluster.delete(pod["metadata"]["name"], grace_secs=grace_secs)
        with pytest.raises(RunnerLost, match=r"The pod of the step was (deleted|removed) while it ran"):
            await running


async def test_what_the_api_server_refuses_is_told(steps: Steps) -> None:
    with pytest.raises(RunnerFailed, match=r"cannot be made: .*quantities must match"):
        await steps.run("true", resources=Resources(memory="12 apples"))
    with pytest.raises(RunnerFailed, match=r"cannot be made: .*unknown field \"spec.nonsense\""):
        await steps.run(cmd="true", manifest={"spec": {"nonsense": 1}})


async def test_a_manifest_with_sidecars_and_volumes(steps: Steps, cluster: TestCluster) -> None:
    manifest = {
        "metadata": {"labels": {"team": "a", "stroem.task": "not mine"}, "name": "mine"},
        "spec": {
            "initContainers": [
                {"name": "first", "image": IMAGE, "command": ["sh", "-c", "echo made > /shared/file"]}
                | {"volumeMounts": [{"name": "shared", "mountPath": "/shared"}]}
            ],
            "containers": [
                {"name": "step", "volumeMounts": [{"name": "shared", "mountPath": "/shared"}]},
                {"name": "sidecar", "image": IMAGE, "command": ["sh", "-c", "while :; do sleep 1; done"]},
            ],
            "volumes": [{"name": "shared", "emptyDir": {}}],
        },
    }
    order = steps.order(make_action(None, cmd="cat /shared/file; exit 4", manifest=manifest))
    ended = await steps.run_order(order)
    assert (ended.exit_code, ended.stdout) == (4, "made\n"), "the step ends with its own container"
    named = await steps.run("true", manifest={"spec": {"priority": None}})
    assert named.exit_code == 0


async def test_a_manifest_that_makes_no_step(steps: Steps) -> None:
    with pytest.raises(RunnerFailed, match="no container named 'step'"):
        await steps.run(cmd="true", manifest={"spec": {"containers": "none"}})
    with pytest.raises(RunnerFailed, match="restartPolicy is for Strøm"):
        await steps.run(cmd="true", manifest={"spec": {"restartPolicy": "Always"}})
    with pytest.raises(RunnerFailed, match="makes no pod"):
        await steps.run(cmd="true", manifest={"kind": "Job"})
    with pytest.raises(RunnerFailed, match=r"does not allow the host's namespace 'network' \(hostNetwork\)"):
        await steps.run(cmd="true", manifest={"spec": {"hostNetwork": True}})
    with pytest.raises(RunnerFailed, match="the service account 'other'"):
        await steps.run(cmd="true", options=PodOptions(service_account="other"))


async def test_names_and_labels(steps: Steps, cluster: TestCluster) -> None:
    order = steps.order(make_action("echo ready; sleep 60"))
    order = attrs.evolve(order, task="Nightly build", step="each[3].läuft~2", attempt=2, workspace="team")
    output = CollectedOutput()
    running = asyncio.create_task(steps.runner.run(order, output))
    await output.until("stdout", b"ready\n")
    (pod,) = cluster.pods()
    running.cancel()
    await asyncio.wait({running})
    name = pod["metadata"]["name"]
    assert name.startswith(f"stroem-{order.job_id.hex[:8]}-nightly-build-each-3-l-uft-2-2-")
    assert len(name) <= 63
    assert pod["metadata"]["labels"]["stroem.step"] == "each_3_.l_uft_2"
    assert pod["metadata"]["labels"]["stroem.job"] == str(order.job_id)
    assert pod["metadata"]["annotations"]["stroem.step"] == "each[3].läuft~2"
