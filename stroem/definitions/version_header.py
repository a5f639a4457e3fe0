"""The header by which clients know that a Strøm server answers."""

VERSION_HEADER = "Stroem-Version"
