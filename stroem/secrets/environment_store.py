"""Secrets in environment variables of the server."""

import os
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import attrs

from stroem.definitions.secret_reference import SecretReference
from stroem.interfaces.options import option_error
from stroem.interfaces.secret_store import Unreadable

_OF_SERVER = "STROEM_"
_SHORTEST = 3


def _check_prefix(_: object, attribute: "attrs.Attribute[Any]", value: str) -> None:
    if len(value) < _SHORTEST:
        raise option_error(attribute.name, f"must have at least {_SHORTEST} characters")
    if value.upper().startswith(_OF_SERVER):
        raise option_error(attribute.name, f"must not begin with {_OF_SERVER}: these variables are settings of Strøm")


@attrs.frozen(kw_only=True)
class EnvironmentStore:
    """Environment variables of the server whose names begin with `prefix`: `ref+env://SHOP_PASSWORD`."""

    name: ClassVar[str] = "env"

    prefix: str = attrs.field(validator=_check_prefix)

    async def read(
        self, workspace: str, references: Sequence[SecretReference]
    ) -> Mapping[SecretReference, str | Unreadable]:
        """The values of variables."""
        return {one: self._value(one) for one in references}

    async def close(self) -> None:
        """Nothing to close."""

    def _value(self, reference: SecretReference) -> str | Unreadable:
        if reference.key is not None:
            return Unreadable("has no keys: a variable is one value")
        if not reference.path.startswith(self.prefix):
            return Unreadable(f"gives only variables that begin with {self.prefix!r}")
        return os.environ.get(reference.path) or Unreadable("has no such variable, or it is empty")
