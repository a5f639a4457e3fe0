"""Plain data of a message to its class."""

from typing import TypeVar

import cattrs

from stroem.conversion.structure import InvalidValue, field_errors, make_converter

T = TypeVar("T")

_CONVERTER = make_converter(unknown_keys=True)


class MessageUnreadable(Exception):
    """A message does not follow the protocol. The text names each value at fault."""


def read(document: object, of: type[T]) -> T:
    """The data of a JSON text as a message. Keys that its class does not have, from a newer peer, are ignored.

    Raises `MessageUnreadable`.
    """
    try:
        return _CONVERTER.structure(document, of)
    except (cattrs.BaseValidationError, InvalidValue) as error:
        problems = (f"{found.field} {found.message}".strip() for found in field_errors(error))
        raise MessageUnreadable("; ".join(problems)) from error
