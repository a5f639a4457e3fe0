"""Over ssh: keys, the agent, and whose host keys are believed."""

import os
import re
import socket
import subprocess
from pathlib import Path

import pytest

from stroem.interfaces.source import SourceUnavailable
from stroem_git.auth import GitAuth
from stroem_git.helper.pool import HELPERS
from tests.support.git.ssh import make_key, ssh_server

PASSPHRASE = "correct horse battery"


@pytest.fixture
def make_ssh(repository, make_source, sshd):
    """Makes a source that logs in with the key of the server, unless told otherwise."""
    repository.commit({"a": b"1"})

    def make(**options):
        given = {
            "url": sshd.url(repository.folder),
            "auth": GitAuth(type="ssh_key", key_path=sshd.key),
            "known_hosts": sshd.known_hosts,
        }
        return make_source(**{**given, **options})

    return make


async def failure(source) -> str:
    """Why a fetch fails."""
    with pytest.raises(SourceUnavailable) as raised:
        await source.fetch(None)
    assert PASSPHRASE not in str(raised.value) + repr(source)
    assert "PRIVATE KEY" not in str(raised.value) + repr(source)
    return str(raised.value)


@pytest.mark.parametrize("kind", ["ed25519", "rsa", "ecdsa"])
async def test_keys_in_files_and_inline_with_and_without_passphrase(make_ssh, sshd, tmp_path, kind):
    plain = make_key(tmp_path / "plain", kind)
    locked = make_key(tmp_path / "locked", kind, PASSPHRASE)
    sshd.allow(plain)
    sshd.allow(locked)
    for options in (
        {"key_path": plain},
        {"key": plain.read_text().strip().replace("\n", "\r\n")},
        {"key_path": locked, "passphrase": PASSPHRASE},
        {"key": locked.read_text(), "passphrase": PASSPHRASE},
    ):
        assert (await make_ssh(auth=GitAuth(type="ssh_key", **options)).fetch(None)).files


async def test_keys_stay_off_the_disk(make_ssh, sshd, cache):
    key = sshd.key.read_text()
    await make_ssh(auth=GitAuth(type="ssh_key", key=key)).fetch(None)
    secret = key.splitlines()[2].encode()
    assert not any(secret in file.read_bytes() for file in cache.rglob("*") if file.is_file())


async def test_the_agent(make_ssh, sshd, monkeypatch):
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    HELPERS.close()
    assert "no ssh agent" in await failure(make_ssh(auth=GitAuth(type="ssh_key")))
    said = subprocess.run(["ssh-agent", "-s"], check=True, capture_output=True, text=True).stdout
    place, process = re.findall(r"(?:SSH_AUTH_SOCK|SSH_AGENT_PID)=([^;]+);", said)
    monkeypatch.setenv("SSH_AUTH_SOCK", place)
    try:
        HELPERS.close()
        assert "does not accept the" in await failure(make_ssh(auth=GitAuth(type="ssh_key")))
        subprocess.run(["ssh-add", "-q", str(sshd.key)], check=True)
        assert (await make_ssh(auth=GitAuth(type="ssh_key")).fetch(None)).files
    finally:
        os.kill(int(process), 15)
        HELPERS.close()


async def test_keys_that_do_not_fit(make_ssh, sshd, tmp_path):
    stranger = make_key(tmp_path / "stranger")
    locked = make_key(tmp_path / "locked", passphrase=PASSPHRASE)
    sshd.allow(locked)
    auths = {
        "does not accept the key": {"key_path": stranger},
        "cannot be read": {"key_path": tmp_path / "missing"},
        "not a private key": {"key_path": sshd.key.with_suffix(".pub")},
        "the key cannot be read": {"key_path": locked, "passphrase": "wrong"},
        "not a private key in PEM": {"key": "nonsense"},
    }
    for message, options in auths.items():
        assert message in await failure(make_ssh(auth=GitAuth(type="ssh_key", **options)))
    password = GitAuth(type="password", username=sshd.user, password=PASSPHRASE)
    assert "does not accept the key" in await failure(make_ssh(auth=password))
    assert "wants an ssh key" in await failure(make_ssh(auth=None))


async def test_a_file_of_known_hosts_is_read_anew(make_ssh, sshd, tmp_path):
    file = tmp_path / "hosts"
    source = make_ssh(known_hosts=str(file))
    assert "no host keys are known" in await failure(source)
    file.write_text("elsewhere.example.org ssh-ed25519 " + "A" * 68 + "\n")
    assert "is not known" in await failure(source)
    file.write_text(sshd.known_hosts)
    assert (await source.fetch(None)).files


async def test_hashed_hosts(make_ssh, sshd, tmp_path):
    file = tmp_path / "hosts"
    file.write_text(sshd.known_hosts)
    subprocess.run(["ssh-keygen", "-H", "-f", str(file)], check=True, capture_output=True)
    assert "127.0.0.1" not in file.read_text()
    assert (await make_ssh(known_hosts=str(file)).fetch(None)).files


async def test_the_hosts_of_the_user_are_the_default(make_ssh, sshd, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    HELPERS.close()
    assert "no host keys are known" in await failure(make_ssh(known_hosts=None))
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "known_hosts").write_text(sshd.known_hosts)
    assert (await make_ssh(known_hosts=None).fetch(None)).files
    HELPERS.close()


async def test_a_host_that_is_not_known_and_one_whose_key_changed(make_ssh, sshd, tmp_path):
    other = make_key(tmp_path / "other").with_suffix(".pub").read_text().split()
    changed = f"[127.0.0.1]:{sshd.port} {other[0]} {other[1]}"
    unknown = f"[127.0.0.1]:{sshd.port + 1} {other[0]} {other[1]}"
    assert "not the one that is known" in await failure(make_ssh(known_hosts=changed))
    assert "ssh-keyscan" in await failure(make_ssh(known_hosts=unknown))
    assert (await make_ssh().fetch(None)).files
    assert "not the one that is known" in await failure(make_ssh(known_hosts=changed))


@pytest.mark.parametrize(
    ("host", "command"),
    [
        ("git.example.org", "`ssh-keyscan -p 2222 git.example.org`"),
        ("$(id)", None),
        ("-oProxyCommand=id", None),
        ("-v", None),
        ("a`id`b", None),
        ("a;id", None),
    ],
)
async def test_commands_are_told_for_plain_hosts_only(make_source, host, command, tmp_path):
    (tmp_path / "none").write_text("")
    said = await failure(make_source(url=f"ssh://git@{host}:2222/a.git", known_hosts=str(tmp_path / "none")))
    assert "no host keys are known" in said
    assert command in said if command else "ssh-keyscan" not in said


async def test_a_host_key_that_changes_while_it_is_followed(repository, make_ssh, tmp_path):
    with ssh_server(tmp_path / "first") as first:
        source = make_ssh(
            url=first.url(repository.folder),
            auth=GitAuth(type="ssh_key", key_path=first.key),
            known_hosts=first.known_hosts,
        )
        assert (await source.fetch(None)).files
    with ssh_server(tmp_path / "second", port=first.port):
        assert "not the one that is known" in await failure(source)


async def test_verification_can_be_switched_off_for_one_source(make_ssh, sshd):
    source = make_ssh(known_hosts=None, insecure_skip_verify=True)
    assert (await source.fetch(None)).files
    assert source.warnings == (
        f"the host key of 127.0.0.1:{sshd.port} is not verified (`insecure_skip_verify`): anyone can pose as it",
    )


async def test_a_repository_that_is_not_there(make_ssh, sshd):
    assert "knows no such repository" in await failure(make_ssh(url=sshd.url(Path("/nowhere/x.git"))))


@pytest.mark.slow("waits for a timeout or a retry")
async def test_a_host_that_says_nothing(make_ssh, sshd):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        known = sshd.known_hosts.replace(str(sshd.port), str(port))
        source = make_ssh(url=f"ssh://git@127.0.0.1:{port}/x.git", known_hosts=known, timeout_secs=1)
        assert "does not answer" in await failure(source)


async def test_the_short_form_of_addresses(make_source, sshd):
    source = make_source(url="git@127.0.0.9:team/flows.git", known_hosts=sshd.known_hosts, timeout_secs=2)
    assert "127.0.0.9" in await failure(source)
