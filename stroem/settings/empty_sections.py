"""Sections of a server's settings that must not be empty."""

from collections.abc import Mapping
from typing import Any

from stroem.errors import FieldError

_MESSAGES = {
    "auth": "has no value: set `auth.initial_user` or `auth.providers` for sign-in, or remove it to have none",
    "acl": "has no value: remove it, or write {} to deny everything",
    "rules": "has no value: remove it to have no rules, or write [] so that only administrators may do anything",
}


def empty_sections(data: Mapping[str, Any]) -> tuple[FieldError, ...]:
    """Mistakes of sections without a value, which may be there because all their lines were taken out."""
    return tuple(
        FieldError(field=name, message=message) for name, message in _MESSAGES.items() if data.get(name, ...) is None
    )
