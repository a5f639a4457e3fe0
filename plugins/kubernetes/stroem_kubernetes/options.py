"""The `options` of actions that run in pods."""

from typing import Literal

import attrs

from stroem.containers.registry_auth import RegistryAuth
from stroem.definitions.values import Json

Pull = Literal["always", "missing", "never"]
HostNamespace = Literal["network", "pid", "ipc"]


@attrs.frozen(kw_only=True)
class PodOptions:
    """The `options` of an action.

    `user` is `UID` or `UID:GID`. `writable` makes the image's files writable for the step. `capabilities` are added to
    none; `volumes` are written `SOURCE:TARGET[:ro]`, where the source is a folder of the node or the name of a
    PersistentVolumeClaim. `runtime` is the name of a RuntimeClass.
    """

    pull: Pull | None = None
    registry_auth: RegistryAuth | None = None
    user: str | None = None
    writable: bool = False
    capabilities: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    runtime: str | None = None
    privileged: bool = False
    host_namespaces: tuple[HostNamespace, ...] = ()
    node_selector: dict[str, str] = attrs.Factory(dict)
    tolerations: tuple[dict[str, Json], ...] = ()
    service_account: str | None = None
    image_pull_secrets: tuple[str, ...] = ()
