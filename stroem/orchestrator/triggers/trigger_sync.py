"""Rows of triggers, which follow the current releases of their workspaces."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import attrs
from cachetools import LRUCache

from stroem.conversion import canonical
from stroem.definitions.trigger import Trigger
from stroem.definitions.workspace import Definitions
from stroem.interfaces.triggers.consumer_trigger import ConsumerTrigger
from stroem.interfaces.triggers.http_trigger import HttpTrigger
from stroem.interfaces.triggers.job_trigger import JobTrigger
from stroem.interfaces.triggers.stream_trigger import StreamTrigger
from stroem.interfaces.triggers.time_trigger import TimeTrigger
from stroem.orchestrator.notifier import POLL_SECS, Notification, Notifier
from stroem.orchestrator.plans.job_plans import DefinitionsOf
from stroem.orchestrator.triggers.live_triggers import LiveTriggers
from stroem.orchestrator.triggers.release_reader import ReleaseReader
from stroem.store.batch_isolation import is_outage
from stroem.store.database import Database
from stroem.store.statement import Connection
from stroem.store.triggers import triggers
from stroem.store.triggers.triggers import NewTrigger

_BATCH = 50
_MANY = 200
_WORKSPACES = 1024
_FORMS = {
    TimeTrigger: "time",
    HttpTrigger: "http",
    StreamTrigger: "stream",
    ConsumerTrigger: "consumer",
    JobTrigger: "job",
}
_POLLED = frozenset({"time", "stream", "consumer"})
_BESIDE_OPTIONS: Mapping[str, Any] = {
    "task": "", "input": {}, "concurrency": "allow", "if_": None, "debounce": None, "force_refresh": False,
}  # fmt: skip
"""The fields whose change leaves the times of a trigger as they are."""
_log = logging.getLogger(__name__)

Follower = Callable[[Connection, str, Definitions], Awaitable[None]]
"""Writes further rows of the triggers of a workspace, in the transaction that makes them those of a release."""


class TriggerSync:
    """Makes the rows of triggers those of the current releases; only rows of changed triggers are written.

    `woken` is set when workspaces have changed; `synced` are events to set after rows have changed.
    """

    def __init__(
        self,
        database: Database,
        live: LiveTriggers,
        definitions_of: DefinitionsOf,
        notifier: Notifier,
        files: ReleaseReader,
        followers: Sequence[Follower] = (),
    ) -> None:
        self._database = database
        self._live = live
        self._definitions_of = definitions_of
        self._files = files
        self._followers = followers
        self._known: LRUCache[str, dict[str, tuple[Trigger, NewTrigger]]] = LRUCache(_WORKSPACES)
        self.woken = asyncio.Event()
        self.synced: list[asyncio.Event] = []
        notifier.on_publish(self._on_notification)
        notifier.on_receive(self._on_notification)

    def _on_notification(self, notification: Notification) -> None:
        if notification.workspaces:
            self.woken.set()
            self._tell()

    async def run_once(self) -> bool:
        """Syncs outdated workspaces; True if there may be more. One that fails is tried again at the next poll."""
        async with self._database.read() as connection:
            outdated = await triggers.outdated_workspaces(connection, self._live.workspaces(), _BATCH)
        failures = 0
        for workspace, release in outdated:
            try:
                await self._sync(workspace, release)
            except Exception as error:
                if is_outage(error):
                    raise
                failures += 1
                _log.exception("the triggers of workspace %s cannot be made those of its release", workspace)
        if outdated:
            self._tell()
        return len(outdated) == _BATCH and failures < _BATCH

    async def pause_secs(self) -> float:
        """The interval of polls."""
        return POLL_SECS

    def _tell(self) -> None:
        for event in self.synced:
            event.set()

    async def _sync(self, workspace: str, release: int) -> None:
        definitions = await self._definitions_of(release)
        wanted = await self._with_files(workspace, release, definitions, await self._rows(workspace, definitions))
        if wanted is None:
            return
        async with self._database.begin() as connection:
            if await triggers.lock_workspace(connection, workspace) != release:
                return  # another release is current by now
            known = await triggers.digests_of(connection, workspace)
            changed = [one for name, one in wanted.items() if known.get(name) != one.digest]
            await triggers.replace(connection, workspace, release, changed, known.keys() - wanted.keys())
            for follow in self._followers:
                await follow(connection, workspace, definitions)

    async def _rows(self, workspace: str, definitions: Definitions) -> Mapping[str, NewTrigger]:
        """The rows of the triggers of a release. Those of unchanged triggers are kept in memory."""
        before = self._known.get(workspace, {})
        found: dict[str, tuple[Trigger, NewTrigger]] = {}
        fresh: list[tuple[str, Trigger]] = []
        for name, trigger in definitions.triggers.items():
            known = before.get(name)
            if known is not None and known[0] is trigger:
                found[name] = known
            else:
                fresh.append((name, trigger))
        made = await asyncio.to_thread(_new_triggers, fresh) if len(fresh) > _MANY else _new_triggers(fresh)
        self._known[workspace] = found | {one.name: (definitions.triggers[one.name], one) for one in made}
        return {name: row for name, (_, row) in self._known[workspace].items()}

    async def _with_files(
        self, workspace: str, release: int, definitions: Definitions, rows: Mapping[str, NewTrigger]
    ) -> Mapping[str, NewTrigger] | None:
        """The rows, where a schedule with other files has another digest.

        None if there are such schedules, and this server does not know the release yet: another one does, or it later.
        """
        files = {name: _files_of(definitions.triggers[name]) for name in rows}
        readers = [name for name, paths in files.items() if paths]
        if not readers:
            return rows
        current = self._live.release(workspace)
        if current is None or current.id != release:
            return None
        found = dict(rows)
        for name in readers:
            read_file = await self._files.reader(files[name], current)
            contents = b"\0".join(read_file(path) or b"" for path in files[name])
            digest, options = (
                canonical.digest_of(one.encode() + contents) for one in (rows[name].digest, rows[name].options)
            )
            found[name] = attrs.evolve(rows[name], digest=digest, options=options)
        return found


def _files_of(trigger: Trigger) -> Sequence[str]:
    """The files of the workspace that a schedule reads."""
    return trigger.options.files if isinstance(trigger.options, TimeTrigger) else ()


def form_of(trigger: Trigger) -> str:
    """The form of a trigger's type."""
    return next(form for cls, form in _FORMS.items() if isinstance(trigger.options, cls))


def _new_triggers(fresh: Sequence[tuple[str, Trigger]]) -> list[NewTrigger]:
    return [_new_trigger(name, trigger) for name, trigger in fresh]


def _new_trigger(name: str, trigger: Trigger) -> NewTrigger:
    form = form_of(trigger)
    return NewTrigger(
        name=name,
        type=trigger.type,
        form=form,
        digest=canonical.digest_of(canonical.to_bytes(trigger)),
        options=canonical.digest_of(canonical.to_bytes(attrs.evolve(trigger, **_BESIDE_OPTIONS))),
        enabled=trigger.enabled,
        hook_name=trigger.options.hook_name if isinstance(trigger.options, HttpTrigger) else None,
        is_polled=form in _POLLED,
    )
