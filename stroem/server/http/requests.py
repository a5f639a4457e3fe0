"""Path, query and body of a request as the types of its handler."""

import asyncio
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import attrs
import cattrs
from aiohttp import hdrs, web

from stroem.conversion.json_value import NotJson, NotKept, faults, read_json
from stroem.conversion.mistake import Mistake
from stroem.conversion.record import key_of
from stroem.conversion.structure import InvalidValue, located, make_converter
from stroem.conversion.text_values import Text
from stroem.conversion.well_formed import NotWellFormed, well_formed
from stroem.errors import BadRequest, TooLarge, UnsupportedMediaType
from stroem.server.http.admission import Slot, overloaded

T = TypeVar("T")

CONVERTER = make_converter(unknown_keys=True)
_STRICT = make_converter(unknown_keys=False)


def path_value(request: web.Request, name: str, of: type) -> object:
    """A part of the path. Raises `BadRequest`."""
    text = request.match_info[name]
    if any(faults(text)):
        raise BadRequest(message=f"Invalid {name.replace('_', ' ')}")
    if of is int:
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise BadRequest(message=f"Invalid {name.replace('_', ' ')}: expected a whole number")
        return int(text)
    if of is not uuid.UUID:
        return text
    try:
        return uuid.UUID(text)
    except ValueError:
        raise BadRequest(message=f"Invalid {name.removesuffix('_id')} ID") from None


def query_values(request: web.Request, of: type[T]) -> T:
    """The query string. Raises `BadRequest` that names every value at fault."""
    given = dict(request.query.items())
    if found := list(faults(given)):
        raise _invalid("query", found)
    return structured("query", {key: Text(value) for key, value in given.items()}, of)


def check_json_type(request: web.Request) -> None:
    """Raises `UnsupportedMediaType` unless the content type is JSON, which web forms cannot send."""
    if request.content_type != "application/json":
        raise UnsupportedMediaType(expected="application/json")


def parsed(data: bytes, spared: Sequence[tuple[str, ...]] = ()) -> Any:
    """The data of a JSON text. Raises `BadRequest`.

    Values at `spared` places may be such as are not kept; see `read_json`.
    """
    try:
        return read_json(data, spared)
    except NotJson as error:
        raise BadRequest(message=f"The body is not valid JSON: {error}") from None
    except NotKept as error:
        raise _invalid("body", error.faults) from None


def body_value(document: object, of: type[T]) -> T:
    """The data of a JSON text as the declared type. Raises `BadRequest`."""
    try:
        return well_formed(document, of)
    except NotWellFormed:
        return structured("body", document, of)


def strict_body_value(document: object, of: type[T]) -> T:
    """The data of a JSON text as the declared type. Raises `BadRequest`, for keys that the type does not have too."""
    return structured("body", document, of, _STRICT)


def structured(what: str, data: object, of: type[T], converter: cattrs.Converter = CONVERTER) -> T:
    """The data as the declared type. Raises `BadRequest`."""
    try:
        return converter.structure(data, of)
    except (cattrs.BaseValidationError, InvalidValue) as error:
        raise _invalid(what, located(error)) from None


def _invalid(what: str, mistakes: Iterable[Mistake]) -> BadRequest:
    found = tuple(mistakes)
    fields = tuple(one.field_error for one in found)
    return BadRequest(message=f"The {what} is not valid: {'; '.join(map(str, found))}", fields=fields)


def unknown_keys(document: object, of: type[attrs.AttrsInstance]) -> tuple[str, ...]:
    """Keys of a body that its type does not have, which are ignored; at most ten, shortened."""
    known = {key_of(name) for name in attrs.fields_dict(of)}
    given = document if isinstance(document, Mapping) else {}
    return tuple([key[:80] for key in given if key not in known][:10])


async def read_body(request: web.Request, limit: int, slot: Slot, secs: float) -> bytes:
    """The body, at most `limit` bytes of it when unpacked; `slot` counts it piece by piece.

    Raises `BadRequest` when it is not there within `secs`, `Unavailable` when it is dropped, `TooLarge`.
    """
    announced = request.headers.get(hdrs.CONTENT_LENGTH, "")
    if announced.isdigit() and int(announced) > limit:
        raise TooLarge(limit=limit)
    chunks: list[bytes] = []
    size = 0

    def add(chunk: bytes) -> None:
        nonlocal size
        size += len(chunk)
        if size > limit:
            raise TooLarge(limit=limit)
        slot.take(len(chunk))
        chunks.append(chunk)

    if request.content.is_eof() and request.content.exception() is None:  # it came together with the head: no timer
        add(request.content.read_nowait())
        if request.content.at_eof():
            return chunks[0]
    try:
        async with asyncio.timeout(secs) as slot.deadline:
            async for chunk in request.content.iter_any():
                add(chunk)
    except TimeoutError:
        if slot.is_dropped:
            raise overloaded() from None
        raise BadRequest(message=f"The body did not come within {secs:g} s") from None
    except web.RequestPayloadError:
        encoding = request.headers.get(hdrs.CONTENT_ENCODING, "identity")
        raise BadRequest(message=f"The body is not what Content-Encoding {encoding!r} says") from None
    finally:
        slot.deadline = None
    return b"".join(chunks)
