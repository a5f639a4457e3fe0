"""Rules of rights in a git repository, followed by two servers."""

import contextlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from stroem.registry.registry import load_plugins
from stroem.server.api.rights.live_rights import RIGHTS
from stroem.server.app import build_app
from stroem.server.keys import CONFIGURED, RECONCILER
from stroem.server.serving import make_runner
from stroem.settings.loader import server_settings
from tests.server.conftest import TOKEN
from tests.server.rights.conftest import ADMIN, Guarded, as_said
from tests.support.git.repository import GitRepository
from tests.support.listening import listening
from tests.support.wait import eventually
from tests.support.workspace_files import write_workspace

ANN = {"name": "ann@example.com", "groups": ["dev"]}
WORKFLOWS = """
actions:
  greet: {type: script, script: echo hello}
tasks:
  open: {folder: demo, flow: {say: {action: greet}}}
"""
FILE = "stroem-rules.yaml"
VIEW = b"rules:\n  - {role: viewer, groups: [dev], workspaces: [main]}\n"
RUN = VIEW + b"  - {role: operator, groups: [dev], workspaces: [main], tasks: [demo/*]}\n"


class Site:
    """A database and a repository `access`, with the settings of servers that follow it."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self.folder = folder
        self.access = GitRepository.create(folder / "access.git")
        self.settings: dict[str, Any] = {
            "listen": "127.0.0.1:0",
            "db": {"url": database_url},
            "worker_token": TOKEN,
            "auth": {"jwt_secret": "j" * 32},
            "log_storage": {"local_dir": str(folder / "data")},
            "recovery": {"unmatched_step_timeout_secs": 3600},
            "rules_from": "access",
            "workspaces": {
                "access": {"type": "git", "url": self.access.folder.as_uri(), "poll_interval": "1h"},
                "main": {"type": "folder", "path": str(write_workspace(folder / "main", WORKFLOWS))},
            },
        }

    @contextlib.asynccontextmanager
    async def server(self, **more: Any) -> AsyncIterator[Guarded]:
        """A server that has read what is stored, and followed `main`."""
        settings = {**self.settings, **more}
        app = as_said(build_app(server_settings(settings, {}), load_plugins(), ui=self.folder / "ui"))
        async with listening(make_runner(app)) as url, aiohttp.ClientSession(url) as http:
            assert (await app[RECONCILER].pipeline.reconcile("main")).error is None
            yield Guarded(app=app, http=http, url=url, settings=settings)

    async def push(self, server: Guarded, content: bytes | None, **files: bytes) -> Any:
        """Pushes a file of rules, and has a server follow the repository; its status."""
        self.access.commit({FILE: content, **files})
        return await server.app[RECONCILER].pipeline.reconcile("access")


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Site:
    return Site(database_url, tmp_path)


async def can(server: Guarded, verb: str = "job.run", **place: str) -> dict[str, Any]:
    place = place or {"workspace": "main", "task": "open"}
    found: dict[str, Any] = await server.get(ANN, "/api/auth/can-i", verb=verb, **place)
    return found


async def rule_of(server: Guarded) -> str | None:
    return (await can(server)).get("rule")


async def status_of(server: Guarded) -> Any:
    return (await server.get(ADMIN, "/api/settings"))["rules_from"]


async def test_a_push_gives_rights_and_a_rollback_takes_them_on_every_server(site: Site) -> None:
    async with site.server() as one, site.server() as two:
        assert not (await can(one))["is_allowed"]
        assert (await site.push(one, VIEW)).error is None
        assert (await one.ask(ANN, "GET", "/api/workspaces/main/tasks"))[0] == 200
        assert not (await can(one))["is_allowed"]
        assert (await site.push(one, RUN)).release.number == 2
        found = f"access/{FILE}:3 (rules[1] of release 2)"
        assert await rule_of(one) == found

        async def is_given() -> bool:
            return await rule_of(two) == found

        await eventually(is_given, "the second server has the rules")
        status, job = await two.ask(ANN, "POST", "/api/workspaces/main/tasks/open/execute", json={})
        assert status == 200, job
        assert await status_of(two) == {"workspace": "access", "release": 2, "rules": 2, "error": None}

        path = "/api/workspaces/access/rollback"
        assert (await one.ask(ANN, "POST", path, json={"release": 1}))[0] == 404
        status, answer = await one.ask(ADMIN, "POST", path, json={"release": 1})
        assert status == 200, answer
        assert not (await can(one))["is_allowed"]

        async def is_taken() -> bool:
            return await rule_of(two) is None

        await eventually(is_taken, "the second server has taken the rules back")
        assert (await two.ask(ANN, "POST", "/api/workspaces/main/tasks/open/execute", json={}))[0] == 403
        assert (await two.ask(ANN, "GET", "/api/workspaces/main/tasks"))[0] == 200


async def test_rules_are_there_after_a_restart_before_the_repository_is_reached(site: Site) -> None:
    async with site.server() as one:
        await site.push(one, RUN)
    site.access.folder.rename(site.folder / "away")
    async with site.server() as again:
        assert (await can(again))["is_allowed"]


async def test_a_revision_with_mistakes_leaves_the_rules_of_the_last_good_release(site: Site) -> None:
    async with site.server() as one:
        await site.push(one, RUN)
        wrong = b"rules:\n  - {role: viewr, groups: [dev]}\n  - {verbs: [job.fly], everyone: true}\n"
        status = await site.push(one, wrong)
        assert status.release.number == 1
        assert [(problem.file, problem.line) for problem in status.problems] == [(FILE, 2), (FILE, 3)]
        assert f"{FILE}:2:" in status.error
        assert (await can(one))["is_allowed"]
        status = await site.push(one, None)
        assert "the file is missing, and `rules_from`" in status.error
        assert (await can(one))["is_allowed"]
        status = await site.push(one, b"rules: [{role: admin, groups: [dev]}]\n")
        assert "which only rules in the settings of the server give" in status.error
        assert not (await can(one, "user.manage", workspace="main"))["is_allowed"]


async def test_mistakes_in_rules_hold_back_the_whole_revision(site: Site) -> None:
    site.settings["workspaces"]["access"]["guards"] = {"hold": "affected"}
    async with site.server() as one:
        await site.push(one, RUN)
        good = {".workflows/b.yaml": WORKFLOWS.encode()}
        status = await site.push(one, b"rules: [{role: viewr, groups: [dev]}]\n", **good)
        assert status.release.number == 1
        assert (await can(one))["is_allowed"]


async def test_rules_of_another_workspace_have_no_effect_and_a_warning(site: Site) -> None:
    (site.folder / "main" / FILE).write_bytes(b"rules: [{role: editor, groups: [dev]}, {role: nonsense}]\n")
    async with site.server() as one:
        status = one.app[RECONCILER].catalog.get("main").status
        assert status.error is None
        (warning,) = status.warnings
        assert f"{FILE}:1:1: these rules have no effect: `rules_from` in the settings" in warning
        assert warning.endswith("names workspace 'access'")
        assert not (await can(one))["is_allowed"]


async def test_a_release_without_usable_rules_denies_and_is_told(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    own = {"role": "viewer", "groups": ["dev"], "workspaces": ["main"]}
    async with site.server(rules_from=None) as one:
        assert (await site.push(one, None, **{"README.md": b"rights"})).error is None
    with caplog.at_level(logging.ERROR):
        async with site.server(rules=[own]) as again:
            error = f"its release 1 has no file {FILE}"
            assert await status_of(again) == {"workspace": "access", "release": 1, "rules": 0, "error": error}
            assert not (await can(again))["is_allowed"]
            assert f"the rules of workspace access are not in effect: {error}" in (await can(again))["reason"]
            assert (await can(again, "job.read"))["rule"] == "rules[0]"
    assert f"rules of workspace access are not in effect, only those of the settings are: {error}" in caplog.text


async def test_lost_files_deny_until_they_are_found_again(site: Site) -> None:
    async with site.server() as one:
        await site.push(one, RUN)
    site.access.folder.rename(site.folder / "away")
    (site.folder / "data" / "blobs").rename(site.folder / "lost")
    async with site.server() as again:
        assert not (await can(again))["is_allowed"]
        assert "are lost" in (await status_of(again))["error"]
        (site.folder / "away").rename(site.access.folder)
        assert (await again.app[RECONCILER].pipeline.reconcile("access")).error is None
        assert (await can(again))["is_allowed"]


async def test_settings_that_name_a_workspace_judge_it_anew(site: Site) -> None:
    async with site.server(rules_from=None) as one:
        status = await site.push(one, RUN)
        assert "names no workspace" in status.warnings[0]

        async def change(name: str | None) -> None:
            settings = server_settings({**one.settings, "rules_from": name}, {})
            one.app[RIGHTS].replace(settings)
            await one.app[CONFIGURED].change(settings)

        await change("access")
        assert (await can(one))["is_allowed"]
        await eventually(lambda: not one.app[RECONCILER].catalog.get("access").status.warnings, "the warning is gone")
        await change("main")
        assert not (await can(one))["is_allowed"]
        await eventually(lambda: one.app[RECONCILER].catalog.get("main").status.error, "the missing file is told")
        await change(None)
        assert not one.app[RIGHTS].rights.has_rules


async def test_roles_of_the_workspace_are_listed(site: Site) -> None:
    async with site.server(roles={"own": {"verbs": ["job.read"]}}) as one:
        await site.push(one, b"roles: {own: {verbs: [job.run]}}\nrules: []\n")
        roles = (await one.get(ANN, "/api/auth/verbs"))["roles"]
        assert (roles["own"], roles["access/own"]) == (["job.read"], ["job.run"])


async def test_a_stream_ends_when_a_push_takes_its_right(site: Site) -> None:
    async with site.server() as one:
        await site.push(one, RUN)
        changed = one.app[RIGHTS].changed
        await site.push(one, b"rules: []\n")
        assert changed.is_set()
        changed = one.app[RIGHTS].changed
        await one.app[RECONCILER].pipeline.reconcile("access")
        assert not changed.is_set()


async def test_a_plan_and_a_comparison_tell_who_gains_and_loses_what(site: Site) -> None:
    async with site.server() as one:
        await site.push(one, VIEW)
        site.access.commit({FILE: RUN})
        status, plan = await one.ask(ADMIN, "POST", "/api/workspaces/access/plan", json={})
        assert status == 200, plan
        run = {"kind": "group", "name": "dev", "workspaces": "main", "tasks": "demo/*", "except_at": []}
        (gained,) = plan["rights"]
        assert gained == {**run, "change": "gained", "verbs": gained["verbs"]}
        assert "job.run" in gained["verbs"]
        assert (await can(one))["is_allowed"] is False
        await one.app[RECONCILER].pipeline.reconcile("access")
        back = await one.get(ADMIN, "/api/workspaces/access/releases/2/compare/1")
        assert back["rights"] == [{**gained, "change": "lost"}]


async def test_releases_tell_that_their_rules_are_others(site: Site) -> None:
    async def changes(server: Guarded, number: int) -> Any:
        return (await server.get(ADMIN, f"/api/workspaces/access/releases/{number}"))["changes"]

    async with site.server() as one:
        await site.push(one, VIEW)
        assert await changes(one, 1) == [{"kind": "rules", "name": FILE, "change": "added", "fields": []}]
        await site.push(one, RUN)
        other = [{"kind": "rules", "name": FILE, "change": "changed", "fields": ["rules"]}]
        assert await changes(one, 2) == other
        await site.push(one, RUN + b"# a remark\n")
        assert await changes(one, 3) == []
        status, _ = await one.ask(ADMIN, "POST", "/api/workspaces/access/rollback", json={"release": 1})
        assert (status, await changes(one, 4)) == (200, other)


async def test_a_plan_of_another_workspace_has_no_rights(site: Site) -> None:
    async with site.server() as one:
        await site.push(one, VIEW)
        (site.folder / "main" / FILE).write_bytes(RUN)
        status, plan = await one.ask(ADMIN, "POST", "/api/workspaces/main/plan", json={})
        assert (status, plan["rights"]) == (200, [])
