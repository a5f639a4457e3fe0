"""A secret store of tests."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import ClassVar

import attrs

from stroem.definitions.secret_reference import SecretReference
from stroem.interfaces.secret_store import Unreadable


@attrs.frozen(kw_only=True)
class Safe:
    """A store of tests: what it holds, what was read of it, and how it fails."""

    name: ClassVar[str] = "safe"
    held: ClassVar[dict[str, str]] = {}
    reads: ClassVar[list[list[str]]] = []
    failure: ClassVar[list[BaseException]] = []
    closed: ClassVar[list[str]] = []

    title: str = "safe"

    async def read(
        self, workspace: str, references: Sequence[SecretReference]
    ) -> Mapping[SecretReference, str | Unreadable]:
        self.reads.append([one.place for one in references])
        if self.failure:
            if isinstance(self.failure[0], asyncio.CancelledError):
                await asyncio.Event().wait()
            raise self.failure[0]
        return {one: self.held.get(one.place, Unreadable("has no such secret")) for one in references}

    async def close(self) -> None:
        self.closed.append(self.title)

    @classmethod
    def empty(cls) -> None:
        """Forgets everything that tests have put here."""
        cls.held.clear()
        cls.reads.clear()
        cls.failure.clear()
        cls.closed.clear()
