"""The kubelet of the tests runs pods as a real one does."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, cast

import attrs
import pytest

from tests.support.docker_engine import needed
from tests.support.kubernetes.api import Api
from tests.support.kubernetes.cluster import IMAGE
from tests.support.kubernetes.kubelet import NODE, Kubelet
from tests.support.wait import eventually


@attrs.define
class Events:
    """An API server with the events of a test."""

    events: asyncio.Queue[Any] = attrs.field(factory=asyncio.Queue)
    deleted: list[str] = attrs.field(factory=list)
    written: list[str] = attrs.field(factory=list)

    async def get(self, path: str) -> Any:
        return {"items": [], "metadata": {"resourceVersion": "1"}}

    async def patch(self, path: str, body: Mapping[str, Any]) -> None:
        self.written.append(path)

    async def delete(self, path: str) -> None:
        self.deleted.append(path)

    async def watch(self, path: str, version: str) -> AsyncIterator[Any]:
        while True:
            yield await self.events.get()

    def tell(self, kind: str, pod: Mapping[str, Any], **metadata: Any) -> None:
        changed = {**pod, "metadata": {**pod["metadata"], **metadata}}
        self.events.put_nowait({"type": kind, "object": changed})


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Events]:
    """The events of a kubelet that runs."""
    needed("unshare", "setpriv", "nsenter")
    events = Events()
    kubelet = Kubelet(cast("Api", events), tmp_path / "pods")
    following = asyncio.create_task(kubelet.follow())
    yield events
    for uid in kubelet.running:
        events.tell("DELETED", {"metadata": {"uid": uid}})
    await eventually(lambda: not kubelet.running)
    following.cancel()


def make_pod(name: str, shared: Path, script: str, *inits: Mapping[str, Any]) -> Mapping[str, Any]:
    """A pod whose containers write into a folder."""
    mounts = {"volumeMounts": [{"name": "shared", "mountPath": "/shared"}]}
    main = {"name": "main", "image": IMAGE, "command": ["sh", "-c", script], **mounts}
    return {
        "metadata": {"name": name, "namespace": "steps", "uid": f"uid-of-{name}"},
        "spec": {
            "nodeName": NODE,
            "initContainers": [{"image": IMAGE, **mounts, **init} for init in inits],
            "containers": [main],
            "volumes": [{"name": "shared", "hostPath": {"path": str(shared)}}],
        },
        "status": {},
    }


async def test_a_state_that_comes_after_the_end_runs_no_pod_again(api: Events, tmp_path: Path) -> None:
    first = {"name": "first", "command": ["sh", "-c", "echo filled >>/shared/log"]}
    pod = make_pod("a", tmp_path, "echo ran >>/shared/log", first)
    deletion = {"deletionTimestamp": "2026-11-28T12:00:00Z", "deletionGracePeriodSeconds": 1}
    api.tell("ADDED", pod)
    await eventually(lambda: (tmp_path / "log").is_file() and "ran" in (tmp_path / "log").read_text())
    api.tell("MODIFIED", pod, **deletion)
    await eventually(lambda: api.deleted)
    written = [path for path in api.written if "/a/" in path]
    api.tell("MODIFIED", pod, **deletion)
    api.tell("ADDED", make_pod("b", tmp_path, "echo later >>/shared/log", first))
    await eventually(lambda: "later" in (tmp_path / "log").read_text())
    assert (tmp_path / "log").read_text() == "filled\nran\nfilled\nlater\n"
    assert [path for path in api.written if "/a/" in path] == written


async def test_a_pod_that_is_deleted_before_it_starts_runs_nothing(api: Events, tmp_path: Path) -> None:
    pod = make_pod("a", tmp_path, "touch /shared/ran", {"name": "first", "command": ["touch", "/shared/filled"]})
    api.tell("ADDED", pod, deletionTimestamp="2026-11-28T12:00:00Z", deletionGracePeriodSeconds=1)
    await eventually(lambda: api.deleted)
    assert not any(tmp_path.glob("shared/*"))
    assert not (tmp_path / "filled").exists()


async def test_a_pod_that_the_api_has_no_more_is_killed(api: Events, tmp_path: Path) -> None:
    pod = make_pod("a", tmp_path, "trap 'touch /shared/trapped' TERM; touch /shared/ready; while :; do sleep 1; done")
    api.tell("ADDED", pod)
    await eventually((tmp_path / "ready").is_file)
    api.tell("DELETED", pod)
    await eventually(lambda: api.deleted)
    assert not (tmp_path / "trapped").exists()


async def test_a_hook_holds_up_the_next_container(api: Events, tmp_path: Path) -> None:
    hook = "until [ -e /shared/open ]; do sleep 0.01; done; echo hook >>/shared/log"
    sidecar = {
        "name": "side",
        "restartPolicy": "Always",
        "command": [
            "sh",
            "-c",
            "trap 'echo ended >>/shared/log; exit 0' TERM; : >/shared/up; while :; do sleep 0.1; done",
        ],
        "lifecycle": {"postStart": {"exec": {"command": ["sh", "-c", hook]}}},
    }
    api.tell("ADDED", make_pod("a", tmp_path, "echo main >>/shared/log", sidecar))
    await eventually((tmp_path / "up").is_file)
    assert not (tmp_path / "log").exists()
    (tmp_path / "open").touch()
    await eventually(lambda: (tmp_path / "log").is_file() and "ended" in (tmp_path / "log").read_text())
    assert (tmp_path / "log").read_text() == "hook\nmain\nended\n"
