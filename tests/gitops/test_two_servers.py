"""Two servers on one database follow the same workspaces; one of them dies."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.gitops.servers import ServerProcess
from tests.gitops.site import says
from tests.gitops.up import HOOK_SECRET
from tests.support.git.repository import GitRepository
from tests.support.wait import eventually

pytestmark = pytest.mark.slow("whole programs follow git servers")

COUNT = 30
STATUS = ("revision", "release", "observed_revision", "error", "failures", "conditions", "commit", "warnings")

Repositories = Mapping[str, GitRepository]


def make_repositories(folder: Path) -> Repositories:
    folder.mkdir()
    found = {f"w{number:02}": GitRepository.create(folder / f"w{number:02}.git") for number in range(COUNT)}
    for name, repository in found.items():
        repository.commit(says(f"first of {name}"))
    return found


def settings(folder: Path, database_url: str, repositories: Repositories, cache: str) -> dict[str, Any]:
    return {
        "db": {"url": database_url},
        "blobs": {"url": (folder / "blobs").as_uri()},
        "cache_dir": str(folder / cache),
        "push_hooks": {"plain": {"type": "plain", "secret": HOOK_SECRET}},
        "workspaces": {
            name: {"type": "git", "url": str(repository.folder), "poll_interval_secs": 3600}
            for name, repository in repositories.items()
        },
    }


async def stands(server: ServerProcess) -> dict[str, dict[str, Any]]:
    found = await server.get("/api/workspaces") or ()
    return {one["name"]: {key: one.get(key) for key in STATUS} for one in found}


async def until_all_at(server: ServerProcess, commits: Mapping[str, str]) -> None:
    """Waits until each workspace is at its commit on this server."""

    async def current() -> bool:
        found = await stands(server)
        return len(found) == COUNT and all(one["revision"] == commits[name] for name, one in found.items())

    await eventually(current, f"all are current on {server.url}", within=60)


async def until_same(one: ServerProcess, other: ServerProcess) -> None:
    """Waits until both servers say the same of all workspaces."""

    async def same() -> bool:
        return await stands(one) == await stands(other)

    await eventually(same, "both say the same")


def push_all(repositories: Repositories, text: str) -> dict[str, str]:
    return {name: repository.commit(says(f"{text} of {name}")) for name, repository in repositories.items()}


async def check_releases(server: ServerProcess, repositories: Repositories, count: int) -> None:
    """Each commit is a release once, in order, and each release an event once."""
    for name, repository in repositories.items():
        history = repository.git("rev-list", "--reverse", "main").split()
        found = (await server.get(f"/api/workspaces/{name}/releases"))["items"][::-1]
        assert [one["revision"] for one in found] == history, name
        assert [one["number"] for one in found] == list(range(1, count + 1)), name
        events = (await server.get(f"/api/workspaces/{name}/events?limit=500"))["items"]
        told = [one["release"] for one in events if one["kind"] == "released"]
        assert told[::-1] == list(range(1, count + 1)), name


@pytest.mark.parametrize("caches", [("cache", "cache"), ("one", "other")], ids=["one cache", "two caches"])
async def test_each_revision_is_applied_once_and_one_server_goes_on_alone(
    tmp_path: Path, database_url: str, caches: tuple[str, str]
) -> None:
    repositories = make_repositories(tmp_path / "served")
    names = list(repositories)
    async with AsyncExitStack() as stack:
        one, other = [
            await stack.enter_async_context(
                ServerProcess(tmp_path, f"server-{number}", settings(tmp_path, database_url, repositories, cache))
            )
            for number, cache in enumerate(caches)
        ]
        hour = tmp_path / "hour"
        await asyncio.gather(one.start_to_die(DIE_AT="parse", DIE_OF=str(hour)), other.start())
        commits = {name: repository.tip() for name, repository in repositories.items()}
        await asyncio.gather(until_all_at(one, commits), until_all_at(other, commits))

        commits = push_all(repositories, "second")
        await asyncio.gather(
            *(
                server.announce(str(repositories[name].folder))
                for number, name in enumerate(names)
                for server in ((one, other), (one,), (other,))[number % 3]
            )
        )
        await asyncio.gather(until_all_at(one, commits), until_all_at(other, commits))
        await until_same(one, other)
        await check_releases(other, repositories, 2)

        commits = push_all(repositories, "third")
        hour.write_text(commits[names[COUNT // 2]])
        announced = (one.announce(str(repositories[name].folder)) for name in names)
        answers = await asyncio.gather(*announced, return_exceptions=True)
        for name, answer in zip(names, answers, strict=True):
            if answer is not None:  # as git hosts do when there is no good answer
                assert isinstance(answer, aiohttp.ClientError), answer
                await other.announce(str(repositories[name].folder))
        await until_all_at(other, commits)
        await one.kill()  # if the other one was quicker to take what it would have died of
        hour.unlink()
        await check_releases(other, repositories, 3)

        await one.start()
        await until_all_at(one, commits)
        await until_same(one, other)
        await check_releases(one, repositories, 3)
