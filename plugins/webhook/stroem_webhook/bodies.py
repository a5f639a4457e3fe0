"""Bodies of requests as JSON values."""

import codecs
import urllib.parse
from collections.abc import Iterable, Sequence
from email.message import Message

import attrs

from stroem.conversion.json_value import NotJson, NotKept, encode, read_json
from stroem.definitions.values import Json
from stroem.interfaces.triggers.http_trigger import HookFile, HookRequest
from stroem_webhook.hidden import storable
from stroem_webhook.multipart import file_entry, parts_of, unreadable

_MOST_FIELDS = 1000


@attrs.frozen(kw_only=True)
class Body:
    """The value of a body, and the files in it."""

    value: Json
    files: Sequence[HookFile] = ()


def read_body(request: HookRequest) -> Body:
    """Reads a body by its content type; None for an empty one, and for GET.

    JSON that cannot be read is text, as is everything of other types. Raises `HookRefused` for a form that is none.
    """
    if request.method == "GET" or not request.body:
        return Body(value=None)
    written = "".join(char for char in request.headers.get("content-type", "") if char.isascii() and char.isprintable())
    content_type = Message()
    content_type["content-type"] = written
    kind = content_type.get_content_type()
    if "application/json" in written.lower() or kind.endswith("+json"):
        return Body(value=_json(request.body))
    if kind == "application/x-www-form-urlencoded":
        return Body(value=_form(request.body))
    if kind == "multipart/form-data":
        return _multipart(request.body, str(content_type.get_param("boundary", "")))
    return Body(value=as_text(request.body, str(content_type.get_content_charset() or "utf-8")))


def as_text(data: bytes, charset: str = "utf-8") -> str:
    """Text of bytes; what is not text becomes the replacement character, NUL too."""
    try:
        codecs.lookup(charset)
        text = data.decode(charset, errors="replace")
    except (LookupError, ValueError, AssertionError):
        text = data.decode(errors="replace")
    return storable(text)


def _json(data: bytes) -> Json:
    try:
        value: Json = read_json(data)
        encode([{"body": {"of": value}}])  # as deep as it gets in inputs
    except (NotJson, NotKept):
        return as_text(data)
    return value


def _form(data: bytes) -> Json:
    try:
        pairs = urllib.parse.parse_qsl(as_text(data), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise unreadable(f"the form has more than {_MOST_FIELDS} fields") from None
    return _fields((storable(name), storable(text)) for name, text in pairs)


def _multipart(data: bytes, boundary: str) -> Body:
    fields: list[tuple[str, Json]] = []
    files: list[HookFile] = []
    for part in parts_of(data, boundary):
        if part.filename is None:
            fields.append((part.name, as_text(part.data)))
            continue
        file = file_entry(part, files)
        files.append(file)
        about = {"artifact": file.name, "filename": part.filename}
        fields.append((part.name, {**about, "content_type": file.content_type, "size": len(file.data)}))
    return Body(value=_fields(fields), files=files)


def _fields(pairs: Iterable[tuple[str, Json]]) -> dict[str, Json]:
    """Fields by name; several of one name are a list."""
    found: dict[str, list[Json]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}
