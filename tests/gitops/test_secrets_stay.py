"""Credentials of workspaces are told nobody, whatever goes wrong."""

import base64
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.gitops.site import Site, says
from tests.support.git.certificates import Authority
from tests.support.git.http import GitHttpServer, git_http_server
from tests.support.git.repository import GitRepository
from tests.support.programs import STROEM, environment
from tests.support.wait import eventually

pytestmark = [pytest.mark.xdist_group("gitops"), pytest.mark.slow("whole programs follow git servers")]

TOKEN = "ghp_Zq7RtokenThatMustStayWhereItIs0815"
PASSWORD = "pa55-Zq7R/with signs&that=are+escaped"
USER = "x-access-token"

PAGES = (
    "/api/workspaces",
    "/api/libraries",
    "/api/settings",
    "/api/settings/effective",
    "/api/events?limit=500",
    "/api/jobs",
    "/api/queue",
    "/api/triggers",
    "/api/plugins",
    "/healthz",
)


def spellings() -> list[bytes]:
    """The secrets as they could stand somewhere."""
    plain = [TOKEN, PASSWORD, PASSWORD.split("/")[0]]
    coded = [base64.b64encode(f"{USER}:{secret}".encode()).decode().rstrip("=") for secret in (TOKEN, PASSWORD)]
    return [text.encode() for text in (*plain, *coded)]


def found_in(data: bytes) -> list[bytes]:
    return [secret for secret in spellings() if secret in data]


def told_on_disk(*folders: Path) -> list[Path]:
    return [
        path
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink() and found_in(path.read_bytes())
    ]


async def told_by_api(site: Site, names: Mapping[str, Any]) -> list[str]:
    pages = [*PAGES]
    for name in names:
        pages += [
            f"/api/workspaces/{name}{part}" for part in ("", "/events?limit=500", "/releases", "/drift", "/problems")
        ]
    told = []
    for page in pages:
        async with site.http.get(page) as response:
            assert response.status == 200, page
            if found_in(await response.read()):
                told.append(page)
    return told


def told_by_cli(site: Site, *arguments: str) -> bool:
    done = subprocess.run(
        [*STROEM, *arguments],
        env=environment(STROEM_URL=site.up.address),
        capture_output=True,
        timeout=60,
        cwd=site.up.folder / "logs",
    )
    assert done.stdout
    return bool(found_in(done.stdout + done.stderr))


def ways(url: str, bundle: Path, closed_port: int) -> dict[str, dict[str, Any]]:
    """Workspaces that fail in each way, and one that does not; some with a token, some with a password."""
    token = {"type": "token", "token": TOKEN}
    password = {"type": "password", "username": USER, "password": PASSWORD}
    return {
        "accepted": {"url": url, "auth": token, "ca_bundle": str(bundle)},
        "refused": {"url": url, "auth": password, "ca_bundle": str(bundle)},
        "by-name": {"url": url, "auth": "shared", "ca_bundle": str(bundle), "ref": "missing"},
        "untrusted": {"url": url, "auth": token},
        "down": {"url": f"https://127.0.0.1:{closed_port}/repo.git", "auth": password},
        "elsewhere": {"url": url.replace("repo.git", "nothing.git"), "auth": token, "ca_bundle": str(bundle)},
        "misspelt": {"url": url, "auth": {"type": "token", "token": TOKEN, "user": USER}},
        "in-address": {"url": url.replace("https://", f"https://{USER}:{TOKEN}@")},
        "over-http": {"url": url.replace("https://", "http://"), "auth": token},
        "wrong-kind": {"url": url, "auth": {"type": "ssh_key", "key": TOKEN}},
    }


async def test_no_failure_tells_a_secret(
    site: Site, https: GitHttpServer, repository: GitRepository, authority: Authority, tmp_path: Path
) -> None:
    commit = repository.commit(says("hello"))
    https.login = (USER, TOKEN)
    async with git_http_server(tmp_path) as closed:
        closed_port = closed.port
    url = https.url("repo.git")
    site.up.settings["git_auth"] = {"shared": {"type": "token", "token": TOKEN, "urls": ["https://*"]}}
    added = ways(url, authority.bundle, closed_port)
    wrong = {name: added.pop(name) for name in ("misspelt", "in-address", "over-http", "wrong-kind")}
    await site.add(**added)
    await site.until_at("accepted", commit)
    assert "hello" in await site.output_of("accepted")
    await site.until_failed("refused", "does not accept the credentials")
    await site.until_failed("by-name", "no branch, tag or commit 'missing'")
    await site.until_failed("untrusted", "certificate")
    await site.until_failed("down", "cannot be reached")
    await site.until_failed("elsewhere", "no such repository")
    for status in (500, 403, 429):
        https.status = status
        await site.announce(url, commit)
        await site.until("accepted", lambda now, said=status: str(said) in (now.get("error") or ""), str(status))
    https.status = None
    await check_refused(site, wrong)
    assert https.logins
    assert not await told_by_api(site, added)
    for command in (["workspaces"], ["workspaces", "--json"], ["events"], ["events", "--json"], ["plugins"]):
        assert not told_by_cli(site, *command), command
    assert not found_in(site.up.said().encode())
    assert not told_on_disk(site.up.data, site.up.log.parent)


async def check_refused(site: Site, wrong: Mapping[str, Mapping[str, Any]]) -> None:
    """Settings that cannot be: the status of the file or of the workspace says why, without what stands in them."""
    for name, options in wrong.items():
        site.up.settings["workspaces"][name] = {"type": "git", **options}
        site.up.write()
        try:
            status = await until_refused(site, name)
            assert not found_in(status.encode()), status
        finally:
            del site.up.settings["workspaces"][name]
            site.up.write()


async def until_refused(site: Site, name: str) -> str:
    async def said() -> str | None:
        settings = (await site.get("/api/settings"))["file"]
        if name in (settings["error"] or ""):
            return str(settings["error"])
        return next(
            (one["error"] for one in await site.get("/api/workspaces") if one["name"] == name and one.get("error")),
            None,
        )

    return await eventually(said, f"{name} is refused") or ""
