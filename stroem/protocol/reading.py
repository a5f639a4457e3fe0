"""Plain data of a message to its class."""

from typing import TypeVar

import cattrs

from stroem.conversion.structure import InvalidValue, field_errors, make_converter
from stroem.conversion.well_formed import NotWellFormed, well_formed

T = TypeVar("T")

_CONVERTER = make_converter(unknown_keys=True)


class MessageUnreadable(Exception):
    """A message does not follow the protocol. The text names each value at fault."""


def read(document: object, of: type[T]) -> T:
    """The data of a JSON text as a message. Keys that its class does not have, from a newer peer, are ignored.

    Raises `MessageUnreadable`.
    """
    try:
        return well_formed(document, of)
    except NotWellFormed:
        return _converted(document, of)


def _converted(document: object, of: type[T]) -> T:
    try:
        return _CONVERTER.structure(document, of)
    except (cattrs.BaseValidationError, InvalidValue) as error:
        problems = (f"{found.field} {found.message}".strip() for found in field_errors(error))
        raise MessageUnreadable("; ".join(problems)) from error
