"""What a step may ask of its container besides the fields of its action."""

from typing import Literal

import attrs

Pull = Literal["always", "missing", "never"]


@attrs.frozen(kw_only=True)
class RegistryAuth:
    """The account of a registry; `server` only if the image's name does not tell it."""

    username: str
    password: str = attrs.field(repr=False)
    server: str | None = None


@attrs.frozen(kw_only=True)
class ContainerOptions:
    """The `options` of an action.

    `user` is a name or number, with `:group` if wanted. `writable` makes the image's files writable for the step.
    `capabilities` are added to none; `volumes` are written `SOURCE:TARGET[:ro]`, where the source is a folder of the
    host or the name of a volume. `shm` and `pids` limit the step; `gpus` is a number, or -1 for all.
    """

    pull: Pull | None = None
    registry_auth: RegistryAuth | None = None
    user: str | None = None
    writable: bool = False
    capabilities: tuple[str, ...] = ()
    network: str | None = None
    volumes: tuple[str, ...] = ()
    runtime: str | None = None
    shm: str | None = None
    pids: int | None = None
    gpus: int = 0
    privileged: bool = False
