"""Files below a folder, whatever paths and links say."""

import os
from pathlib import Path
from typing import Any

import attrs

from stroem.files.open_beneath import open_beneath
from stroem.interfaces.options import option_error
from stroem.interfaces.secret_store import Unreadable


def check_folder(_: object, attribute: "attrs.Attribute[Any]", value: Path) -> None:
    """Raises the error of an option unless it is the absolute path of a folder, and not that of all files."""
    if not value.is_absolute() or value == Path("/"):
        raise option_error(attribute.name, "must be the absolute path of a folder, and not that of all files")


def read_below(folder: Path, path: str, max_bytes: int) -> bytes | Unreadable:
    """The content of a file. Links are followed inside the folder only."""
    try:
        folder = folder.resolve(strict=True)
        found = (folder / path).resolve(strict=True)
        if not found.is_relative_to(folder):
            return Unreadable("has a link there that leads out of its folder")
        with os.fdopen(open_beneath(folder, str(found.relative_to(folder))), "rb") as file:
            data = file.read(max_bytes + 1)
    except (OSError, RuntimeError, ValueError) as error:  # a circle of links; a NUL in the path
        told = getattr(error, "strerror", None) or "it is no plain file"
        return Unreadable(f"cannot read that file: {told}")
    return Unreadable(f"has a file there of more than {max_bytes} bytes") if len(data) > max_bytes else data
