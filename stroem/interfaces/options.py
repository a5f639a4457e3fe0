"""How the class of a plugin checks what the operator sets for it."""

from typing import Any

import attrs

from stroem.errors import FieldError, SettingsError

SECRET_LENGTH = 16
"""So many characters has a secret at least that nobody can guess."""


def option_error(option: str, message: str) -> SettingsError:
    """What a class raises when an option is wrong. The message, which holds no secret, is shown beside its name."""
    return SettingsError(problems=f"{option}: {message}", fields=(FieldError(field=option, message=message),))


def check_secret(_: object, attribute: "attrs.Attribute[Any]", value: str | None) -> None:
    """A validator for `attrs.field`: a secret is long enough and has no white space around it. None is let through."""
    if value is None:
        return
    if value != value.strip():
        raise option_error(attribute.name, "begins or ends with white space")
    if len(value) < SECRET_LENGTH:
        raise option_error(attribute.name, f"must have at least {SECRET_LENGTH} characters, has {len(value)}")
