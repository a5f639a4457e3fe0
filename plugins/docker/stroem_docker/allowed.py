"""What steps may have of the host, as the worker's owner allows."""

from collections.abc import Iterator
from os.path import realpath
from posixpath import normpath

import attrs

from stroem.containers.allowances import USUAL_CAPABILITIES, capability_name, matches
from stroem.interfaces.runner import RunnerFailed
from stroem_docker.options import ContainerOptions

_SOCKETS = ("docker.sock", "podman.sock", "containerd.sock")


@attrs.frozen(kw_only=True)
class Allowed:
    """Names, or patterns with `*`, of what steps may ask for.

    Only a whole name allows the socket of an engine, the network of the host and that of another container.
    """

    images: tuple[str, ...] = ("*",)
    volumes: tuple[str, ...] = ()
    networks: tuple[str, ...] = ("bridge", "none")
    runtimes: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = USUAL_CAPABILITIES
    gpus: bool = False
    privileged: bool = False

    def check(self, image: str, options: ContainerOptions, gpus: int) -> None:
        """Raises `RunnerFailed` with all that is asked for and not allowed."""
        if refused := list(self._refused(image, options, gpus)):
            raise RunnerFailed(
                f"This worker does not allow {'; '.join(refused)}. Its owner allows it under `runners.docker.allow`."
            )

    def _refused(self, image: str, options: ContainerOptions, gpus: int) -> Iterator[str]:
        if not matches(image, self.images):
            yield f"the image {image!r}"
        for volume in options.volumes:
            if not self._may_mount(volume.partition(":")[0]):
                yield f"the volume {volume!r}"
        if options.network is not None and not self._may_join(options.network):
            yield f"the network {options.network!r}"
        if options.runtime is not None and options.runtime not in self.runtimes:
            yield f"the runtime {options.runtime!r}"
        for capability in options.capabilities:
            if capability_name(capability) not in self.capabilities:
                yield f"the capability {capability!r}"
        if gpus and not self.gpus:
            yield "GPUs"
        if options.privileged and not self.privileged:
            yield "privileged containers"

    def _may_mount(self, source: str) -> bool:
        if not source.startswith("/"):
            return "/" not in source and matches(source, self.volumes)
        path = normpath(source)
        return path == (source.rstrip("/") or "/") and all(map(self._may_see, (path, realpath(path))))

    def _may_see(self, path: str) -> bool:
        """Whether a path of the host is allowed. A link leads to another path, which has to be allowed too."""
        return path in self.volumes or (not path.endswith(_SOCKETS) and matches(path, self.volumes))

    def _may_join(self, network: str) -> bool:
        """Whether a network is allowed; those of the host and of other containers only by name."""
        if network == "host" or network.startswith("container:"):
            return network in self.networks
        return matches(network, self.networks)
