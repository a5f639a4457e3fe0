"""Secrets in files of the server's machine."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar

import attrs

from stroem.conversion.constraints import Range
from stroem.definitions.secret_reference import SecretReference
from stroem.files.open_beneath import open_beneath
from stroem.interfaces.options import option_error
from stroem.interfaces.secret_store import Unreadable
from stroem.secrets.documents import entry_of


def _check_folder(_: object, attribute: "attrs.Attribute[Any]", value: Path) -> None:
    if not value.is_absolute() or value == Path("/"):
        raise option_error(attribute.name, "must be the absolute path of a folder, and not that of all files")


@attrs.frozen(kw_only=True)
class FileStore:
    """Files below `folder`, of at most `max_bytes`: `ref+file://shop/password`; with `#/KEY` an entry of YAML or JSON.

    Links are followed inside the folder only.
    """

    name: ClassVar[str] = "file"

    folder: Path = attrs.field(validator=_check_folder)
    max_bytes: Annotated[int, Range(at_least=1, at_most=1024 * 1024)] = 64 * 1024

    async def read(
        self, workspace: str, references: Sequence[SecretReference]
    ) -> Mapping[SecretReference, str | Unreadable]:
        """The contents of files, or entries of them."""
        return await asyncio.to_thread(lambda: {one: self._value(one) for one in references})

    async def close(self) -> None:
        """Nothing to close."""

    def _value(self, reference: SecretReference) -> str | Unreadable:
        try:
            folder = self.folder.resolve(strict=True)
            found = (folder / reference.path).resolve(strict=True)
            if not found.is_relative_to(folder):
                return Unreadable("has a link there that leads out of its folder")
            with os.fdopen(open_beneath(folder, str(found.relative_to(folder))), "rb") as file:
                data = file.read(self.max_bytes + 1)
        except (OSError, RuntimeError, ValueError) as error:  # a circle of links; a NUL in the path
            told = getattr(error, "strerror", None) or "it is no plain file"
            return Unreadable(f"cannot read that file: {told}")
        if len(data) > self.max_bytes:
            return Unreadable(f"has a file there of more than {self.max_bytes} bytes")
        return entry_of(data, reference.key)
