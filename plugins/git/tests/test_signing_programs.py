"""What git signs with ssh-keygen and GnuPG. What counts and what does not is tested without them, too."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import attrs
import pytest

from stroem.interfaces.source import SourceRejected

needs_gpg = pytest.mark.skipif(shutil.which("gpg") is None, reason="gpg is not installed")
needs_ssh = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")

LONG_AGO, THEN = "20200101T000000", "20200201T000000"


@attrs.frozen
class Gnupg:
    """GnuPG with a keyring of its own."""

    home: Path

    def __call__(self, *arguments: str, given: bytes = b"") -> str:
        alone = ["--command-fd", "0", "--status-fd", "2"] if "--edit-key" in arguments else ["--batch", "--yes"]
        command = ["gpg", "--no-tty", *alone, "--pinentry-mode", "loopback", "--passphrase", "", *arguments]
        done = subprocess.run(command, env=self.environment, input=given, capture_output=True, check=True)
        return done.stdout.decode()

    @property
    def environment(self) -> dict[str, str]:
        """With no other keyring."""
        return {"PATH": os.environ["PATH"], "GNUPGHOME": str(self.home)}

    def make(self, name: str, kind: str = "ed25519", use: str = "sign", lasts: str = "0", at: str | None = None) -> str:
        """The fingerprint of a new key."""
        self(*_at(at), "--quick-gen-key", f"{name} <{name}@example.org>", kind, use, lasts)
        listed = self("--with-colons", "--list-keys", f"{name}@example.org").splitlines()
        return next(line.split(":")[9] for line in listed if line.startswith("fpr"))

    def public(self, *names: str) -> str:
        """The public keys, in one block."""
        return self("--armor", "--export", *names)

    def revoke_subkey(self, name: str) -> None:
        """Revokes the first subkey, as one that was replaced."""
        said = b"key 1\nrevkey\ny\n1\n\ny\nsave\n"
        self("--edit-key", name, given=said)

    def program(self, at: str | None = None) -> str:
        """A program that git may call."""
        script = self.home / f"gpg-{at or 'now'}"
        faked = " ".join(_at(at))
        script.write_text(f'#!/bin/sh\nGNUPGHOME={self.home} exec gpg --batch {faked} "$@"\n')
        script.chmod(0o755)
        return str(script)


def _at(time: str | None) -> list[str]:
    return ["--faked-system-time", time] if time else []


@pytest.fixture(scope="module")
def gnupg():
    """Its home is short: it has sockets in it."""
    with tempfile.TemporaryDirectory(prefix="gpg-", dir="/tmp") as folder:
        program = Gnupg(Path(folder))
        yield program
        with contextlib.suppress(FileNotFoundError):
            subprocess.run(["gpgconf", "--kill", "all"], env=program.environment, check=False)


def signed(repository, options, key):
    """A commit that git has signed, on top of main."""
    settings = [part for option in options for part in ("-c", option)]
    parent = repository.tip()
    made = repository.git(*settings, "commit-tree", f"-S{key}", "-p", parent, "-m", "Signed", f"{parent}^{{tree}}")
    repository.git("update-ref", "refs/heads/main", made)
    return made


async def refusal(source):
    """Why nothing is taken over."""
    with pytest.raises(SourceRejected) as caught:
        await source.fetch(None)
    return str(caught.value)


@needs_ssh
@pytest.mark.parametrize("kind", [["ed25519"], ["ecdsa", "-b", "384"], ["rsa", "-b", "2048"]])
async def test_ssh_keygen(repository, make_source, tmp_path, kind):
    for name in ("ada", "bob"):
        subprocess.run(["ssh-keygen", "-q", "-t", *kind, "-N", "", "-C", name, "-f", tmp_path / name], check=True)
    repository.commit({"a": b"1"})
    commit = signed(repository, ["gpg.format=ssh"], tmp_path / "ada")
    ada, bob = ((tmp_path / f"{name}.pub").read_text() for name in ("ada", "bob"))
    assert (await make_source(trusted_keys=(bob, ada)).fetch(None)).revision == commit
    shown = subprocess.run(["ssh-keygen", "-l", "-f", tmp_path / "ada"], check=True, capture_output=True, text=True)
    assert shown.stdout.split()[1] in await refusal(make_source(trusted_keys=(bob,)))
    unsigned = repository.commit({"a": b"2"})
    settings = ["-c", "gpg.format=ssh", "-c", f"user.signingkey={tmp_path / 'ada'}"]
    repository.git(*settings, "tag", "-s", "-m", "Version 1", "v1", unsigned)
    assert (await make_source(ref="v1", trusted_keys=(ada,)).fetch(None)).revision == unsigned
    assert "tag 'v1'" in await refusal(make_source(ref="v1", trusted_keys=(bob,)))


@needs_gpg
@pytest.mark.parametrize("kind", ["ed25519", "rsa2048", "nistp256"])
async def test_gnupg(repository, make_source, gnupg, kind):
    key, other = gnupg.make(f"ada-{kind}", kind), gnupg.make(f"bob-{kind}", kind)
    repository.commit({"a": b"1"})
    commit = signed(repository, [f"gpg.program={gnupg.program()}"], key)
    assert (await make_source(trusted_keys=(gnupg.public(other, key),)).fetch(None)).revision == commit
    said = await refusal(make_source(trusted_keys=(gnupg.public(other),)))
    assert f"is signed by the PGP key {key}, which is not among" in said
    unsigned = repository.commit({"a": b"2"})
    settings = ["-c", f"gpg.program={gnupg.program()}", "-c", f"user.signingkey={key}"]
    repository.git(*settings, "tag", "-s", "-m", "Version 1", "v1", unsigned)
    assert (await make_source(ref="v1", trusted_keys=(gnupg.public(key),)).fetch(None)).revision == unsigned


@needs_gpg
async def test_gnupg_keys_that_have_expired(repository, make_source, gnupg):
    key = gnupg.make("old", lasts="1y", at=LONG_AGO)
    repository.commit({"a": b"1"})
    signed(repository, [f"gpg.program={gnupg.program(THEN)}"], key)
    said = await refusal(make_source(trusted_keys=(gnupg.public(key),)))
    assert "which expired on 2020-12-31" in said


@needs_gpg
async def test_gnupg_subkeys(repository, make_source, gnupg):
    key = gnupg.make("subkeys", use="cert", at=LONG_AGO)
    gnupg(*_at(LONG_AGO), "--quick-add-key", key, "ed25519", "sign", "1y")
    repository.commit({"a": b"1"})
    signed(repository, [f"gpg.program={gnupg.program(THEN)}"], key)
    assert "which expired on 2020-12-31" in await refusal(make_source(trusted_keys=(gnupg.public(key),)))
    before = gnupg.public(key)
    listed = gnupg("--with-colons", "--with-subkey-fingerprint", "--list-keys", key).splitlines()
    subkey = [line.split(":")[9] for line in listed if line.startswith("fpr")][1]
    gnupg("--quick-set-expire", key, "0", subkey)
    source = make_source(trusted_keys=(before, gnupg.public(key)))
    assert (await source.fetch(None)).revision == repository.tip()
    gnupg.revoke_subkey(key)
    commit = repository.tip()
    said = await refusal(make_source(trusted_keys=(gnupg.public(key),)))
    assert commit[:12] in said
    assert "which was revoked" in said


@needs_gpg
async def test_gnupg_sha1(repository, make_source, gnupg):
    key = gnupg.make("weak", "rsa2048")
    repository.commit({"a": b"1"})
    script = Path(gnupg.program())
    script.write_text(script.read_text().replace("--batch", "--batch --digest-algo SHA1"))
    signed(repository, [f"gpg.program={script}"], key)
    assert "in a way that is not safe" in await refusal(make_source(trusted_keys=(gnupg.public(key),)))
