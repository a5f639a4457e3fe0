"""The docker plugin: steps as containers."""

from collections.abc import Sequence

from stroem.hookspecs import hookimpl
from stroem.interfaces.runner import Runner


@hookimpl
def stroem_runners() -> Sequence[type[Runner]]:
    """Hands over the runner named `docker`."""
    from stroem_docker.runner import DockerRunner  # loaded only by those who ask for runners

    return [DockerRunner]
