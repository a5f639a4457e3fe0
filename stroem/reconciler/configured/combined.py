"""Workspaces of this server: those of its settings and those of a set that is followed. Both may change."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

from stroem.conversion.mistake import Mistake
from stroem.reconciler.configured.set_follower import SetFollower, SetStatus
from stroem.reconciler.sources.sources import Sources
from stroem.reconciler.workspaces.loop import Announced, Reconciler
from stroem.records.push import Push
from stroem.registry.making import try_plugins
from stroem.registry.registry import Registry
from stroem.settings.server import PluginSettings, ServerSettings, WorkspaceSettings

log = logging.getLogger(__name__)

SinkSettings = Mapping[str, PluginSettings]
ReplaceSinks = Callable[[SinkSettings, Mapping[str, SinkSettings]], Awaitable[None]]
"""Takes over the event sinks of the server and those of each workspace."""


class ConfiguredWorkspaces:
    """Combines the workspaces of the settings and of the set, and applies changes of either to the reconciler."""

    def __init__(
        self, reconciler: Reconciler, registry: Registry, settings: ServerSettings, replace_sinks: ReplaceSinks
    ) -> None:
        self._reconciler = reconciler
        self._replace_sinks = replace_sinks
        self._registry = registry
        self._settings = settings
        self._follower: SetFollower | None = None
        self._followed: object = None
        self._tasks: list[asyncio.Task[None]] = []
        self._lock = asyncio.Lock()
        self._starting = True

    @property
    def set_status(self) -> SetStatus | None:
        """How the set stands; None when there is none."""
        return self._follower.status if self._follower else None

    @property
    def workspaces(self) -> dict[str, WorkspaceSettings]:
        """The settings of all workspaces; those of the server's own settings go before those of the set."""
        found = dict(self._follower.workspaces) if self._follower else {}
        return found | self._settings.workspaces

    async def start(self) -> None:
        """Takes over the set as it last was, and follows it from then on."""
        await self._follow()
        self._starting = False

    async def close(self) -> None:
        """No longer follows the set."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def change(self, settings: ServerSettings) -> None:
        """Takes over other settings."""
        self._settings = settings
        await self._follow()
        await self._apply({})

    async def announce(self, pushes: Sequence[Push], by: str, workspace: str | None) -> Announced:
        """Looks at once at what pushes concern."""
        if self._follower is not None and workspace is None:
            self._follower.announce(pushes)
        return await self._reconciler.announce(pushes, by=by, workspace=workspace)

    async def _follow(self) -> None:
        """Follows the set that the settings name, unless that is followed already. Until another set was seen, its
        workspaces are those of the one before.
        """
        wanted, key = self._settings.workspaces_from, (self._settings.workspaces_from, self._settings.git_auth)
        if key == self._followed:
            return
        self._followed = None
        async with self._lock:  # what is being handed over is handed over whole
            await self.close()
        before, self._follower = self._follower, None
        if wanted is not None:
            source = sources_of(self._settings, self._registry).of(wanted)
            deps = self._reconciler.deps
            self._follower = follower = SetFollower(
                deps.database,
                deps.blobs,
                source,
                poll_secs=wanted.poll_interval_secs or source.poll_secs,
                limits=wanted.limits,
                taken=lambda: self._settings.workspaces,
                check=self._check,
                apply=self._apply,
                record=deps.record,
                before=before.workspaces if before else None,
            )
            await follower.restore()
            self._tasks = [asyncio.create_task(follower.run()), asyncio.create_task(_watch(follower))]
        self._followed = key

    async def _apply(self, _: Mapping[str, WorkspaceSettings]) -> None:
        async with self._lock:
            sources = sources_of(self._settings, self._registry)
            found = self.workspaces
            await self._reconciler.set_workspaces(found, self._settings.libraries, sources, is_news=not self._starting)
            own_sinks = {name: workspace.event_sinks for name, workspace in found.items()}
            await self._replace_sinks(self._settings.event_sinks, own_sinks)

    def _check(self, settings: WorkspaceSettings) -> Sequence[Mistake]:
        found = try_plugins(self._registry.event_sinks, settings.event_sinks, "event_sinks")[1]
        return (*found, *sources_of(self._settings, self._registry).mistakes(settings))


def sources_of(settings: ServerSettings, registry: Registry) -> Sources:
    """What makes sources as the settings say."""
    return Sources(
        registry=registry,
        cache=settings.cache_folder,
        auth=settings.git_auth,
        library_urls=settings.library_urls,
    )


async def _watch(follower: SetFollower) -> None:
    with contextlib.suppress(asyncio.CancelledError):
        try:
            await follower.watch()
        except Exception:  # looking at intervals goes on
            log.exception("the source of the set of workspaces no longer tells of changes")
