"""Archives of state."""

import io
import tarfile


def archive(**files: str) -> bytes:
    """A gzipped tar of files, whose names have dots for double underscores."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as writer:
        for name, text in files.items():
            member = tarfile.TarInfo(f"./{name.replace('__', '.')}")
            member.size = len(text)
            writer.addfile(member, io.BytesIO(text.encode()))
    return file.getvalue()
