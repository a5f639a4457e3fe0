"""Content types of files, by their first bytes, else by their name."""

from pathlib import Path

UNKNOWN = "application/octet-stream"
_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
    (b"(\xb5/\xfd", "application/zstd"),
    (b"\x7fELF", "application/x-executable"),
)
_BY_ENDING = {
    "txt": "text/plain",
    "log": "text/plain",
    "md": "text/markdown",
    "csv": "text/csv",
    "html": "text/html",
    "xml": "application/xml",
    "json": "application/json",
    "yaml": "application/yaml",
    "yml": "application/yaml",
    "svg": "image/svg+xml",
    "js": "text/javascript",
    "css": "text/css",
}
_FIRST_BYTES = 16


def content_type_of(file: Path) -> str:
    """The content type of a file; `application/octet-stream` for an unknown one. Raises `OSError`."""
    with file.open("rb") as content:
        first = content.read(_FIRST_BYTES)
    if first[:4] == b"RIFF" and first[8:12] == b"WEBP":
        return "image/webp"
    for magic, content_type in _MAGIC:
        if first.startswith(magic):
            return content_type
    return _BY_ENDING.get(file.suffix.removeprefix(".").lower(), UNKNOWN)
