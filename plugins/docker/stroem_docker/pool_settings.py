"""The settings of containers that are kept ready."""

import attrs

from stroem.containers.pool_size import check_pool_size
from stroem.definitions.action import Resources
from stroem.definitions.amounts import faults
from stroem_docker.options import ContainerOptions


@attrs.frozen(kw_only=True)
class PoolSettings:
    """Keeps `size` containers of an image ready, for steps that ask for the same image, resources and options.

    With `workspace` they are for scripts and for actions with a `workdir`, without it for other actions of type docker.
    """

    image: str
    size: int = 1
    workspace: bool = True
    resources: Resources = attrs.Factory(Resources)
    options: ContainerOptions = attrs.Factory(ContainerOptions)

    def __attrs_post_init__(self) -> None:
        """Raises `ValueError` for a size that is none, and for resources that are no amounts."""
        check_pool_size(self.size)
        for name, fault in faults(self.resources):
            raise ValueError(f"`resources.{name}`: {fault}")
