"""Files of the built UI, with their compressed variants."""

import hashlib
import re
from pathlib import Path

import attrs

FOLDER = Path(__file__).parent / "dist"
"""Output folder of the build, in a checkout and in a wheel."""
INDEX = "index.html"
HASHED = "assets/"
"""Prefix of files whose names have a hash of their content."""

_CODINGS = (("br", ".br"), ("gzip", ".gz"))
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
_REFUSED = re.compile(r"\bq=0(\.0*)?$")


@attrs.frozen(kw_only=True)
class BuiltFile:
    """A file, or a compressed variant of it. `etag` is a hash of `content`."""

    content: bytes
    content_type: str
    coding: str | None
    etag: str


def read_built(folder: Path, name: str, accepted: str) -> BuiltFile | None:
    """The file of a path like `assets/app.js`, in the best coding that the header Accept-Encoding has accepted.

    None when there is no such file, or when the name leads out of the folder.
    """
    if "\0" in name or not {".", "..", ""}.isdisjoint(name.split("/")):
        return None
    path = folder / name
    for coding, suffix in (*((one, end) for one, end in _CODINGS if _accepts(accepted, one)), (None, "")):
        try:
            content = path.with_name(path.name + suffix).read_bytes()
        except OSError:
            continue
        kind = _TYPES.get(path.suffix, "application/octet-stream")
        etag = hashlib.sha256(content).hexdigest()[:32]
        return BuiltFile(content=content, content_type=kind, coding=coding, etag=etag)
    return None


def _accepts(header: str, coding: str) -> bool:
    """True if the header names the coding with a quality above 0."""
    for one in header.lower().split(","):
        name, _, parameters = one.partition(";")
        if name.strip() == coding:
            return _REFUSED.search(parameters.replace(" ", "")) is None
    return False
