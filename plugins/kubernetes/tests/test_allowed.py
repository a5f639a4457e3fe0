"""Tests of the allow list for pods."""

from typing import Any

import pytest

from stroem.interfaces.runner import RunnerFailed
from stroem_kubernetes.allowed import Allowed


def spec(container: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """The spec of a pod."""
    return {"containers": [{"name": "step", "image": "i", **(container or {})}], **fields}


def host_path(path: str) -> dict[str, Any]:
    """A spec with a folder of the node."""
    return spec(volumes=[{"name": "v", "hostPath": {"path": path}}])


CASES: list[tuple[dict[str, Any], str, Allowed]] = [
    (spec(hostNetwork=True), "'network' (hostNetwork)", Allowed(host_namespaces=("network",))),
    (spec(hostPID=True), "'pid' (hostPID)", Allowed(host_namespaces=("pid",))),
    (spec(hostIPC="true"), "'ipc' (hostIPC)", Allowed(host_namespaces=("ipc",))),
    (host_path("/srv/data"), "the folder '/srv/data' of the node", Allowed(volumes=("/srv/*",))),
    (host_path("/run/docker.sock"), "docker.sock", Allowed(volumes=("/run/docker.sock",))),
    (spec(runtimeClassName="kata"), "the runtime 'kata'", Allowed(runtimes=("kata",))),
    (spec(serviceAccountName="admin"), "the service account 'admin'", Allowed(service_accounts=("adm*",))),
    (spec({"securityContext": {"privileged": True}}), "privileged containers", Allowed(privileged=True)),
    (
        spec({"securityContext": {"allowPrivilegeEscalation": True}}),
        "privilege escalation",
        Allowed(privilege_escalation=True),
    ),
    (
        spec({"securityContext": {"capabilities": {"add": ["CAP_SYS_ADMIN"]}}}),
        "the capability 'CAP_SYS_ADMIN'",
        Allowed(capabilities=("SYS_ADMIN",)),
    ),
    (spec({"resources": {"limits": {"gpu": "1"}}}), "GPUs", Allowed(gpus=True)),
    (spec({"ports": [{"hostPort": 80}]}), "hostPort", Allowed(host_namespaces=("network",))),
    (
        spec(securityContext={"seccompProfile": {"type": "Unconfined"}}),
        "system calls without a filter",
        Allowed(privileged=True),
    ),
    (
        spec(initContainers=[{"name": "x", "image": "i", "securityContext": {"procMount": "Unmasked"}}]),
        "an unmasked /proc",
        Allowed(privileged=True),
    ),
    (
        spec(volumes=[{"name": "t", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}}]),
        "tokens of service accounts",
        Allowed(service_accounts=("*",)),
    ),
]


@pytest.mark.parametrize(("asked", "words", "allowing"), CASES)
def test_what_is_refused_unless_it_is_allowed(asked: dict[str, Any], words: str, allowing: Allowed) -> None:
    with pytest.raises(RunnerFailed) as refused:
        Allowed().check(asked, (), None, "gpu")
    assert words in str(refused.value)
    assert "`runners.pod.allow`" in str(refused.value)
    allowing.check(asked, (), None, "gpu")


@pytest.mark.parametrize("path", ["/srv/../etc", "srv", "/srv/x/docker.sock", "/srvx/.."])
def test_paths_that_a_pattern_does_not_allow(path: str) -> None:
    with pytest.raises(RunnerFailed):
        Allowed(volumes=("/srv*",)).check(host_path(path), (), None, "gpu")


def test_all_that_is_refused_is_told_at_once_and_images_by_pattern() -> None:
    asked = spec({"image": "other/x"}, hostPID=True)
    with pytest.raises(RunnerFailed, match=r"pid.*; the image 'other/x'\. Its owner"):
        Allowed(images=("team/*",)).check(asked, ("own",), None, "gpu")
    Allowed(images=("team/*",)).check(spec({"image": "team/x"}), (), None, "gpu")
    Allowed(images=()).check(spec({"image": "own"}), ("own",), None, "gpu")


def test_the_account_of_the_workers_settings_needs_no_consent() -> None:
    Allowed().check(spec(serviceAccountName="steps"), (), "steps", "gpu")
