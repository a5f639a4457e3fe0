"""Folders that the steps of jobs share, and that workers keep for them."""

import uuid

import attrs


@attrs.frozen(kw_only=True)
class Volumes:
    """Folders by their ids; in the answer those that no job needs any more."""

    volumes: tuple[uuid.UUID, ...]
