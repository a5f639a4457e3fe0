"""The settings of pods that are kept ready."""

import attrs

from stroem.containers.pool_size import check_pool_size
from stroem.definitions.action import Resources
from stroem_kubernetes.options import PodOptions


@attrs.frozen(kw_only=True)
class PoolSettings:
    """Keeps `size` pods of an image ready, for steps that ask for the same image, resources and options.

    With `workspace` they are for scripts and for actions with a `workdir`, without it for other actions.
    """

    image: str
    size: int = 1
    workspace: bool = True
    resources: Resources = attrs.Factory(Resources)
    options: PodOptions = attrs.Factory(PodOptions)

    def __attrs_post_init__(self) -> None:
        """Raises `ValueError` for a size that is none, and for a pool that serves no step."""
        check_pool_size(self.size)
        if self.options.pull == "always" or self.options.registry_auth is not None:
            raise ValueError(
                f"the pool of {self.image} serves no step: with `pull: always` and with `registry_auth` each gets a "
                "new pod"
            )
