"""Workspaces of this server: those of its settings and those of a set that is followed. Both may change."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from stroem.conversion.mistake import Mistake
from stroem.reconciler.configured.set_follower import SetFollower, SetSource, SetStatus
from stroem.reconciler.following.dependencies import Dependencies
from stroem.reconciler.sources.sources import Sources
from stroem.reconciler.workspaces.settings_change import SettingsChange
from stroem.registry.making import try_plugins
from stroem.registry.registry import Registry
from stroem.rights.difference import OwnRules
from stroem.settings.server import PluginSettings, ServerSettings, WorkspaceSettings

SinkSettings = Mapping[str, PluginSettings]
ReplaceSinks = Callable[[SinkSettings, Mapping[str, SinkSettings]], Awaitable[None]]
"""Takes over the event sinks of the server and those of each workspace."""


class ConfiguredWorkspaces:
    """Combines the workspaces of the settings and of the set, and applies changes of either."""

    def __init__(
        self,
        deps: Dependencies,
        changes: SettingsChange,
        registry: Registry,
        settings: ServerSettings,
        replace_sinks: ReplaceSinks,
    ) -> None:
        self._changes = changes
        self._registry = registry
        self._settings = settings
        self._replace_sinks = replace_sinks
        self._followed: object = None
        self._lock = asyncio.Lock()
        self._starting = True
        self.set = SetFollower(
            deps,
            changes.requests,
            taken=lambda: self._settings.workspaces,
            check=self._check,
            apply=self._apply,
        )

    @property
    def set_status(self) -> SetStatus | None:
        """The status of the set; None when there is none."""
        return self.set.status

    @property
    def workspaces(self) -> dict[str, WorkspaceSettings]:
        """The settings of all workspaces; those of the server's own settings win over those of the set."""
        return {**self.set.workspaces, **self._settings.workspaces}

    @property
    def rules_from(self) -> str | None:
        """The name of the workspace whose rules of rights are in effect."""
        return self._settings.rules_from

    @property
    def own_rules(self) -> OwnRules:
        """The rules of rights in the settings."""
        settings = self._settings
        return OwnRules(workspace=settings.rules_from or "", rules=settings.rules or (), roles=settings.roles)

    async def start(self) -> None:
        """Takes over the set as it last was; from then on it is followed."""
        await self._follow()
        self._starting = False

    async def change(self, settings: ServerSettings) -> None:
        """Takes over other settings."""
        former, self._settings = self._settings.rules_from, settings
        if settings.rules_from != former:
            self._changes.judge_rules({former, settings.rules_from})
        await self._follow()
        await self._apply({})

    async def _follow(self) -> None:
        """Follows the set of the settings, unless it is followed already."""
        wanted, key = self._settings.workspaces_from, (self._settings.workspaces_from, self._settings.git_auth)
        if key == self._followed:
            return
        self._followed = None
        if wanted is None:
            await self.set.follow(None)
        else:
            source = sources_of(self._settings, self._registry).of(wanted)
            interval = wanted.poll_interval_secs or source.poll_secs
            await self.set.follow(SetSource(source=source, interval=interval, limits=wanted.limits))
        self._followed = key

    async def _apply(self, _: Mapping[str, WorkspaceSettings]) -> None:
        async with self._lock:
            sources = sources_of(self._settings, self._registry)
            found = self.workspaces
            await self._changes.apply(found, self._settings.libraries, sources, is_news=not self._starting)
            own_sinks = {name: workspace.event_sinks for name, workspace in found.items()}
            await self._replace_sinks(self._settings.event_sinks, own_sinks)

    def _check(self, settings: WorkspaceSettings) -> Sequence[Mistake]:
        found = try_plugins(self._registry.event_sinks, settings.event_sinks, "event_sinks")[1]
        return (*found, *sources_of(self._settings, self._registry).mistakes(settings))


def sources_of(settings: ServerSettings, registry: Registry) -> Sources:
    """The factory of sources for these settings."""
    return Sources(
        registry=registry,
        cache=settings.cache_folder,
        auth=settings.git_auth,
        library_urls=settings.library_urls,
    )
