"""Interface of secret stores, such as a vault."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Protocol

import attrs

from stroem.definitions.secret_reference import SecretReference


@attrs.frozen
class Unreadable:
    """The answer for a secret that cannot be read. The `reason` ends the sentence "store NAME …", without values."""

    reason: str


class SecretStore(Protocol):
    """A store of secrets.

    An attrs class; its fields are the options beside `type:` under `secret_stores:` in the server's settings. It reads
    the references `ref+NAME://PATH#/KEY`, in which NAME is its key there.
    """

    name: ClassVar[str]

    async def read(
        self, workspace: str, references: Sequence[SecretReference]
    ) -> Mapping[SecretReference, str | Unreadable]:
        """The values of these references for a workspace, and the reasons for those without one.

        The settings allow the workspace to read them.
        Cancelled when it takes longer than the `timeout` of the settings. Raises `StoreFailed` if none can be read.
        """
        ...

    async def close(self) -> None:
        """Closes connections; called when the server stops or the store's settings change."""
        ...


class StoreFailed(Exception):
    """The store cannot be read now. The message ends the sentence "store NAME …", without credentials."""
