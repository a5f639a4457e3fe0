"""The kubernetes plugin: steps as pods."""

from collections.abc import Sequence

from stroem.hookspecs import hookimpl
from stroem.interfaces.runner import Runner


@hookimpl
def stroem_runners() -> Sequence[type[Runner]]:
    """Hands over the runner named `pod`."""
    from stroem_kubernetes.runner import KubernetesRunner  # loaded only by those who ask for runners

    return [KubernetesRunner]
