"""Changes of the settings of workspaces and common libraries while the server runs."""

from collections.abc import Collection, Mapping

from stroem.reconciler.following.dependencies import Dependencies
from stroem.reconciler.following.requests import PollRequests
from stroem.reconciler.libraries.libraries import Libraries
from stroem.reconciler.sources.sources import Sources
from stroem.reconciler.workspaces.library_users import record_each
from stroem.reconciler.workspaces.replica_sync import ReplicaSync
from stroem.reconciler.workspaces.workspaces import Workspaces, WorkspacesChange
from stroem.settings.server import LibrarySettings, WorkspaceSettings


class SettingsChange:
    """Applies other settings to the workspaces and libraries that are followed."""

    def __init__(
        self,
        deps: Dependencies,
        workspaces: Workspaces,
        libraries: Libraries,
        replicas: ReplicaSync,
        requests: PollRequests,
    ) -> None:
        self._deps = deps
        self._workspaces = workspaces
        self._libraries = libraries
        self._replicas = replicas
        self.requests = requests
        self._unfinished = WorkspacesChange()

    async def apply(
        self,
        settings: Mapping[str, WorkspaceSettings],
        libraries: Mapping[str, LibrarySettings],
        sources: Sources,
        *,
        is_news: bool = True,
    ) -> None:
        """Takes over workspaces that are new, changed or gone; records events of them if it `is_news`.

        A change of credentials by name, or of the common libraries, is a change of all their users. When it raises,
        the next call finishes what this one has begun.
        """
        libraries_changed = self._libraries.set_common(libraries, sources)
        found = await self._workspaces.change(settings, sources, libraries_changed=libraries_changed)
        change = self._unfinished = self._unfinished.and_then(found)
        for workspace in change.removed:
            await self._replicas.drop(workspace)
        await self._replicas.restore(change.added)
        if is_news:
            await record_each(self._deps, change.events)
        self._unfinished = WorkspacesChange()
        for name in (*change.added, *change.changed):
            self.requests.add(("workspace", name), "settings")
        self.requests.woken.set()

    def judge_rules(self, names: Collection[str | None]) -> None:
        """Requests polls of workspaces that have rules of rights, or are named: whose rules count has changed."""
        for workspace in self._workspaces:
            if workspace.rules is not None or workspace.name in names:
                self.requests.add(("workspace", workspace.name), "settings")
