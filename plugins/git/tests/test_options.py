"""What operators set, as the core makes sources of it, and what is wrong with it."""

import logging
from pathlib import Path

import pytest

from stroem.errors import SettingsError
from stroem.interfaces.source import SourceUnavailable
from stroem.reconciler.sources.sources import Sources
from stroem.registry.registry import load_plugins
from stroem.settings.server import GitAuthSettings, WorkspaceSettings
from stroem_git.auth import GitAuth
from stroem_git.source import GitSource
from tests.support.git.certificates import Authority
from tests.support.git.http import git_http_server

SECRET = "hunter2-very-secret"


@pytest.fixture
def sources(cache: Path) -> Sources:
    """Makes sources as the server does."""
    auth = {
        "forge": GitAuthSettings(type="token", options={"token": SECRET}),
        "deploy": GitAuthSettings(type="ssh_key", options={"key_path": "/keys/deploy", "passphrase": SECRET}),
        "app": GitAuthSettings(type="command", options={"command": ["/bin/print-token", SECRET], "ttl_secs": 60}),
        "ada": GitAuthSettings(type="password", options={"username": "ada", "password": SECRET}),
        "wrong": GitAuthSettings(type="token", options={"tokn": SECRET}),
        "strange": GitAuthSettings(type="kerberos", options={}),
    }
    return Sources(registry=load_plugins(), cache=cache, auth=auth)


def made(sources: Sources, **options: object) -> GitSource:
    """The source that the core makes."""
    found = sources.of(WorkspaceSettings(type="git", options=options))
    assert isinstance(found, GitSource), found
    return found


def problems(sources: Sources, **options: object) -> str:
    """What is wrong, which never holds the secret."""
    found = sources.mistakes(WorkspaceSettings(type="git", options=options))
    said = "; ".join(f"{'.'.join(map(str, one.path))}: {one.message}" for one in found)
    assert SECRET not in said
    return said


def test_all_options(sources):
    source = made(
        sources,
        url="https://example.org/x.git",
        ref="v1",
        path="a/b",
        auth="forge",
        ca_bundle="/etc/ca.pem",
        known_hosts="~/hosts",
        insecure_skip_verify=True,
        depth=0,
        timeout_secs=5,
    )
    assert source.auth == GitAuth(type="token", token=SECRET)
    assert source.ca_bundle == Path("/etc/ca.pem")
    assert (source.ref, source.path, source.depth, source.timeout_secs) == ("v1", "a/b", 0, 5.0)
    assert source.origin == "https://example.org/x.git (a/b)"
    assert SECRET not in repr(source) + str(source.warnings) + str(source.origin)


@pytest.mark.parametrize(
    ("url", "auth"),
    [
        ("ssh://git@example.org:2222/x.git", "deploy"),
        ("git@example.org:x.git", "deploy"),
        ("https://example.org/x.git", "app"),
        ("https://example.org/x.git", "ada"),
    ],
)
def test_kinds_of_credentials(sources, url, auth):
    source = made(sources, url=url, auth=auth)
    assert source.auth is not None
    assert SECRET not in repr(source)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "url: is required"),
        ({"url": "https://example.org/x", "branch": "main"}, "branch: is not a known key"),
        ({"url": "https://example.org/x", "ref": 5}, "ref: expected a text"),
        ({"url": "https://example.org/x", "ref": "a b"}, "ref: 'a b' cannot be the name"),
        ({"url": "https://example.org/x", "path": "../x"}, "path: expected a folder"),
        ({"url": "https://example.org/x", "depth": -1}, "depth: must be 0"),
        ({"url": "https://example.org/x", "timeout_secs": 0}, "timeout_secs: must be greater"),
        ({"url": "https://example.org/x", "auth": "missing"}, "git_auth has no 'missing'"),
        ({"url": "https://example.org/x", "auth": "wrong"}, "auth.tokn: is not a known key"),
        ({"url": "https://example.org/x", "auth": "strange"}, "auth.type: must be one of token, password"),
        ({"url": "https://example.org/x", "auth": {"type": "token"}}, "auth: `token` is required"),
        ({"url": "https://example.org/x", "auth": {"type": "password"}}, "auth: `username` and `password`"),
        ({"url": "https://example.org/x", "auth": {"type": "command"}}, "auth: `command` is required"),
        ({"url": "https://example.org/x", "auth": {"type": "token", "token": 5}}, "auth.token: expected a text"),
        ({"url": "https://example.org/x", "auth": "deploy"}, "auth: an ssh key does not work over https"),
        ({"url": "git@example.org:x", "auth": "forge"}, "auth: a token does not work over ssh"),
        ({"url": "http://example.org/x", "auth": "forge"}, "auth: credentials are not sent over plain http"),
        ({"url": "/srv/x.git", "auth": "forge"}, "auth: a folder on disk takes no `auth`"),
        (
            {"url": "git@example.org:x", "auth": {"type": "ssh_key", "key": SECRET, "key_path": "/x"}},
            "auth: `key` and `key_path` exclude each other",
        ),
    ],
)
def test_mistakes(sources, options, message):
    assert message in problems(sources, **options)


def test_all_mistakes_at_once(sources):
    said = problems(sources, url="ftp://x", ref="", depth=-1)
    assert "url: " in said
    assert "ref: " in said
    assert "depth: " in said


@pytest.mark.parametrize(
    "url",
    [
        f"https://ada:{SECRET}@example.org/x.git",
        f"https://{SECRET}@example.org/x.git",
        f"ssh://ada:{SECRET}@example.org/x.git",
        "git://example.org/x.git",
        "ftp://example.org/x",
        "https:///x",
        "https://example.org:port/x",
        "https://example.org/a b",
        "https://example.org\\@elsewhere.org/x",
        "https://example.org/x?token=1",
        "file://host/x",
        "",
    ],
)
def test_addresses_that_are_refused(url):
    with pytest.raises(SettingsError, match="url: ") as raised:
        GitSource(url=url)
    assert SECRET not in str(raised.value)


async def test_an_address_on_this_machine(repository, sources):
    repository.commit({"a": b"1"})
    for url in (str(repository.folder), repository.folder.as_uri()):
        assert (await made(sources, url=url).fetch(None)).files


async def test_a_source_that_was_not_prepared(repository):
    with pytest.raises(SourceUnavailable, match="`prepare`"):
        await GitSource(url=str(repository.folder)).fetch(None)


async def test_nothing_secret_is_logged(repository, sources, tmp_path, caplog, capfd):
    repository.commit({"a": b"1"})
    authority = Authority.create(tmp_path)
    with caplog.at_level(logging.DEBUG):
        async with git_http_server(repository.folder.parent, authority.server(tmp_path)) as server:
            server.login = ("x-access-token", SECRET)
            options = {"url": server.url("repo.git"), "auth": "forge", "ca_bundle": str(authority.bundle)}
            assert (await made(sources, **options).fetch(None)).files
            server.login = ("x-access-token", "other")
            with pytest.raises(SourceUnavailable) as raised:
                await made(sources, **options).fetch(None)
    said = capfd.readouterr()
    assert SECRET not in caplog.text + said.out + said.err + str(raised.value)
