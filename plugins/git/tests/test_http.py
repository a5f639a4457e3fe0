"""Over http and https: credentials, certificates, and hosts that misbehave."""

import asyncio
import os
import signal
import sys

import pytest

from stroem.errors import SettingsError
from stroem.interfaces.source import RefUnknown, Snapshot, SourceUnavailable
from stroem_git.auth import GitAuth
from tests.support.git.certificates import Authority
from tests.support.git.http import git_http_server

SECRET = "hunter2-very-secret"


@pytest.fixture
async def tls(repository, tmp_path, authority):
    """A server whose certificate the authority has signed."""
    async with git_http_server(repository.folder.parent, authority.server(tmp_path)) as server:
        yield server


@pytest.fixture
async def http(repository):
    """A server without TLS."""
    async with git_http_server(repository.folder.parent) as server:
        yield server


async def failure(source, previous: Snapshot | None = None) -> str:
    """Why a fetch fails; it never holds the secret."""
    with pytest.raises(SourceUnavailable) as raised:
        await source.fetch(previous)
    assert SECRET not in str(raised.value)
    assert SECRET not in repr(source) + str(source.origin) + str(source.warnings)
    return str(raised.value)


@pytest.mark.parametrize(
    ("auth", "login"),
    [
        (GitAuth(type="token", token=SECRET), ("x-access-token", SECRET)),
        (GitAuth(type="token", token=SECRET, username="oauth2"), ("oauth2", SECRET)),
        (GitAuth(type="password", username="ada", password=SECRET), ("ada", SECRET)),
        (GitAuth(type="command", command=(sys.executable, "-c", f"print('{SECRET}')")), ("x-access-token", SECRET)),
    ],
)
async def test_credentials(repository, make_source, tls, authority, cache, auth, login):
    repository.commit({"a": b"1"})
    tls.login = login
    source = make_source(url=tls.url("repo.git"), ca_bundle=authority.bundle, auth=auth)
    assert (await source.fetch(None)).files
    assert source.warnings == ()
    tls.login = ("x-access-token", "another")
    assert "does not accept the credentials" in await failure(source)
    on_disk = b"".join(file.read_bytes() for file in cache.rglob("*") if file.is_file())
    assert SECRET.encode() not in on_disk


async def test_credentials_that_are_missing(repository, make_source, tls, authority):
    repository.commit({"a": b"1"})
    tls.login = ("x", SECRET)
    source = make_source(url=tls.url("repo.git"), ca_bundle=authority.bundle)
    assert "wants credentials" in await failure(source)


async def test_one_clone_gives_nothing_to_those_without_credentials(repository, make_source, tls, authority):
    commit = repository.commit({"a": b"1"})
    tls.login = ("x-access-token", SECRET)
    options = {"url": tls.url("repo.git"), "ca_bundle": authority.bundle, "ref": commit}
    await make_source(**options, auth=GitAuth(type="token", token=SECRET)).fetch(None)
    assert "wants credentials" in await failure(make_source(**options))


async def test_a_token_is_made_anew_when_it_is_refused(repository, make_source, tls, authority, tmp_path):
    repository.commit({"a": b"1"})
    token = tmp_path / "token"
    token.write_text("old")
    runs = tmp_path / "runs"
    script = f"echo run >> {runs}; cat {token}"
    auth = GitAuth(type="command", command=("/bin/sh", "-c", script), username="app")
    source = make_source(url=tls.url("repo.git"), ca_bundle=authority.bundle, auth=auth)
    tls.login = ("app", "old")
    snapshot = await source.fetch(None)
    assert await source.fetch(snapshot) is snapshot
    assert runs.read_text().count("run") == 1
    token.write_text("new")
    tls.login = ("app", "new")
    assert await source.fetch(snapshot) is snapshot
    assert runs.read_text().count("run") == 2


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (("/bin/sh", "-c", f"echo {SECRET}; exit 3"), "ended with 3"),
        (("/bin/sh", "-c", f"echo {SECRET} >&2"), "printed no token"),
        (("/missing/program", SECRET), "cannot be started"),
        (("/bin/sh", "-c", "yes | head -c 100000"), "printed more than"),
        (("/bin/sh", "-c", f"sleep 100; echo {SECRET}"), "did not end within 1 s"),
    ],
)
async def test_commands_that_fail(repository, make_source, tls, authority, command, message):
    repository.commit({"a": b"1"})
    tls.login = ("x", SECRET)
    auth = GitAuth(type="command", command=command)
    source = make_source(url=tls.url("repo.git"), ca_bundle=authority.bundle, auth=auth, timeout_secs=1)
    assert message in await failure(source)


async def test_certificates_are_verified(repository, make_source, tls, authority, tmp_path):
    repository.commit({"a": b"1"})
    url = tls.url("repo.git")
    assert "certificate" in await failure(make_source(url=url))
    other = Authority.create(tmp_path, "Other CA")
    assert "certificate" in await failure(make_source(url=url, ca_bundle=other.bundle))
    assert (await make_source(url=url, ca_bundle=authority.bundle).fetch(None)).files
    assert "certificate" in await failure(make_source(url=url, ca_bundle=other.bundle))
    assert "certificate" in await failure(make_source(url=url))


@pytest.mark.parametrize("options", [{"address": "127.0.0.9"}, {"expired": True}])
async def test_certificates_for_others_and_of_yesterday(repository, make_source, authority, tmp_path, options):
    repository.commit({"a": b"1"})
    async with git_http_server(repository.folder.parent, authority.server(tmp_path, **options)) as server:
        source = make_source(url=server.url("repo.git"), ca_bundle=authority.bundle)
        assert "certificate" in await failure(source)


async def test_a_bundle_replaces_the_certificates_of_the_system(repository, make_source, tls, authority, tmp_path):
    repository.commit({"a": b"1"})
    other = Authority.create(tmp_path, "Other CA")
    before = os.environ.get("SSL_CERT_FILE")
    os.environ["SSL_CERT_FILE"] = str(authority.bundle)
    try:
        assert (await make_source(url=tls.url("repo.git"), timeout_secs=59).fetch(None)).files
        assert "certificate" in await failure(make_source(url=tls.url("repo.git"), ca_bundle=other.bundle))
    finally:
        os.environ.pop("SSL_CERT_FILE")
        if before is not None:
            os.environ["SSL_CERT_FILE"] = before


async def test_verification_can_be_switched_off_for_one_source(repository, make_source, tls):
    repository.commit({"a": b"1"})
    open_source = make_source(url=tls.url("repo.git"), insecure_skip_verify=True)
    assert (await open_source.fetch(None)).files
    assert "is not verified" in open_source.warnings[0]
    assert "certificate" in await failure(make_source(url=tls.url("repo.git")))


async def test_a_bundle_that_cannot_be_read(repository, make_source, tls, tmp_path):
    assert "cannot be read" in await failure(make_source(url=tls.url("x"), ca_bundle=tmp_path / "missing"))
    (tmp_path / "empty").write_text("")
    assert "no certificate" in await failure(make_source(url=tls.url("x"), ca_bundle=tmp_path / "empty"))


async def test_credentials_are_not_sent_on_to_another_host(repository, make_source, tls, authority, http):
    repository.commit({"a": b"1"})
    tls.login = http.login = ("x-access-token", SECRET)
    source = make_source(
        url=tls.url("repo.git", "localhost"), ca_bundle=authority.bundle, auth=GitAuth(type="token", token=SECRET)
    )
    assert (await source.fetch(None)).files
    tls.logins.clear()
    tls.redirect = f"https://127.0.0.1:{tls.port}"
    assert "another host" in await failure(source)
    tls.redirect = http.url("").rstrip("/")
    await failure(source)
    assert tls.logins == []
    assert http.logins == []


@pytest.mark.parametrize("members", [True, False])
async def test_credentials_do_not_go_to_another_port(repository, make_source, tls, authority, tmp_path, members):
    repository.commit({"a": b"1"})
    async with git_http_server(repository.folder.parent, authority.server(tmp_path)) as other:
        tls.login = other.login = ("x-access-token", SECRET)
        tls.moved, tls.moved_for_members = {"/repo.git": other.url("repo.git")}, members
        source = make_source(
            url=tls.url("repo.git"), ca_bundle=authority.bundle, auth=GitAuth(type="token", token=SECRET)
        )
        assert f"sends us on to another host, 127.0.0.1:{other.port}. If" in await failure(source)
        assert (other.requests, other.logins) == ([], [])


@pytest.mark.parametrize("members", [True, False])
async def test_a_repository_that_has_moved_on_its_host_is_found(repository, make_source, tls, authority, members):
    repository.commit({"a": b"1"})
    tls.login = ("x-access-token", SECRET)
    tls.moved, tls.moved_for_members = {"/old.git": "/older.git", "/older.git": tls.url("repo.git")}, members
    source = make_source(
        url=tls.url("old.git"), ca_bundle=authority.bundle, auth=GitAuth(type="token", token=SECRET), timeout_secs=60
    )
    first = await source.fetch(None)
    assert [file.path for file in first.files] == ["a"]
    repository.commit({"b": b"1"})
    assert [file.path for file in (await source.fetch(first)).files] == ["a", "b"]


@pytest.mark.parametrize(
    ("moved", "message"),
    [
        ({"/repo.git": "/repo.git"}, "again and again (a redirect loop)"),
        ({"/repo.git": "/other", "/other": "/repo.git"}, "a redirect loop"),
        ({"/repo.git": "file:///etc"}, "cannot redirect from 'https' to 'file'"),
        ({"/repo.git": "http://127.0.0.1:1/"}, "cannot redirect from 'https' to 'http'"),
    ],
)
async def test_redirects_that_lead_nowhere(repository, make_source, tls, authority, moved, message):
    repository.commit({"a": b"1"})
    tls.moved = moved
    source = make_source(url=tls.url("repo.git"), ca_bundle=authority.bundle, auth=GitAuth(type="token", token=SECRET))
    said = await failure(source)
    assert message in said
    assert "credentials" not in said


async def test_plain_http_takes_no_credentials_and_warns(repository, make_source, http):
    repository.commit({"a": b"1"})
    source = make_source(url=http.url("repo.git"))
    await source.fetch(None)
    assert "plain http" in source.warnings[0]
    with pytest.raises(SettingsError, match="not sent over plain http"):
        make_source(url=http.url("repo.git"), auth=GitAuth(type="token", token=SECRET))


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (500, "out of order"),
        (503, "out of order"),
        (404, "knows no such repository"),
        (403, "refuses access"),
        (429, "too many requests"),
    ],
)
async def test_answers_that_are_errors_heal(repository, make_source, http, status, message):
    repository.commit({"a": b"1"})
    source = make_source(url=http.url("repo.git"))
    snapshot = await source.fetch(None)
    http.status = status
    assert message in await failure(source, snapshot)
    http.status = None
    assert await source.fetch(snapshot) is snapshot


@pytest.mark.parametrize(("fault", "message"), [("break_off_after", "broke off"), ("rubbish", "damaged")])
async def test_packs_that_break_off_or_are_none_heal(repository, make_source, http, fault, message):
    repository.commit({f"f{number}": os.urandom(2000) for number in range(20)})
    source = make_source(url=http.url("repo.git"))
    setattr(http, fault, 5000 if fault == "break_off_after" else True)
    assert message in await failure(source)
    setattr(http, fault, None)
    snapshot = await source.fetch(None)
    repository.commit({f"f{number}": os.urandom(2000) for number in range(20)})
    setattr(http, fault, 5000 if fault == "break_off_after" else True)
    assert message in await failure(source, snapshot)
    setattr(http, fault, None)
    assert (await source.fetch(snapshot)).revision == repository.tip()


@pytest.mark.slow("waits for a timeout or a retry")
async def test_hosts_that_hang_are_given_up(repository, make_source, http):
    http.hang = True
    sources = [make_source(url=http.url("repo.git"), timeout_secs=1) for _ in range(12)]
    reasons = await asyncio.gather(*(failure(source) for source in sources))
    assert all("does not answer" in reason for reason in reasons)


async def test_a_host_that_hangs_does_not_delay_other_hosts(repository, make_source, http):
    repository.commit({"a": b"1"})
    async with git_http_server(repository.folder.parent) as healthy:
        http.hang = True
        hanging = [make_source(url=http.url("repo.git"), timeout_secs=3600) for _ in range(12)]
        tasks = [asyncio.create_task(source.fetch(None)) for source in hanging]
        await http.hanging.wait()
        others = [make_source(url=healthy.url("repo.git", "localhost"), timeout_secs=3600) for _ in range(8)]
        async with asyncio.timeout(60):
            snapshots = await asyncio.gather(*(source.fetch(None) for source in others))
        assert all(snapshot.files for snapshot in snapshots)
        assert not any(task.done() for task in tasks)
        assert http.most_at_once <= 8
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_fetch_that_hangs_can_be_cancelled(repository, make_source, http):
    http.hang = True
    task = asyncio.create_task(make_source(url=http.url("repo.git")).fetch(None))
    await http.hanging.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.slow("waits for a timeout or a retry")
async def test_a_host_that_hangs_does_not_hold_up_the_end(repository, http, cache):
    http.hang = True
    script = (
        "import asyncio, sys, pathlib; from stroem_git.source import GitSource;"
        "from stroem.interfaces.source import FetchLimits;"
        "source = GitSource(url=sys.argv[1], timeout_secs=3600);"
        "source.prepare(pathlib.Path(sys.argv[2]), FetchLimits()); asyncio.run(source.fetch(None))"
    )
    command = [sys.executable, "-c", script, http.url("repo.git"), str(cache)]
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
    await http.hanging.wait()
    process.send_signal(signal.SIGINT)
    async with asyncio.timeout(60):
        await process.wait()


async def test_a_port_where_nobody_listens(make_source):
    assert "cannot be reached" in await failure(make_source(url="http://127.0.0.1:1/x.git"))
    assert "cannot be resolved" in await failure(make_source(url="https://no-such-host.invalid/x.git"))


async def test_a_push_while_fetching(repository, make_source, http):
    repository.commit({"a": b"1"})
    source = make_source(url=http.url("repo.git"))
    pushed = []

    async def push() -> None:
        if not pushed:
            pushed.append(repository.commit({"a": b"forced"}, anew=True))
            repository.git("reflog", "expire", "--expire=now", "--all")
            repository.git("gc", "-q", "--prune=now")

    http.before_pack = push
    snapshot = await source.fetch(None)
    assert snapshot.revision == pushed[0]


async def test_a_branch_that_is_not_there_over_http(repository, make_source, http):
    repository.commit({"a": b"1"})
    with pytest.raises(RefUnknown, match="Alike is 'main'"):
        await make_source(url=http.url("repo.git"), ref="mian").fetch(None)


async def test_a_bad_certificate_is_told_at_once_when_there_are_credentials(repository, make_source, tls):
    """Through a proxy libgit2 would wait for its timeout."""
    repository.commit({"a": b"1"})
    source = make_source(url=tls.url("repo.git"), timeout_secs=600, auth=GitAuth(type="token", token=SECRET))
    async with asyncio.timeout(60):
        assert "certificate of 127.0.0.1" in await failure(source)
    assert tls.logins == []
