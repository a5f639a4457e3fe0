"""Allow list of the worker's owner for the pods of steps."""

from collections.abc import Iterator, Mapping, Sequence
from posixpath import normpath
from typing import Any

import attrs

from stroem.containers.allowances import USUAL_CAPABILITIES, capability_name, matches
from stroem.interfaces.runner import RunnerFailed
from stroem_kubernetes.marks import CLAIM_PREFIX
from stroem_kubernetes.options import HostNamespace

_SOCKETS = ("docker.sock", "podman.sock", "containerd.sock", "crio.sock")
_NAMESPACES = {"hostNetwork": "network", "hostPID": "pid", "hostIPC": "ipc"}
_CONTAINERS = ("initContainers", "containers", "ephemeralContainers")


@attrs.frozen(kw_only=True)
class Allowed:
    """Names, or patterns with `*`, of what pods may have. Only a whole path allows the socket of an engine."""

    images: tuple[str, ...] = ("*",)
    volumes: tuple[str, ...] = ()
    claims: tuple[str, ...] = ("*",)
    runtimes: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = USUAL_CAPABILITIES
    service_accounts: tuple[str, ...] = ()
    host_namespaces: tuple[HostNamespace, ...] = ()
    gpus: bool = False
    privileged: bool = False
    privilege_escalation: bool = False

    def check(
        self,
        spec: Mapping[str, Any],
        own_images: Sequence[str],
        own_account: str | None,
        gpu: str,
        own_claim: str | None = None,
    ) -> None:
        """Raises `RunnerFailed` with all that a pod's spec asks for and is not allowed.

        `own_images` and `own_account` are those of the worker's settings, `gpu` is the resource of GPUs. `own_claim` is
        that of the pod's job; nobody else's is allowed.
        """
        found = [
            *self._of_pod(spec, own_account, own_claim),
            *(
                word
                for kind in _CONTAINERS
                for container in _objects(spec.get(kind))
                for word in self._of_container(container, own_images, gpu)
            ),
        ]
        if found:
            words = "; ".join(dict.fromkeys(found))
            raise RunnerFailed(f"This worker does not allow {words}. Its owner allows it under `runners.pod.allow`.")

    def _of_pod(self, spec: Mapping[str, Any], own_account: str | None, own_claim: str | None) -> Iterator[str]:
        for field, name in _NAMESPACES.items():
            if spec.get(field) and name not in self.host_namespaces:
                yield f"the host's namespace {name!r} ({field})"
        for volume in _objects(spec.get("volumes")):
            yield from self._of_volume(volume, own_claim)
        runtime = spec.get("runtimeClassName")
        if runtime is not None and runtime not in self.runtimes:
            yield f"the runtime {runtime!r}"
        account = spec.get("serviceAccountName") or spec.get("serviceAccount")
        if account is not None and account != own_account and not matches(account, self.service_accounts):
            yield f"the service account {account!r}"
        yield from self._of_security(spec.get("securityContext"))

    def _of_volume(self, volume: Mapping[str, Any], own_claim: str | None) -> Iterator[str]:
        if "hostPath" in volume:
            path = str((volume["hostPath"] or {}).get("path", ""))
            if not self._may_mount(path):
                yield f"the folder {path!r} of the node (hostPath)"
        claim = volume.get("persistentVolumeClaim")
        name = None if claim is None else str(claim.get("claimName"))
        is_of_job = name is not None and name.startswith(CLAIM_PREFIX)
        if name not in (None, own_claim) and (is_of_job or not matches(str(name), self.claims)):
            yield f"the claim {name!r}"
        sources = (volume.get("projected") or {}).get("sources")
        if any("serviceAccountToken" in source for source in _objects(sources)) and not self.service_accounts:
            yield "tokens of service accounts"

    def _of_container(self, container: Mapping[str, Any], own_images: Sequence[str], gpu: str) -> Iterator[str]:
        image = str(container.get("image"))
        if image not in own_images and not matches(image, self.images):
            yield f"the image {image!r}"
        yield from self._of_security(container.get("securityContext"))
        limits = (container.get("resources") or {}).get("limits") or {}
        if gpu in limits and not self.gpus:
            yield "GPUs"
        if any("hostPort" in port for port in _objects(container.get("ports"))) and (
            "network" not in self.host_namespaces
        ):
            yield "ports of the host (hostPort)"

    def _of_security(self, security: Any) -> Iterator[str]:
        security = security or {}
        if security.get("privileged") and not self.privileged:
            yield "privileged containers"
        if security.get("allowPrivilegeEscalation") and not (self.privileged or self.privilege_escalation):
            yield "privilege escalation (allowPrivilegeEscalation)"
        for capability in (security.get("capabilities") or {}).get("add") or ():
            if capability_name(str(capability)) not in self.capabilities:
                yield f"the capability {capability!r}"
        if (security.get("seccompProfile") or {}).get("type") == "Unconfined" and not self.privileged:
            yield "system calls without a filter (seccompProfile)"
        if security.get("procMount") not in (None, "Default") and not self.privileged:
            yield "an unmasked /proc (procMount)"
        if (security.get("windowsOptions") or {}).get("hostProcess") and not self.privileged:
            yield "processes of the host (windowsOptions)"

    def _may_mount(self, path: str) -> bool:
        if path in self.volumes:
            return True
        is_plain = path.startswith("/") and normpath(path) == (path.rstrip("/") or "/")
        return is_plain and not path.rstrip("/").endswith(_SOCKETS) and matches(path, self.volumes)


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
