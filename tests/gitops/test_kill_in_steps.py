"""kill -9 of the server in each step of a round, and a start after it."""

from pathlib import Path

import pytest

from tests.gitops.dying_server import IN_APPLY, IN_FETCH
from tests.gitops.servers import ServerProcess
from tests.gitops.site import says
from tests.gitops.up import HOOK_SECRET
from tests.support.git.repository import GitRepository

pytestmark = pytest.mark.slow("whole programs follow git servers")

PLACES = (IN_FETCH, "fetch", "resolve", "keep", "parse", "validate", "plan", "guard", IN_APPLY, "apply")
LIBRARY = {".workflows/tools.yaml": b"actions:\n  echo: {type: script, script: echo}\n"}


async def test_each_revision_becomes_a_release_once_wherever_the_server_dies(
    tmp_path: Path, database_url: str, repository: GitRepository
) -> None:
    """Each server finds what the one before left behind, then dies one place further on."""
    library = GitRepository.create(tmp_path / "library.git")
    library.commit(LIBRARY)
    settings = {
        "db": {"url": database_url},
        "blobs": {"url": (tmp_path / "blobs").as_uri()},
        "cache_dir": str(tmp_path / "cache"),
        "push_hooks": {"plain": {"type": "plain", "secret": HOOK_SECRET}},
        "libraries": {"tools": {"type": "git", "url": str(library.folder)}},
        "workspaces": {"main": {"type": "git", "url": str(repository.folder), "poll_interval_secs": 3600}},
    }
    commits = [repository.commit(says("first"))]
    hour = tmp_path / "hour"
    async with ServerProcess(tmp_path, "server", settings) as server:
        for place in PLACES:
            await server.start_to_die(DIE_AT=place, DIE_OF=str(hour))
            await server.until_at("main", commits[-1])
            repository.git("branch", "-f", "next", "main")
            commits.append(repository.commit(says(f"killed {place}"), branch="next"))
            hour.write_text(commits[-1])  # before the server can see it: its first look may still be to come
            repository.git("update-ref", "refs/heads/main", commits[-1])
            await server.announce(str(repository.folder))
            assert await server.ended() == -9, place
            hour.unlink()
        await server.start()
        await server.until_at("main", commits[-1])
        found = (await server.get("/api/workspaces/main/releases?limit=500"))["items"]
        assert [one["revision"] for one in reversed(found)] == commits
        assert [one["number"] for one in reversed(found)] == [number + 1 for number in range(len(commits))]
        assert all(one["libraries"] for one in found)
        events = (await server.get("/api/workspaces/main/events?limit=500"))["items"]
        released = [one for one in reversed(events) if one["kind"] == "released"]
        assert [one["revision"] for one in released] == commits
        assert [one["release"] for one in released] == [number + 1 for number in range(len(commits))]
        assert not [one for one in events if one["severity"] == "error"]
        commits.append(repository.commit(says("and on")))
        await server.announce(str(repository.folder))
        await server.until_at("main", commits[-1])
