"""Libraries over HTTP: who uses them at which revision, and a poll on request."""

from pathlib import Path
from typing import Any

import pytest

from stroem.server.keys import RECONCILER
from tests.support.git.repository import GitRepository

BROKEN = b"actions:\n  say: {type: script, sorce: say.sh}\n"


def says(text: str) -> dict[str, bytes]:
    return {".workflows/tools.yaml": f"actions:\n  say: {{type: script, script: echo {text}}}\n".encode()}


@pytest.fixture
def overrides() -> dict[str, str]:
    return {"STROEM__LIBRARY_URLS": '["file://*"]'}


@pytest.fixture
def repository(tmp_path: Path) -> GitRepository:
    """A library with one commit."""
    made = GitRepository.create(tmp_path / "tools.git")
    made.commit(says("first"), "Tools for all")
    return made


@pytest.fixture
async def library(server: Any, repository: GitRepository) -> dict[str, Any]:
    """The library, used by the workspace `main`."""
    url = repository.folder.as_uri()
    declared = f"libraries:\n  tools: {{type: git, url: '{url}', ref: main, poll_interval: 1h}}\n"
    (server.folder / ".stroem.yaml").write_text(declared)
    await server.app[RECONCILER].pipeline.reconcile("main", cause="person")
    (found,) = await server.get("/api/libraries")
    return dict(found)


async def look(server: Any, key: str, status: int = 200) -> dict[str, Any]:
    async with server.http.post(f"/api/libraries/{key}/reconcile", json={"by": "ada"}) as response:
        assert response.status == status, await response.text()
        answer: dict[str, Any] = await response.json()
        return answer


async def test_a_library_tells_its_commit_and_the_revision_of_each_user(
    server: Any, repository: GitRepository, library: dict[str, Any]
) -> None:
    workspace = await server.get("/api/workspaces/main")
    assert library["used_by"] == [
        {"workspace": "main", "name": "tools", "release": workspace["release"], "revision": repository.tip()}
    ]
    assert (library["source_type"], library["floats"], library["failures"]) == ("git", True, 0)
    assert library["commit"]["message"].strip() == "Tools for all"
    assert library["commit"]["author"].startswith("Ada Lovelace")


async def test_a_poll_on_request_finds_a_new_commit_but_not_every_second(
    server: Any, repository: GitRepository, library: dict[str, Any]
) -> None:
    newer = repository.commit(says("second"), "Louder")
    polled = await look(server, library["key"])
    assert (polled["revision"], polled["commit"]["message"].strip()) == (newer, "Louder")
    assert "refreshed just now" in (await look(server, library["key"], 429))["error"]
    assert (await look(server, "none", 404))["error"]


async def test_a_poll_on_request_tells_mistakes_and_what_its_users_keep(
    server: Any, repository: GitRepository, library: dict[str, Any]
) -> None:
    bad = repository.commit({".workflows/tools.yaml": BROKEN})
    polled = await look(server, library["key"])
    assert (polled["revision"], polled["observed_revision"]) == (library["revision"], bad)
    assert "is not valid" in polled["error"]
    assert any("sorce" in problem["message"] for problem in polled["problems"])
    assert [use["revision"] for use in polled["used_by"]] == [library["revision"]]


async def test_a_source_that_is_away_is_counted_until_it_is_back(
    server: Any, repository: GitRepository, library: dict[str, Any]
) -> None:
    away = repository.folder.rename(repository.folder.with_name("away.git"))
    polled = await look(server, library["key"])
    assert polled["failures"] == 1
    assert "no folder" in polled["error"]
    assert polled["next_at"] is not None
    away.rename(repository.folder)
    await server.app[RECONCILER].libraries.reconcile(
        server.app[RECONCILER].libraries.get_followed(library["key"]), "ada"
    )
    (again,) = await server.get("/api/libraries")
    assert again["failures"] == 0
    assert "error" not in again
