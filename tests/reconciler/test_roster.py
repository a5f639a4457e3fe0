"""Workspaces come, change and go with the settings."""

from pathlib import Path

from stroem.reconciler.configured.workspaces import Roster
from stroem.reconciler.sources.sources import Sources
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
    roster = Roster(sources, before)
    kept = {workspace.name: workspace.source for workspace in roster}
    change = await roster.change(before, sources, libraries_changed=False)
    assert (change.added, change.changed, change.removed, change.events) == ((), (), (), [])
    assert all(workspace.source is kept[workspace.name] for workspace in roster)
    other = Sources(
        registry=registry,
        cache=tmp_path,
        auth={"shared": GitAuthSettings(type="token", options={"token": "two"})},
    )
    after = {"a": before["a"], "b": before["b"], "d": git("file:///d")}
    change = await roster.change(after, other, libraries_changed=False)
    assert (change.added, change.changed, [one.name for one in change.removed]) == (("d",), ("b",), ["c"])
    assert [event.kind for event in change.events] == ["workspace_added", "workspace_changed", "workspace_removed"]
    assert roster.get("a").source is kept["a"]
    assert roster.get("b").source is not kept["b"]
    assert roster.names == ["a", "b", "d"]
