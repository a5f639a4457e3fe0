"""The list of a release's files as bytes."""

from stroem.blobs.manifest import from_bytes, to_bytes

__all__ = ["from_bytes", "to_bytes"]
