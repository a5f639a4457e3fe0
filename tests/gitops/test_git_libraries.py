"""Libraries from git: pinned, floating, declared, broken and whole again."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.gitops.site import Site
from tests.support.git.repository import GitRepository
from tests.support.wait import eventually

pytestmark = [pytest.mark.xdist_group("gitops"), pytest.mark.slow("whole programs follow git servers")]

USE = b"tasks:\n  speak: {flow: {say: {action: tools/say}}}\n"
BROKEN = b"actions:\n  say: {type: script, source: say.sh, sorce: say.sh}\n"


def tools(text: str) -> dict[str, bytes]:
    """A library with one action, whose script prints a text."""
    return {
        ".workflows/tools.yaml": b"actions:\n  say: {type: script, source: say.sh}\n",
        "say.sh": f"echo {text}\n".encode(),
    }


def declaring(ref: str, url: str) -> dict[str, bytes]:
    """A workspace that uses the library at a ref."""
    declared = f"libraries:\n  tools: {{type: git, url: '{url}', ref: {ref}, poll_interval: 1h}}\n"
    return {".stroem.yaml": declared.encode(), ".workflows/main.yaml": USE}


@pytest.fixture
def library(tmp_path: Path) -> GitRepository:
    """A library that has a branch `main` and a tag `v1`."""
    found = GitRepository.create(tmp_path / "library.git")
    found.tag("v1", found.commit(tools("tagged")))
    return found


async def library_item(site: Site, library: GitRepository, ref: str) -> dict[str, Any]:
    items = await site.get("/api/libraries")
    (found,) = (one for one in items if str(library.folder) in one["origin"] and one["ref"] == ref)
    return dict(found)


async def follow(site: Site, served: Path, library: GitRepository, refs: Mapping[str, str]) -> None:
    """Workspaces by name, each with the library at a ref."""
    url = library.folder.as_uri()
    made = {name: GitRepository.create(served / f"{name}.git") for name in refs}
    commits = {name: one.commit(declaring(refs[name], url)) for name, one in made.items()}
    await site.add(**{name: {"url": str(one.folder)} for name, one in made.items()})
    for name, commit in commits.items():
        await site.until_at(name, commit)


async def until_release(site: Site, name: str, number: int) -> dict[str, Any]:
    return await site.until(name, lambda one: one["release"] == number and not one.get("error"), f"release {number}")


async def test_a_tag_stays_and_a_branch_moves_all_who_use_it(site: Site, served: Path, library: GitRepository) -> None:
    await follow(site, served, library, {"pinned": "v1", "floating": "main", "floating-too": "main"})
    assert "tagged" in await site.output_of("pinned")
    assert not [one for one in (await site.workspace("pinned")).get("warnings") or () if "floats" in one]
    assert [one for one in (await site.workspace("floating"))["warnings"] if "library 'tools' floats" in one]
    item = await library_item(site, library, "main")
    assert item["floats"]
    assert sorted(use["workspace"] for use in item["used_by"]) == ["floating", "floating-too"]
    assert not (await library_item(site, library, "v1"))["floats"]

    commit = library.commit(tools("moved"))
    answer = await site.announce(library.folder.as_uri(), commit)
    assert answer["workspaces"] == []
    assert answer["libraries"] == [library.folder.as_uri()]
    for name in ("floating", "floating-too"):
        stands = await until_release(site, name, 2)
        assert [one["revision"] for one in stands["libraries"]] == [commit]
        assert "moved" in await site.output_of(name)
        newest, before = await site.releases(name)
        assert newest["cause"] == "library"
        assert newest["revision"] == before["revision"]
    assert (await site.workspace("pinned"))["release"] == 1
    assert "tagged" in await site.output_of("pinned")


async def test_a_broken_library_names_itself_and_heals(site: Site, served: Path, library: GitRepository) -> None:
    await follow(site, served, library, {"user": "main"})
    good = library.tip()
    bad = library.commit({".workflows/tools.yaml": BROKEN})
    await site.announce(library.folder.as_uri(), bad)
    stands = await site.until_failed("user", "Library 'tools'", str(library.folder), "tools.yaml:2", "sorce")
    assert stands["release"] == 1
    assert "tagged" in await site.output_of("user")
    item = await library_item(site, library, "main")
    assert (item["revision"], item["observed_revision"]) == (good, bad)
    assert "tools.yaml:2" in item["error"]
    assert [problem["file"] for problem in item["problems"] if problem["severity"] == "error"]
    healed = library.commit(tools("whole again"))
    await site.announce(library.folder.as_uri(), healed)
    await until_release(site, "user", 2)
    assert "whole again" in await site.output_of("user")
    assert not (await library_item(site, library, "main")).get("error")


async def test_a_library_that_is_away_holds_nobody_and_is_found_again_by_itself(
    site: Site, served: Path, library: GitRepository
) -> None:
    await follow(site, served, library, {"waits": "main"})
    away = library.folder.with_name("away.git")
    library.folder.rename(away)
    await site.announce(library.folder.as_uri())

    async def error() -> str | None:
        return (await library_item(site, library, "main")).get("error")

    assert "no folder" in (await eventually(error, "the library says that it is away") or "")
    await site.until(
        "waits", lambda now: any("no folder" in one for one in now.get("warnings", ())), "its user says so"
    )
    assert "tagged" in await site.output_of("waits")
    commit = GitRepository(away).commit(tools("back"))
    away.rename(library.folder)
    stands = await until_release(site, "waits", 2)
    assert stands["libraries"][0]["revision"] == commit
    assert not [one for one in stands["warnings"] if "no folder" in one]


async def test_a_library_at_an_address_that_is_not_allowed(site: Site, served: Path, library: GitRepository) -> None:
    url = "ssh://git@127.0.0.1/library.git"
    repository = GitRepository.create(served / "user.git")
    repository.commit(declaring("main", url))
    await site.add(curious={"url": str(repository.folder)})
    stands = await site.until_failed("curious", "library_urls", url)
    assert stands["release"] is None
    commit = repository.commit(declaring("v1", library.folder.as_uri()))
    await site.until_at("curious", commit)
