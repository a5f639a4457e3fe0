"""Secrets in files of the server's machine."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, ClassVar

import attrs

from stroem.conversion.constraints import Range
from stroem.definitions.secret_reference import SecretReference
from stroem.interfaces.secret_store import Unreadable
from stroem.secrets.documents import entry_of
from stroem.secrets.files_below import check_folder, read_below


@attrs.frozen(kw_only=True)
class FileStore:
    """Files below `folder`, of at most `max_bytes`: `ref+file://shop/password`; with `#/KEY` an entry of YAML or JSON.

    Links are followed inside the folder only.
    """

    name: ClassVar[str] = "file"

    folder: Path = attrs.field(validator=check_folder)
    max_bytes: Annotated[int, Range(at_least=1, at_most=1024 * 1024)] = 64 * 1024

    async def read(
        self, workspace: str, references: Sequence[SecretReference]
    ) -> Mapping[SecretReference, str | Unreadable]:
        """The contents of files, or entries of them."""
        return await asyncio.to_thread(lambda: {one: self._value(one) for one in references})

    async def close(self) -> None:
        """Nothing to close."""

    def _value(self, reference: SecretReference) -> str | Unreadable:
        data = read_below(self.folder, reference.path, self.max_bytes)
        return data if isinstance(data, Unreadable) else entry_of(data, reference.key)
