"""Workspaces come, change and go with the settings."""

from pathlib import Path

from stroem.reconciler.sources.sources import Sources
from stroem.reconciler.workspaces.workspaces import Workspaces
from stroem.registry.registry import Registry
from stroem.settings.server import GitAuthSettings, WorkspaceSettings

SECRET = GitAuthSettings(type="token", options={"token": "one"})


def git(url: str, **more: str) -> WorkspaceSettings:
    return WorkspaceSettings(type="git", options={"url": url, **more})


async def test_only_what_has_other_settings_changes(registry: Registry, tmp_path: Path) -> None:
    sources = Sources(registry=registry, cache=tmp_path, auth={"shared": SECRET})
    before = {
        "a": git("https://example.org/a"),
        "b": git("https://example.org/b", auth="shared"),
        "c": git("file:///c"),
    }
    workspaces = Workspaces(sources, before)
    kept = {workspace.name: workspace.source for workspace in workspaces}
    change = await workspaces.change(before, sources, libraries_changed=False)
    assert (change.added, change.changed, change.removed, change.events) == ((), (), (), [])
    assert all(workspace.source is kept[workspace.name] for workspace in workspaces)
    other = Sources(
        registry=registry,
        cache=tmp_path,
        auth={"shared": GitAuthSettings(type="token", options={"token": "two"})},
    )
    after = {"a": before["a"], "b": before["b"], "d": git("file:///d")}
    change = await workspaces.change(after, other, libraries_changed=False)
    assert (change.added, change.changed, [one.name for one in change.removed]) == (("d",), ("b",), ["c"])
    assert [event.kind for event in change.events] == ["workspace_added", "workspace_changed", "workspace_removed"]
    assert workspaces.get("a").source is kept["a"]
    assert workspaces.get("b").source is not kept["b"]
    assert workspaces.names == ["a", "b", "d"]
