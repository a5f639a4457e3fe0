"""A push changes what runs, over every way in which git is served."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import attrs
import pytest

from tests.gitops.site import SCRIPT, Site, says
from tests.support.git.certificates import Authority
from tests.support.git.http import GitHttpServer
from tests.support.git.repository import GitRepository
from tests.support.git.ssh import SshServer

pytestmark = [pytest.mark.xdist_group("gitops"), pytest.mark.slow("whole programs follow git servers")]

TOKEN = "ghp_a_token_of_these_tests"


@attrs.frozen
class Followed:
    """A workspace, and the repository that it follows at `url`."""

    name: str
    repository: GitRepository
    url: str

    def push(self, text: str) -> str:
        return self.repository.commit(says(text))


Everywhere = Callable[[Callable[[Followed], Awaitable[None]]], Awaitable[None]]


@pytest.fixture
async def followed(
    site: Site, served: Path, https: GitHttpServer, sshd: SshServer, authority: Authority
) -> Sequence[Followed]:
    """One over file, https with a token, and ssh with a key each; all at a first commit, and looked at every second."""
    https.login = ("x-access-token", TOKEN)
    made = {name: GitRepository.create(served / f"{name}.git") for name in ("file", "https", "ssh")}
    for one in made.values():
        one.commit(says(f"first {uuid.uuid4()}"))
    ways = {
        "file": {"url": made["file"].folder.as_uri()},
        "https": {
            "url": https.url("https.git"),
            "auth": {"type": "token", "token": TOKEN},
            "ca_bundle": str(authority.bundle),
        },
        "ssh": {
            "url": sshd.url(made["ssh"].folder),
            "auth": {"type": "ssh_key", "key_path": str(sshd.key)},
            "known_hosts": sshd.known_hosts,
        },
    }
    await site.add(**{name: {"poll_interval_secs": 1, **options} for name, options in ways.items()})
    found = [Followed(name, made[name], str(ways[name]["url"])) for name in ways]
    for one in found:
        await site.until_at(one.name, one.repository.tip())
    return found


@pytest.fixture
def everywhere(followed: Sequence[Followed]) -> Everywhere:
    """Does something with all of them at once."""

    async def run(act: Callable[[Followed], Awaitable[None]]) -> None:
        async with asyncio.TaskGroup() as group:
            for one in followed:
                group.create_task(act(one))  # type: ignore[arg-type]

    return run


async def test_a_push_becomes_a_release_and_jobs_run_its_script(site: Site, everywhere: Everywhere) -> None:
    async def check(one: Followed) -> None:
        assert "first" in await site.output_of(one.name)
        commit = one.push("second")
        stands = await site.until_at(one.name, commit)
        assert stands["commit"]["author"] == "Ada Lovelace <ada@example.org>"
        assert "second" in await site.output_of(one.name)
        newest, first = await site.releases(one.name)
        assert (newest["number"], newest["revision"], newest["cause"]) == (2, commit, "poll")
        assert (first["number"], first["cause"]) == (1, "settings")

    await everywhere(check)


async def test_the_commit_that_a_push_hook_announces_becomes_current(
    site: Site, served: Path, https: GitHttpServer, authority: Authority
) -> None:
    repository = GitRepository.create(served / "hooked.git")
    repository.commit(says("first"))
    url = https.url("hooked.git")
    await site.add(hooked={"url": url, "ca_bundle": str(authority.bundle)})
    await site.until_at("hooked", repository.tip())
    for number in range(3):
        commit = repository.commit(says(f"pushed {number}"))
        answer = await site.announce(url, commit)
        assert answer == {"workspaces": ["hooked"], "libraries": [], "pushes": 1}
        await site.until_at("hooked", commit)
    assert [one["cause"] for one in await site.releases("hooked")] == ["push", "push", "push", "settings"]
    assert (await site.announce(url, ref="other"))["workspaces"] == []


async def test_a_forced_push_is_followed(site: Site, everywhere: Everywhere) -> None:
    async def check(one: Followed) -> None:
        before = one.repository.tip()
        one.repository.commit(says("another history"), anew=True)
        commit = one.push("and on")
        await site.until_at(one.name, commit)
        one.repository.git("update-ref", "refs/heads/main", before)
        one.repository.git("reflog", "expire", "--all", "--expire=now")
        one.repository.git("gc", "-q", "--prune=now")
        await site.until_at(one.name, before)
        assert "first" in await site.output_of(one.name)

    await everywhere(check)


async def test_a_deleted_branch_keeps_the_last_release_until_it_is_back(site: Site, everywhere: Everywhere) -> None:
    async def check(one: Followed) -> None:
        commit = one.repository.tip()
        one.repository.git("branch", "-m", "main", "mean")
        stands = await site.until_failed(one.name, "no branch, tag or commit 'main'", "'mean'")
        assert stands["revision"] == commit
        assert [part["reason"] for part in stands["conditions"]] == ["SourceFailed", "Retrying", "No"]
        assert "first" in await site.output_of(one.name)
        one.repository.git("branch", "main", commit)
        await site.until_at(one.name, commit)
        assert "recovered" in [event["kind"] for event in await site.events(one.name)]

    await everywhere(check)


async def test_a_tag_that_is_moved_is_followed(site: Site, repository: GitRepository) -> None:
    first, second = repository.commit(says("first")), repository.commit(says("second"))
    repository.tag("v1", first, "The first")
    await site.add(tagged={"url": str(repository.folder), "ref": "v1", "poll_interval_secs": 1})
    await site.until_at("tagged", first)
    repository.tag("v1", second, "The first, really")
    await site.until_at("tagged", second)
    assert "second" in await site.output_of("tagged")


async def test_an_emptied_repository_keeps_the_last_release(site: Site, everywhere: Everywhere) -> None:
    async def check(one: Followed) -> None:
        commit = one.repository.tip()
        one.repository.git("update-ref", "-d", "refs/heads/main")
        stands = await site.until_failed(one.name, "is empty", "Push something")
        assert stands["revision"] == commit
        commit = one.push("anew")
        await site.until_at(one.name, commit)

    await everywhere(check)


async def test_a_commit_without_files_waits_for_a_person(site: Site, everywhere: Everywhere) -> None:
    async def check(one: Followed) -> None:
        before = one.repository.tip()
        one.repository.commit({".workflows/main.yaml": None, SCRIPT: None})
        await site.until(one.name, lambda stands: stands.get("waiting"), "the loss of all tasks waits")
        assert (await site.workspace(one.name))["revision"] == before
        await site.until_at(one.name, one.push("back"))

    await everywhere(check)


async def test_a_repository_that_is_moved_away_and_back(site: Site, everywhere: Everywhere) -> None:
    async def check(one: Followed) -> None:
        commit, folder = one.repository.tip(), one.repository.folder
        away = folder.with_name(f"{one.name}-away")
        folder.rename(away)
        stands = await site.until(one.name, lambda now: now["failures"], "the status says that it is gone")
        assert stands["revision"] == commit
        assert stands["next_at"] > stands["checked_at"]
        assert "Look at `url`" in stands["error"]
        away.rename(folder)
        await site.until_at(one.name, commit)
        await site.until_at(one.name, one.push("second"))

    await everywhere(check)


async def test_a_damaged_repository_is_named_and_heals(site: Site, everywhere: Everywhere) -> None:
    async def check(one: Followed) -> None:
        before = one.repository.tip()
        commit = one.push("second")
        objects = [path for path in (one.repository.folder / "objects").glob("??/*") if path.is_file()]
        assert objects
        whole = {path: path.read_bytes() for path in objects}
        script = one.repository.git("rev-parse", f"{commit}:{SCRIPT}")
        damaged = one.repository.folder / "objects" / script[:2] / script[2:]
        damaged.chmod(0o600)
        stands = await site.workspace(one.name)
        if stands["revision"] != commit:  # it may have been fetched already
            damaged.write_bytes(b"rubbish")
            stands = await site.until(one.name, lambda now: now["failures"], "the damage is told")
            assert stands["revision"] == before
            assert "first" in await site.output_of(one.name)
            damaged.write_bytes(whole[damaged])
        await site.until_at(one.name, commit)
        assert "second" in await site.output_of(one.name)

    await everywhere(check)


async def test_steps_and_releases_tell_the_ref_that_is_followed(site: Site, repository: GitRepository) -> None:
    asks = {**says("x"), SCRIPT: b"echo at $STROEM_REF $STROEM_COMMIT\n"}
    first = repository.commit(asks)
    await site.add(reffed={"url": repository.folder.as_uri()})
    await site.until_at("reffed", first)
    assert f"at main {first}" in await site.output_of("reffed")
    repository.git("branch", "side", first)
    second = repository.commit({**asks, "more": b"more"}, branch="side")
    await site.post("/api/workspaces/reffed/pin", {"ref": "side"})
    await site.until_at("reffed", second)
    assert f"at side {second}" in await site.output_of("reffed")
    await site.post("/api/workspaces/reffed/rollback", {"release": 1})
    assert f"at main {first}" in await site.output_of("reffed")
    assert [one["ref"] for one in await site.releases("reffed")] == ["main", "side", "main"]
