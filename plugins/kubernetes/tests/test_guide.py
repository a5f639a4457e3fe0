"""The manifests and commands of the guide, applied to a real API server."""

import shlex
import subprocess
from pathlib import Path
from typing import Any

import attrs
import pytest
import yaml

from plugins.kubernetes.tests.file_server import FileServer
from plugins.kubernetes.tests.steps import Steps, make_action
from stroem.interfaces.runner import RunnerFailed
from stroem.settings.loader import load_worker_settings
from stroem_kubernetes.options import PodOptions
from stroem_kubernetes.runner import KubernetesRunner
from tests.docs.page import Block, Page
from tests.support.kubernetes.cluster import TestCluster
from tests.support.kubernetes.rights import GUIDE, rights_of_the_guide

PAGE = Page(GUIDE)
BLOCKS = [block for block in PAGE.blocks if {"rights", "manifest"} & {*block.marks}]
STRICT = "restricted"


def manifests(kind: str) -> list[Any]:
    """The objects of a kind in the guide."""
    return [one for block in BLOCKS for one in yaml.safe_load_all(block.text) if one["kind"] == kind]


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_an_api_server_takes_the_manifests(shared_cluster: TestCluster, block: Block) -> None:
    shared_cluster.kubectl("apply", "--dry-run=server", "--validate=strict", "-f", "-", text=block.text)


def test_all_yaml_of_kubernetes_is_checked() -> None:
    assert len(BLOCKS) == 4
    rest = [block for block in PAGE.blocks if block.language == "yaml" and block not in BLOCKS]
    assert not [str(block) for block in rest if "apiVersion:" in block.text]


def test_its_settings_of_pods_are_known() -> None:
    known = {field.name for field in attrs.fields(KubernetesRunner)}
    parts = [yaml.safe_load(block.text) for block in PAGE.blocks if "part-of-worker-settings" in block.marks]
    named = {key for part in parts for key in part.get("runners", {}).get("pod", {})}
    assert named >= {"namespace", "run_as"}
    assert named <= known


def test_the_settings_of_the_deployment_are_valid(tmp_path: Path) -> None:
    (settings,) = manifests("ConfigMap")
    (deployment,) = manifests("Deployment")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    (tmp_path / "worker.yaml").write_text(settings["data"]["worker.yaml"])
    found = load_worker_settings(tmp_path / "worker.yaml", {one["name"]: "x" * 40 for one in container["env"]})
    assert str(found.workspace_cache_dir) in {mount["mountPath"] for mount in container["volumeMounts"]}
    assert (
        found.drain_timeout_secs + found.cancel_grace_secs
        < (deployment["spec"]["template"]["spec"]["terminationGracePeriodSeconds"])
    )


async def test_a_worker_outside_reaches_the_cluster_by_the_kubeconfig_of_the_guide(
    cluster: TestCluster, files: FileServer, tmp_path: Path
) -> None:
    (block,) = (block for block in PAGE.blocks if "kubeconfig" in block.marks)
    commands = [line.removeprefix("$ ") for line in block.text.splitlines() if line.startswith("$ ")]
    token = cluster.kubectl("create", "token", "stroem-worker", "--namespace", "stroem")
    (tmp_path / "ca.crt").write_bytes(cluster.ca.read_bytes())
    given = f"API_SERVER={shlex.quote(cluster.url)} TOKEN={shlex.quote(token.strip())}"
    script = "\n".join(["set -eu", given, *commands])
    done = subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1:] == ["yes"], done.stderr
    kubeconfig = str(tmp_path / "kubeconfig-of-the-worker")
    async with Steps(cluster, files, tmp_path, kubeconfig=kubeconfig) as steps:
        assert (await steps.run("echo reached")).stdout == "reached\n"


@pytest.fixture
def strict_cluster(cluster: TestCluster) -> TestCluster:
    """The cluster with a namespace as the guide has it for pods without rights."""
    (namespace,) = manifests("Namespace")
    labels = namespace["metadata"]["labels"]
    cluster.add_namespace(STRICT, labels)
    cluster.apply(rights_of_the_guide().replace("namespace: steps", f"namespace: {STRICT}"))
    return cluster


async def test_pods_pass_the_standard_restricted_with_a_user(
    strict_cluster: TestCluster, files: FileServer, tmp_path: Path
) -> None:
    async with Steps(strict_cluster, files, tmp_path, namespace=STRICT) as steps:
        with pytest.raises(RunnerFailed, match='violates PodSecurity "restricted:latest"'):
            await steps.run("true")
        assert (await steps.run("id -u", options=PodOptions(user="77"))).stdout == "77\n"
    async with Steps(strict_cluster, files, tmp_path / "set", namespace=STRICT, run_as="10000:10000") as steps:
        order = steps.order(make_action('cat given; id -u; id -g; umask 077; echo x >"$ARTIFACTS_DIR/a"'))
        (order.directory / "given").write_text("given\n")
        folder = order.scratch.parent / "artifacts"
        folder.mkdir()
        order = files.publish(attrs.evolve(order, folders={"ARTIFACTS_DIR": folder}))
        assert (await steps.run_order(order)).stdout == "given\n10000\n10000\n"
        assert (folder / "a").read_text() == "x\n"
        with pytest.raises(RunnerFailed, match="violates PodSecurity"):
            await steps.run("true", options=PodOptions(user="0"))
