"""Archives of state."""

import io
import tarfile
from collections.abc import Mapping


def archive(**files: str) -> bytes:
    """A gzipped tar of files, whose names have dots for double underscores."""
    return archive_of({name.replace("__", "."): text for name, text in files.items()})


def archive_of(files: Mapping[str, str]) -> bytes:
    """A gzipped tar of files by name."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as writer:
        for name, text in files.items():
            member = tarfile.TarInfo(f"./{name}")
            member.size = len(text)
            writer.addfile(member, io.BytesIO(text.encode()))
    return file.getvalue()
