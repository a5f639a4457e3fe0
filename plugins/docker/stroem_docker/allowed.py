"""What steps may have of the host, as the worker's owner allows."""

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from posixpath import normpath

import attrs

from stroem.interfaces.runner import RunnerFailed
from stroem_docker.options import ContainerOptions

USUAL_CAPABILITIES = (
    "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE", "SETGID", "SETPCAP", "SETUID",
)  # fmt: skip
"""Capabilities that reach nothing outside of the container."""

_SOCKETS = ("docker.sock", "podman.sock", "containerd.sock")


@attrs.frozen(kw_only=True)
class Allowed:
    """Names, or patterns with `*`, of what steps may ask for. A socket of an engine has to be named itself."""

    images: tuple[str, ...] = ("*",)
    volumes: tuple[str, ...] = ()
    networks: tuple[str, ...] = ("bridge", "none")
    runtimes: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = USUAL_CAPABILITIES
    gpus: bool = False
    privileged: bool = False

    def check(self, image: str, options: ContainerOptions) -> None:
        """Raises `RunnerFailed` with all that is asked for and not allowed."""
        if refused := list(self._refused(image, options)):
            raise RunnerFailed(
                f"This worker does not allow {'; '.join(refused)}. Its owner allows it under `runners.docker.allow`."
            )

    def _refused(self, image: str, options: ContainerOptions) -> Iterator[str]:
        if not _matches(image, self.images):
            yield f"the image {image!r}"
        for volume in options.volumes:
            if not self._may_mount(volume.partition(":")[0]):
                yield f"the volume {volume!r}"
        if options.network is not None and not _matches(options.network, self.networks):
            yield f"the network {options.network!r}"
        if options.runtime is not None and options.runtime not in self.runtimes:
            yield f"the runtime {options.runtime!r}"
        for capability in options.capabilities:
            if capability.upper().removeprefix("CAP_") not in self.capabilities:
                yield f"the capability {capability!r}"
        if options.gpus and not self.gpus:
            yield "GPUs"
        if options.privileged and not self.privileged:
            yield "privileged containers"

    def _may_mount(self, source: str) -> bool:
        if not source.startswith("/"):
            return "/" not in source and _matches(source, self.volumes)
        path = normpath(source)
        if path.endswith(_SOCKETS):
            return path in self.volumes
        return path == source.rstrip("/") and _matches(path, self.volumes)


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
