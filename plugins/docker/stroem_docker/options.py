"""What a step may ask of its container besides the fields of its action."""

from typing import Literal

import attrs

from stroem.containers.registry_auth import RegistryAuth

Pull = Literal["always", "missing", "never"]


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
