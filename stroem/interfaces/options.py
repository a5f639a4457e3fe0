"""Errors and validators of plugin options."""

from typing import Any

import attrs

from stroem.errors import FieldError, SettingsError

SECRET_LENGTH = 16
"""Minimum length of a secret, in characters."""


def option_error(option: str, message: str) -> SettingsError:
    """The error for an invalid option. The message, without secrets, is shown beside its name."""
    return SettingsError(problems=f"{option}: {message}", fields=(FieldError(field=option, message=message),))


def check_secret(_: object, attribute: "attrs.Attribute[Any]", value: str | None) -> None:
    """Validator for `attrs.field`: a secret is long enough and not surrounded by white space. None is valid."""
    if value is None:
        return
    if value != value.strip():
        raise option_error(attribute.name, "begins or ends with white space")
    if len(value) < SECRET_LENGTH:
        raise option_error(attribute.name, f"must have at least {SECRET_LENGTH} characters, has {len(value)}")
