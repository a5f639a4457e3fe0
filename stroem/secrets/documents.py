"""Entries of documents that hold several secrets."""

from collections.abc import Mapping

from stroem.conversion import yaml
from stroem.definitions.values import Json
from stroem.interfaces.secret_store import Unreadable


def entry_of(data: bytes, key: str | None) -> str | Unreadable:
    """The text in a document; with a key, the entry of its YAML or JSON at that path.

    One line break at the end of a text is cut.
    """
    if key is not None:
        try:
            return entry_at(yaml.read_yaml(data).value, key)
        except yaml.Unreadable:
            return Unreadable("has no YAML or JSON there, so that no key can be read")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return Unreadable("has no text in UTF-8 there")
    return _usable(text.removesuffix("\n").removesuffix("\r"))


def entry_at(value: Json, key: str) -> str | Unreadable:
    """The text or number at a path of keys, as text."""
    for part in key.split("/"):
        if not isinstance(value, Mapping) or part not in value:
            return Unreadable("has no such key there")
        value = value[part]
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float):
        return Unreadable("has no text there, but a map, a list or nothing")
    return _usable(str(value))


def _usable(text: str) -> str | Unreadable:
    if not text:
        return Unreadable("has an empty value there")
    return Unreadable("has a value with a NUL character there") if "\0" in text else text
