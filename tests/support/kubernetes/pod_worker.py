"""A pod of the tests' kubelet, from its volumes to the end of its containers."""

import asyncio
import base64
import contextlib
import datetime
import json
import shutil
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.support.kubernetes.api import Api
from tests.support.kubernetes.container_process import ContainerProcess

MISSING = "missing.invalid/"
"""The start of images that no registry has."""

PRIVATE = "private.invalid/"
"""The start of images that are pulled with the account of `PASSWORD` alone."""

PASSWORD = "reader:swordfish"
EVICT = "stroem-test/evict"
"""An annotation that evicts a pod, with the message of the node."""


class PodWorker:
    """Runs a pod and writes its status."""

    def __init__(self, api: Api, pod: Mapping[str, Any], folder: Path) -> None:
        self.pod = pod
        self._api = api
        self._folder = folder / pod["metadata"]["uid"]
        self._claims = folder / "claims"
        self._states: dict[str, dict[str, Any]] = {}
        self.processes: dict[str, ContainerProcess] = {}
        self._is_stopped = asyncio.Event()
        self._is_deleted = asyncio.Event()
        self._sidecars: dict[str, asyncio.Task[int]] = {}
        self._phase = "Pending"
        self._more: dict[str, Any] = {}
        self._stopping: asyncio.Task[None] | None = None
        self._writing = asyncio.Lock()

    @property
    def path(self) -> str:
        """The pod's path in the API."""
        metadata = self.pod["metadata"]
        return f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}"

    def update(self, pod: Mapping[str, Any]) -> None:
        """Takes a newer state of the pod: it may be deleted, or evicted by a test."""
        self.pod = pod
        is_deleted = bool(pod["metadata"].get("deletionTimestamp"))
        if is_deleted:
            self._is_deleted.set()
        if self._stopping is not None:
            return
        message = (pod["metadata"].get("annotations") or {}).get(EVICT)
        if message:
            self._more = {"reason": "Evicted", "message": message}
            self._begin_stop(0)
        elif is_deleted:
            self._begin_stop(pod["metadata"].get("deletionGracePeriodSeconds", 30))

    def remove(self) -> None:
        """Ends the pod at once: the API has it no more."""
        self._is_deleted.set()
        self._begin_stop(0)

    def kill(self) -> None:
        """Ends all processes at once, as a node that stops."""
        for process in self.processes.values():
            process.kill()

    async def run(self) -> None:
        """Runs the pod; when it is deleted, removes it from the API."""
        try:
            await self._run()
            if self._more:
                self._phase = "Failed"
            await self._write()
            await self._is_deleted.wait()
            if self._stopping is not None:
                await self._stopping
            await self._api.delete(self.path)
        finally:
            self.kill()
            shutil.rmtree(self._folder, ignore_errors=True)

    async def _run(self) -> None:
        spec = self.pod["spec"]
        volumes = await self._volumes()
        inits = spec.get("initContainers") or []
        for container in (*inits, *spec["containers"]):
            waiting = "PodInitializing" if inits else "ContainerCreating"
            self._states[container["name"]] = {"waiting": {"reason": waiting}}
        await self._write()
        codes: Sequence[int] | None = None
        if await self._is_initialized(inits, volumes) and await self._can_start(spec["containers"]):
            self._phase = "Running"
            codes = await asyncio.gather(*(self._begin(container, volumes) for container in spec["containers"]))
        await self._end_sidecars(spec.get("terminationGracePeriodSeconds", 30))
        if codes is not None:
            self._phase = "Failed" if any(codes) else "Succeeded"

    async def _is_initialized(self, inits: Sequence[Mapping[str, Any]], volumes: Mapping[str, Path]) -> bool:
        """Runs the init containers one after another, and starts sidecars; whether the others may start."""
        for container in inits:
            if not await self._can_start([container]):
                return False
            if container.get("restartPolicy") == "Always":
                self._sidecars[container["name"]] = self._begin(container, volumes)
                await self._has_started(container)
            elif await self._begin(container, volumes) != 0:
                self._phase = "Failed"
                return False
        return True

    async def _can_start(self, containers: Sequence[Mapping[str, Any]]) -> bool:
        """Whether there are the images, and the pod is not to end meanwhile."""
        for container in containers:
            if not await self._has_image(container):
                return False
        return not self._is_stopped.is_set()

    async def _has_started(self, container: Mapping[str, Any]) -> None:
        """Runs the hook that holds up the next container. A container whose hook fails is killed."""
        process = self.processes[container["name"]]
        await process.started()
        hook = ((container.get("lifecycle") or {}).get("postStart") or {}).get("exec")
        if hook is not None and await process.execute(hook["command"]) != 0:
            process.kill()

    async def _end_sidecars(self, grace_secs: float) -> None:
        """Ends the sidecars that stand among the init containers, once the others have ended."""
        for name in self._sidecars:
            self.processes[name].signal(signal.SIGTERM)
        if self._sidecars:
            _, late = await asyncio.wait(self._sidecars.values(), timeout=grace_secs)
            if late:
                self.kill()
                await asyncio.wait(late)

    def _begin(self, container: Mapping[str, Any], volumes: Mapping[str, Path]) -> "asyncio.Task[int]":
        name = container["name"]
        process = ContainerProcess(container, self.pod, volumes, self._folder / "containers" / name)
        self.processes[name] = process
        return asyncio.create_task(self._container(container, process))

    async def _container(self, container: Mapping[str, Any], process: ContainerProcess) -> int:
        name = container["name"]
        begun = _now()
        self._states[name] = {"running": {"startedAt": begun}}
        running = asyncio.create_task(process.run())
        await self._write()
        code = await running
        reason = "OOMKilled" if process.was_oom else "Error" if code else "Completed"
        ended: dict[str, Any] = {"exitCode": code, "reason": reason, "startedAt": begun, "finishedAt": _now()}
        if message := process.message():
            ended["message"] = message
        elif code and container.get("terminationMessagePolicy") == "FallbackToLogsOnError":
            ended["message"] = process.log.tail()
        self._states[name] = {"terminated": ended}
        await self._write()
        return code

    async def _has_image(self, container: Mapping[str, Any]) -> bool:
        """Whether there is such an image. Else waits, as a kubelet does, until the pod is deleted."""
        image = container["image"]
        if " " in image:
            why = f'Failed to apply default image tag "{image}": couldn\'t parse image name: invalid reference format'
            reasons = [("InvalidImageName", why)]
        elif image.startswith(PRIVATE):
            return await self._is_pulled(container["name"])
        elif not image.startswith(MISSING):
            return True
        elif container.get("imagePullPolicy") == "Never":
            reasons = [("ErrImageNeverPull", f'Container image "{image}" is not present with pull policy of Never')]
        else:
            reasons = [
                ("ErrImagePull", f'failed to pull and unpack image "{image}": not found'),
                ("ImagePullBackOff", f'Back-off pulling image "{image}"'),
            ]
        for reason, message in reasons:
            self._states[container["name"]] = {"waiting": {"reason": reason, "message": message}}
            await self._write()
        await self._is_stopped.wait()
        return False

    async def _is_pulled(self, name: str) -> bool:
        """Pulls a private image by the Secrets of the pod, again and again until the pod is deleted."""
        while not self._is_stopped.is_set():
            for entry in self.pod["spec"].get("imagePullSecrets") or ():
                with contextlib.suppress(LookupError):
                    namespace = self.pod["metadata"]["namespace"]
                    secret = await self._api.get(f"/api/v1/namespaces/{namespace}/secrets/{entry['name']}")
                    config = json.loads(base64.b64decode(secret["data"][".dockerconfigjson"]))
                    account = config["auths"].get(PRIVATE.strip("/"), {})
                    if base64.b64decode(account.get("auth", "")).decode() == PASSWORD:
                        return True
            self._states[name] = {"waiting": {"reason": "ErrImagePull", "message": "pull access denied"}}
            await self._write()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.2):
                    await self._is_stopped.wait()
        return False

    async def _volumes(self) -> dict[str, Path]:
        found = {}
        for volume in self.pod["spec"].get("volumes") or ():
            folder = self._folder / "volumes" / volume["name"]
            if "hostPath" in volume:
                folder = Path(volume["hostPath"]["path"])
            elif "persistentVolumeClaim" in volume:
                folder = self._claims / volume["persistentVolumeClaim"]["claimName"]
                folder.mkdir(parents=True, exist_ok=True)
                folder.chmod(0o777)
            else:
                folder.mkdir(parents=True)
                folder.chmod(0o777)
            if "configMap" in volume:
                namespace = self.pod["metadata"]["namespace"]
                config = await self._api.get(f"/api/v1/namespaces/{namespace}/configmaps/{volume['configMap']['name']}")
                for name, text in config["data"].items():
                    (folder / name).write_text(text)
            found[volume["name"]] = folder
        return found

    def _begin_stop(self, grace_secs: float) -> None:
        self._is_stopped.set()
        self._stopping = asyncio.create_task(self._stop(grace_secs))

    async def _stop(self, grace_secs: float) -> None:
        for name, process in self.processes.items():
            if name not in self._sidecars:
                process.signal(signal.SIGTERM)
        until = asyncio.get_running_loop().time() + grace_secs
        while any(not process.log.is_over for process in self.processes.values()):
            if asyncio.get_running_loop().time() >= until:
                self.kill()
            await asyncio.sleep(0.02)

    async def _write(self) -> None:
        """Writes the status; a pod that is gone has none. One write follows another: the server refuses to go back."""
        async with self._writing:
            await self._write_now()

    async def _write_now(self) -> None:
        inits = {container["name"] for container in self.pod["spec"].get("initContainers") or ()}
        images = {
            one["name"]: one["image"]
            for one in (*(self.pod["spec"].get("initContainers") or ()), *self.pod["spec"]["containers"])
        }
        statuses = [
            {
                "name": name,
                "image": images[name],
                "imageID": "",
                "ready": "running" in state,
                "restartCount": 0,
                "state": state,
            }
            for name, state in self._states.items()
        ]
        status = {
            "phase": self._phase,
            "initContainerStatuses": [one for one in statuses if one["name"] in inits],
            "containerStatuses": [one for one in statuses if one["name"] not in inits],
            **self._more,
        }
        with contextlib.suppress(LookupError):
            await self._api.patch(f"{self.path}/status", {"status": status})


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
