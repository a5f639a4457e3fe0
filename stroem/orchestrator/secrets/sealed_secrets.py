"""Secrets that the server keeps itself: set, listed, removed, read, their keys changed."""

import base64
import re
import uuid
from collections.abc import Collection, Mapping

import attrs

from stroem.errors import BadRequest, FieldError, InvalidInput, NotFound
from stroem.interfaces.secret_store import Unreadable
from stroem.orchestrator.secrets.job_inputs import JobInputs
from stroem.orchestrator.secrets.sealed_values import Place, SealedValues
from stroem.secrets.envelope import CannotOpen, KeyRing, Sealed, packing
from stroem.store.database import Database
from stroem.store.secrets import sealed_columns, sealed_inputs
from stroem.store.secrets import sealed_secrets as rows
from stroem.store.secrets.sealed_columns import SealedColumn
from stroem.store.secrets.sealed_secrets import SealedRow, SecretItem

MOST_CHARS = 64 * 1024
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_BATCH = 100
_COLUMNS = {
    Place.DELIVERY: SealedColumn(table="hook_deliveries", column="fire", identity=("workspace", "trigger", "at")),
    Place.DEBOUNCED: SealedColumn(table="debounced_fires", column="fire", identity=("workspace", "trigger", "key")),
    Place.SIGNAL: SealedColumn(table="messages", column="payload", identity=("job_id", "kind")),
}
"""Columns with encrypted values."""


@attrs.frozen(kw_only=True)
class Rewrapped:
    """How many secrets have the current key now, and how many could not be changed.

    `inputs` are encrypted inputs of jobs, requests to webhooks, fires and signals.
    """

    changed: int
    failed: int
    inputs: int
    failed_inputs: int
    key_id: str


class SealedSecrets:
    """Encrypted secrets of workspaces. Values are answered to nobody but the store that reads them for steps."""

    def __init__(self, database: Database, keys: KeyRing | None, inputs: JobInputs, rows: SealedValues) -> None:
        self._database = database
        self._keys = keys
        self._inputs = inputs
        self._rows = rows

    async def set(self, workspace: str, name: str, value: str, by: str) -> int:
        """Stores a value and returns its version. Raises InvalidInput, BadRequest."""
        if not _NAME.fullmatch(name):
            raise _invalid("name", "must consist of up to 128 letters, digits, '.', '_' and '-'")
        if not value or len(value) > MOST_CHARS or "\0" in value:
            raise _invalid("value", f"must have 1 to {MOST_CHARS} characters, and no NUL")
        seal = uuid.uuid4()
        sealed = self._ring().seal(value.encode(), workspace, name, str(seal))
        row = SealedRow(workspace=workspace, name=name, seal=seal, **attrs.asdict(sealed))
        async with self._database.begin() as connection:
            return await rows.put(connection, row, by)

    async def remove(self, workspace: str, name: str) -> None:
        """Deletes a secret. Raises NotFound."""
        async with self._database.begin() as connection:
            if not await rows.remove(connection, workspace, name):
                raise NotFound(kind="Secret", name=name)

    async def list(self, workspace: str, limit: int, offset: int) -> tuple[tuple[SecretItem, ...], int]:
        """The secrets of a workspace without their values, and their number."""
        async with self._database.read() as connection:
            return await rows.list_items(connection, workspace, limit, offset)

    async def read(self, workspace: str, names: Collection[str]) -> Mapping[str, str | Unreadable]:
        """The values of secrets, or the reasons why they cannot be decrypted."""
        async with self._database.read() as connection:
            found = await rows.read(connection, workspace, names)
        return {row.name: self._opened(row) for row in found}

    async def rewrap(self) -> Rewrapped:
        """Encrypts data keys of secrets and of inputs with the current key, in batches. Raises BadRequest."""
        keys = self._ring()
        changed, failed = await self._rewrap_secrets(keys)
        inputs, failed_inputs = await self._rewrap_inputs(keys)
        for place, column in _COLUMNS.items():
            more, failed_more = await self._rewrap_column(keys, place, column)
            inputs, failed_inputs = inputs + more, failed_inputs + failed_more
        return Rewrapped(
            changed=changed, failed=failed, inputs=inputs, failed_inputs=failed_inputs, key_id=keys.current
        )

    async def _rewrap_secrets(self, keys: KeyRing) -> tuple[int, int]:
        changed = failed = 0
        last = ("", "")
        while True:
            async with self._database.begin() as connection:
                batch = await rows.wrapped_otherwise(connection, keys.current, last, _BATCH)
                for row in batch:
                    try:
                        sealed = keys.rewrap(_sealed(row), *_identity(row))
                    except CannotOpen:
                        failed += 1
                        continue
                    await rows.rewrap(connection, attrs.evolve(row, key_id=sealed.key_id, data_key=sealed.data_key))
                    changed += 1
            if not batch:
                return changed, failed
            last = (batch[-1].workspace, batch[-1].name)

    async def _rewrap_inputs(self, keys: KeyRing) -> tuple[int, int]:
        changed = failed = 0
        last = sealed_inputs.FIRST_ID
        while True:
            async with self._database.begin() as connection:
                batch = await sealed_inputs.sealed_otherwise(connection, packing(keys.current), last, _BATCH)
                for job_id, envelope in batch:
                    try:
                        changed_envelope = self._inputs.rewrapped(job_id, envelope)
                    except CannotOpen:
                        failed += 1
                        continue
                    await sealed_inputs.reseal(connection, job_id, changed_envelope)
                    changed += 1
            if not batch:
                return changed, failed
            last = batch[-1][0]

    async def _rewrap_column(self, keys: KeyRing, place: Place, column: SealedColumn) -> tuple[int, int]:
        start = base64.b64encode(packing(keys.current)).decode()
        changed = failed = last = 0
        while True:
            async with self._database.begin() as connection:
                batch = await sealed_columns.sealed_otherwise(connection, column, start, last, _BATCH)
                for number, stored, identity in batch:
                    try:
                        value = self._rows.rewrapped(stored, place, *identity)
                    except CannotOpen:
                        failed += 1
                        continue
                    await sealed_columns.reseal(connection, column, number, value)
                    changed += 1
            if not batch:
                return changed, failed
            last = batch[-1][0]

    def _opened(self, row: SealedRow) -> str | Unreadable:
        try:
            return self._ring().open(_sealed(row), *_identity(row)).decode()
        except CannotOpen as error:
            return Unreadable(f"cannot decrypt it: {error}")

    def _ring(self) -> KeyRing:
        if self._keys is None:
            raise BadRequest(message="This server has no key for secrets")
        return self._keys


def _sealed(row: SealedRow) -> Sealed:
    return Sealed(key_id=row.key_id, data_key=row.data_key, value=row.value)


def _identity(row: SealedRow) -> tuple[str, str, str]:
    return row.workspace, row.name, str(row.seal)


def _invalid(field: str, message: str) -> InvalidInput:
    return InvalidInput(problems=f"{field} {message}", fields=(FieldError(field=field, message=message),))
