"""Values of `state` and `global_state` in templates."""

import sys
import uuid
from collections.abc import Mapping
from typing import Any

import orjson
from cachetools import LRUCache

from stroem.definitions.values import Json
from stroem.store.state import scopes, snapshots
from stroem.store.state.scopes import StateHead, StateHeads
from stroem.store.statement import Connection

_CACHED_BYTES = 64 * 1024 * 1024


class StateValues:
    """Reads the state.json of snapshots for templates. Snapshots never change: they are cached by id."""

    def __init__(self) -> None:
        self._documents: LRUCache[uuid.UUID, tuple[Any, int]] = LRUCache(_CACHED_BYTES, getsizeof=lambda one: one[1])

    async def of_job(self, connection: Connection, job_id: uuid.UUID) -> Mapping[str, Json]:
        """The roots of templates for a job, from the latest snapshots."""
        return await self.of(connection, await scopes.heads_of_job(connection, job_id))

    async def of(self, connection: Connection, heads: StateHeads) -> Mapping[str, Json]:
        """The roots of templates for these snapshots; without a state.json they are empty."""
        return {
            "state": await self._document(connection, heads.task),
            "global_state": await self._document(connection, heads.workspace),
        }

    async def _document(self, connection: Connection, head: StateHead | None) -> Json:
        if head is None or not head.has_json:
            return {}
        known = self._documents.get(head.snapshot)
        if known is None:
            text = await snapshots.document_of(connection, head.snapshot)
            known = (orjson.loads(text), len(text) + sys.getsizeof(text)) if text is not None else ({}, 1)
            if known[1] < _CACHED_BYTES:
                self._documents[head.snapshot] = known
        return known[0]
