"""Secrets that the server keeps itself, encrypted in its database."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import ClassVar

import attrs

from stroem.definitions.secret_reference import SecretReference
from stroem.interfaces.secret_store import StoreFailed, Unreadable

SealedReader = Callable[[str, Collection[str]], Awaitable[Mapping[str, str | Unreadable]]]
"""Reads secrets of a workspace by name, without those that are not there."""


@attrs.define(kw_only=True, slots=False)
class SealedStore:
    """Secrets that `stroem secrets set` has put into the database, encrypted: `ref+stroem://DB_PASSWORD`.

    Each belongs to one workspace, and no other reads it.
    """

    name: ClassVar[str] = "stroem"

    def __attrs_post_init__(self) -> None:
        self._reader: SealedReader | None = None

    def use(self, reader: SealedReader) -> None:
        """Gives the store what it reads with."""
        self._reader = reader

    async def read(
        self, workspace: str, references: Sequence[SecretReference]
    ) -> Mapping[SecretReference, str | Unreadable]:
        """The values of secrets of the workspace."""
        if self._reader is None:
            raise StoreFailed("is not in use by this process")
        found = await self._reader(workspace, {one.path for one in references if one.key is None})
        return {one: _answer(one, found) for one in references}

    async def close(self) -> None:
        """Nothing to close."""


def _answer(reference: SecretReference, found: Mapping[str, str | Unreadable]) -> str | Unreadable:
    if reference.key is not None:
        return Unreadable("has no keys: a secret is one value")
    return found.get(reference.path, Unreadable("has no such secret of this workspace: stroem secrets set makes it"))
