"""Parts of bodies of type `multipart/form-data`."""

import re
from collections.abc import Iterator, Sequence
from email.message import Message

import attrs

from stroem.definitions.artifact_names import name_problem
from stroem.interfaces.triggers.http_trigger import HookFile, HookRefused

_MOST_PARTS = 200
_MOST_HEAD = 16 * 1024
_MOST_NAME = 200
_TYPE = re.compile(r"[\w.+-]{1,100}/[\w.+-]{1,100}", re.ASCII)


@attrs.frozen(kw_only=True)
class Part:
    """A field, or a file if it has a `filename`."""

    name: str
    filename: str | None
    content_type: str
    data: bytes


def parts_of(body: bytes, boundary: str) -> Iterator[Part]:
    """The parts of a body. Raises `HookRefused` if it is not made of such."""
    if not 0 < len(boundary) <= 200:
        raise unreadable("the content type names no boundary")
    delimiter = b"\r\n--" + boundary.encode(errors="replace")
    sections = (b"\r\n" + body).split(delimiter, _MOST_PARTS + 2)
    if len(sections) > _MOST_PARTS + 2:
        raise unreadable(f"it has more than {_MOST_PARTS} parts")
    if len(sections) < 2 or not sections[-1].startswith(b"--"):
        raise unreadable("its end is missing")
    for section in sections[1:-1]:
        yield _part(section)


def file_entry(part: Part, others: Sequence[HookFile]) -> HookFile:
    """The file of a part, with a name that artifacts may have and that no other file has."""
    base = (part.filename or "").replace("\\", "/").rpartition("/")[2].strip().lstrip("-")
    if name_problem(base) is not None or len(base) > _MOST_NAME:
        base = f"file-{len(others) + 1}"
    taken = {file.name for file in others}
    name, count = base, 1
    while name in taken:
        count += 1
        name = f"{count}-{base}"
    return HookFile(name=name, data=part.data, content_type=part.content_type)


def unreadable(reason: str) -> HookRefused:
    """The refusal of a body that cannot be read."""
    return HookRefused(f"the body cannot be read: {reason}", status=400, told=f"The body cannot be read: {reason}")


def _part(section: bytes) -> Part:
    head, found, data = section.partition(b"\r\n\r\n")
    if not found or len(head) > _MOST_HEAD:
        raise unreadable("a part has no head")
    message = Message()
    for line in head.split(b"\r\n"):
        name, _, text = line.decode(errors="replace").partition(":")
        if name.strip().lower() in ("content-disposition", "content-type"):
            message[name.strip()] = _clean(text.strip())
    field = message.get_param("name", header="content-disposition")
    filename = message.get_filename()
    if not isinstance(field, str):
        raise unreadable("a part has no name")
    kind = message.get_content_type() if "content-type" in message else "application/octet-stream"
    return Part(
        name=_clean(field),
        filename=None if filename is None else _clean(filename),
        content_type=kind if _TYPE.fullmatch(kind) else "application/octet-stream",
        data=data,
    )


def _clean(text: str) -> str:
    return "".join(char if char.isprintable() else "\ufffd" for char in text)
