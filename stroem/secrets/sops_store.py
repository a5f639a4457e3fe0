"""Secrets in files that SOPS has encrypted, on the server's machine."""

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
from stroem.secrets.program import ProgramFailed, run_program

_AT_ONCE = 4


@attrs.frozen(kw_only=True)
class SopsStore:
    """Files below `folder` that SOPS has encrypted: `ref+sops://shop/db.yaml#/password` is an entry of such a file.

    `program` decrypts them, SOPS 3.9 or later, with the variables of the server and the age keys in `age_key_file`.
    Files have at most `max_bytes`.
    """

    name: ClassVar[str] = "sops"

    folder: Path = attrs.field(validator=check_folder)
    age_key_file: Path | None = None
    program: str = "sops"
    max_bytes: Annotated[int, Range(at_least=1, at_most=1024 * 1024)] = 256 * 1024

    async def read(
        self, workspace: str, references: Sequence[SecretReference]
    ) -> Mapping[SecretReference, str | Unreadable]:
        """The contents of decrypted files, or entries of them. Each file is decrypted once."""
        slots = asyncio.Semaphore(_AT_ONCE)
        wanted = sorted({(one.path, one.key is not None) for one in references})
        found = await asyncio.gather(*(self._decrypted(*one, slots) for one in wanted))
        documents = dict(zip(wanted, found, strict=True))
        return {one: _value(documents[one.path, one.key is not None], one.key) for one in references}

    async def close(self) -> None:
        """Nothing to close."""

    async def _decrypted(self, path: str, has_keys: bool, slots: asyncio.Semaphore) -> bytes | Unreadable:
        """A decrypted file, as JSON if entries of it are wanted. Raises StoreFailed."""
        async with slots:
            data = await asyncio.to_thread(read_below, self.folder, path, self.max_bytes)
            if isinstance(data, Unreadable):
                return data
            words = [self.program, "decrypt", f"--filename-override={Path(path).name}"]
            keys = {} if self.age_key_file is None else {"SOPS_AGE_KEY_FILE": str(self.age_key_file)}
            try:
                return await run_program([*words, *(["--output-type=json"] if has_keys else [])], data, keys)
            except ProgramFailed as error:
                return Unreadable(f"cannot decrypt that file ({error}); `sops decrypt` on the server tells why")


def _value(document: bytes | Unreadable, key: str | None) -> str | Unreadable:
    return document if isinstance(document, Unreadable) else entry_of(document, key)
