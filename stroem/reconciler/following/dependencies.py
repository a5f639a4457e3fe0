"""Dependencies of all polls."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

import attrs

from stroem.blobs.blob_store import BlobStore
from stroem.dialects.installed import InstalledDialects
from stroem.interfaces.triggers.trigger_type import TriggerType
from stroem.records.event import NewEvent
from stroem.rights.difference import OwnRules
from stroem.store.database import Database
from stroem.store.statement import Connection

Record = Callable[[Connection, Sequence[NewEvent]], Awaitable[object]]
"""Records events in a transaction, and wakes their delivery."""

TellOthers = Callable[[Collection[str]], None]
"""Notifies other servers of workspaces that have changed, by name."""


@attrs.frozen(kw_only=True)
class Dependencies:
    """Database, blob store and callbacks of all polls.

    `runners` are the option classes of all runners by name, `trigger_types` the types of triggers by name; `names`
    gives the names of all workspaces, `rules_from` that of the one whose rules of rights are in effect, beside
    the `own_rules` of the settings.
    """

    database: Database
    blobs: BlobStore
    runners: Mapping[str, type | None]
    trigger_types: Mapping[str, type[TriggerType]]
    dialects: InstalledDialects
    names: Callable[[], frozenset[str]]
    rules_from: Callable[[], str | None]
    own_rules: Callable[[], OwnRules]
    record: Record
    tell_others: TellOthers
