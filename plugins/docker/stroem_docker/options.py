"""What a step may ask of its container besides the fields of its action."""

from collections.abc import Callable, Iterable, Iterator
from typing import Literal

import attrs

from stroem.containers.allowances import check_capability
from stroem.containers.registry_auth import RegistryAuth
from stroem.containers.volumes import volume_of

Pull = Literal["always", "missing", "never"]

_TEMPLATE = "{{"


@attrs.frozen(kw_only=True)
class ContainerOptions:
    """The `options` of an action.

    `user` is a name or number, with `:group` if wanted. `writable` makes the image's files writable for the step.
    `capabilities` are added to none; `volumes` are written `SOURCE:TARGET[:ro]`, where the source is a folder of the
    host or the name of a volume.
    """

    pull: Pull | None = None
    registry_auth: RegistryAuth | None = None
    user: str | None = None
    writable: bool = False
    capabilities: tuple[str, ...] = ()
    network: str | None = None
    volumes: tuple[str, ...] = ()
    runtime: str | None = None
    privileged: bool = False

    def __attrs_post_init__(self) -> None:
        """Raises `ValueError` for volumes and capabilities that no worker takes. Templates are not checked."""
        faults = [*_faults(volume_of, self.volumes), *_faults(check_capability, self.capabilities)]
        if faults:
            raise ValueError("; ".join(faults))


def _faults(check: Callable[[str], object], texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        try:
            if _TEMPLATE not in text:
                check(text)
        except ValueError as error:
            yield str(error)
