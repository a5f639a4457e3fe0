"""Archives of state: gzipped tarballs of small files, with a `state.json` at the top."""

import hashlib
import io
import itertools
import os
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import IO, Any

import attrs

from stroem.conversion.json_value import NotJson, NotKept, encode, read_json
from stroem.files.tar_safety import DAMAGE, Expanding, TarballUnsafe, check_member, plain_name, shown

DOCUMENT = "state.json"
PACKED_BYTES = 50 * 1024 * 1024
"""Greatest size of an archive."""
UNPACKED_BYTES = 1024 * 1024 * 1024
"""Greatest size of the files of an archive together."""
_MOST_FILES = 100_000
_PIECE = 64 * 1024
_LEVEL = 6


@attrs.frozen(kw_only=True)
class StateFile:
    """A file of an archive, or a symbolic link with its target."""

    size: int
    sha256: str
    link: str | None = None


@attrs.frozen(kw_only=True)
class StateContents:
    """The files of an archive by path, and its state.json, None without one."""

    files: Mapping[str, StateFile]
    document: dict[str, Any] | None


class StateTooLarge(TarballUnsafe):
    """The state is larger than allowed. The message has the sizes."""


def read_contents(file: IO[bytes], *, document_bytes: int, most: int = UNPACKED_BYTES) -> StateContents:
    """Reads and checks an archive, piece by piece. An empty file has no files.

    Raises `TarballUnsafe` for damage, for members that are not allowed (links must not contain `..`), for more than
    `most` bytes of files, and for a state.json that is no JSON object or has more than `document_bytes` bytes.
    """
    files: dict[str, StateFile] = {}
    document: dict[str, Any] | None = None
    try:
        for member, content in members(file, most=most):
            found = _read_member(member, content, files, document_bytes)
            document = document if found is None else found
    except DAMAGE as error:
        raise TarballUnsafe(f"the archive is damaged: {error}") from error
    for name in files:
        if above := next((str(one) for one in PurePosixPath(name).parents if str(one) in files), None):
            raise TarballUnsafe(f"{shown(name)} lies below {shown(above)}, which is no directory")
    return StateContents(files=files, document=document)


def members(file: IO[bytes], *, most: int = UNPACKED_BYTES) -> Iterator[tuple[tarfile.TarInfo, IO[bytes] | None]]:
    """The members of an archive, with the content of files. Raises `TarballUnsafe`, and `DAMAGE`."""
    if not file.read(1):
        return
    file.seek(0)
    left = most
    with Expanding(file, most) as expanding, tarfile.open(fileobj=expanding, mode="r:") as archive:
        for number, member in enumerate(archive):
            if number >= _MOST_FILES:
                raise TarballUnsafe(f"it holds more than {_MOST_FILES:,} files")
            check_member(member)
            if member.issym() and not is_safe_link(member.linkname):
                raise TarballUnsafe(f"the link {shown(member.name)} is absolute or contains '..'")
            left -= member.size
            if left < 0:
                raise StateTooLarge(f"its files have more than {most:,} bytes")
            archive.members = []  # type: ignore[attr-defined]  # it would keep every one
            yield member, archive.extractfile(member) if member.isreg() else None


def _read_member(
    member: tarfile.TarInfo, content: IO[bytes] | None, files: dict[str, StateFile], document_bytes: int
) -> dict[str, Any] | None:
    """Adds the member to the files; returns its object if it is the state.json."""
    name = plain_name(member.name)
    _check_text(name + member.linkname)
    if name in files:
        raise TarballUnsafe(f"{shown(name)} is there twice")
    if member.issym():
        files[name] = StateFile(size=0, sha256="", link=member.linkname)
    if content is None:
        return None
    is_document = name == DOCUMENT
    if is_document and member.size > document_bytes:
        raise StateTooLarge(f"{DOCUMENT} has {member.size:,} bytes; at most {document_bytes:,} are kept")
    text, digest = _read(content, keeps=is_document)
    files[name] = StateFile(size=member.size, sha256=digest)
    return parsed_document(text) if is_document else None


def parsed_document(text: bytes) -> dict[str, Any]:
    """The object in the text of a state.json. Raises `TarballUnsafe`."""
    try:
        value = read_json(text)
    except NotJson as error:
        raise TarballUnsafe(f"{DOCUMENT} is no valid JSON: {error}") from error
    except NotKept as error:
        raise TarballUnsafe(f"{DOCUMENT} cannot be kept: {error}") from error
    if not isinstance(value, dict):
        raise TarballUnsafe(f"{DOCUMENT} is no JSON object")
    return value


def is_safe_link(target: str) -> bool:
    """Whether a link stays inside wherever it stands: it is relative and never goes up."""
    path = PurePosixPath(target)
    return not path.is_absolute() and ".." not in path.parts


class StateWriter:
    """Writes an archive to a file. Raises `StateTooLarge` beyond `PACKED_BYTES`."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._archive = tarfile.open(fileobj=file, mode="w:gz", compresslevel=_LEVEL)  # noqa: SIM115 - see close
        self._names: set[str] = set()
        self._left = UNPACKED_BYTES
        self.left_out: list[str] = []
        """Paths that are neither files, directories nor links that stay inside."""

    def add_folder(self, folder: Path) -> None:
        """Adds the files of a folder but its state.json."""
        paths = sorted(itertools.islice(folder.rglob("*"), _MOST_FILES + 1))
        if len(paths) > _MOST_FILES:
            raise StateTooLarge(f"it holds more than {_MOST_FILES:,} files")
        for path in paths:
            name = path.relative_to(folder).as_posix()
            if name != DOCUMENT:
                self._add_path(path, name)

    def add_member(self, member: tarfile.TarInfo, content: IO[bytes] | None) -> None:
        """Adds a member of another archive, unless one of its name was added before."""
        name = plain_name(member.name)
        if name == "." or (name in self._names and not member.isdir()):
            return
        copy = tarfile.TarInfo(f"./{name}")
        copy.type, copy.size, copy.linkname = member.type, member.size, member.linkname
        copy.mode, copy.mtime = member.mode, member.mtime
        self._add(name, copy, content)

    def add_document(self, document: Mapping[str, Any]) -> None:
        """Adds the state.json."""
        text = encode(document) + b"\n"
        member = tarfile.TarInfo(f"./{DOCUMENT}")
        member.size = len(text)
        self._add(DOCUMENT, member, io.BytesIO(text))

    def close(self) -> int:
        """Ends the archive; returns its size."""
        self._archive.close()
        self._check_size()
        return self._file.tell()

    def _add_path(self, path: Path, name: str) -> None:
        member = self._archive.gettarinfo(str(path), arcname=f"./{name}")
        is_plain = member is not None and (member.isreg() or member.isdir() or member.islnk())
        is_link = member is not None and member.issym() and is_safe_link(member.linkname)
        if not (is_plain or is_link):
            self.left_out.append(name)
            return
        member.uid = member.gid = 0
        member.uname = member.gname = ""
        if member.isdir() or is_link:
            self._add(name, member, None)
            return
        with open(path, "rb", opener=_without_links) as content:
            member.type, member.linkname, member.size = tarfile.REGTYPE, "", path.stat().st_size
            self._add(name, member, content)

    def _add(self, name: str, member: tarfile.TarInfo, content: IO[bytes] | None) -> None:
        self._names.add(name)
        self._left -= member.size
        if self._left < 0:
            raise StateTooLarge(f"its files have more than {UNPACKED_BYTES:,} bytes")
        self._archive.addfile(member, content)
        self._check_size()

    def _check_size(self) -> None:
        size = self._file.tell()
        if size > PACKED_BYTES:
            raise StateTooLarge(f"packed it has more than {PACKED_BYTES:,} bytes")


def _without_links(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW)


def _check_text(name: str) -> None:
    try:
        name.encode()
    except UnicodeEncodeError:
        raise TarballUnsafe(f"the name {shown(name)} is not UTF-8") from None


def _read(content: IO[bytes], *, keeps: bool) -> tuple[bytes, str]:
    """The text, if it is kept, and the SHA-256 of a content."""
    digest = hashlib.sha256()
    parts: list[bytes] = []
    while piece := content.read(_PIECE):
        digest.update(piece)
        if keeps:
            parts.append(piece)
    return b"".join(parts), digest.hexdigest()
