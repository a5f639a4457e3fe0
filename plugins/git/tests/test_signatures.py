"""Commits and tags that are signed, or should be."""

import base64
import time

import attrs
import pygit2
import pysequoia
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from plugins.git.tests.conftest import contents
from plugins.git.tests.signing import (
    SshSigner,
    armoured,
    pgp_signer,
    revoked,
    sign_commit,
    write_commit,
)
from stroem.interfaces.source import FetchLimits, SourceRejected, SourceUnavailable
from stroem_git.signatures.keys import parse_keys
from stroem_git.signatures.pgp import verify_pgp
from stroem_git.signatures.signed_object import Refused, signed_commit
from stroem_git.signatures.ssh import verify_ssh

KINDS = {
    "ed25519": SshSigner(),
    "nistp256": SshSigner(private=ec.generate_private_key(ec.SECP256R1())),
    "nistp384": SshSigner(private=ec.generate_private_key(ec.SECP384R1())),
    "nistp521": SshSigner(private=ec.generate_private_key(ec.SECP521R1()), digest="sha256"),
    "rsa": SshSigner(private=rsa.generate_private_key(65537, 2048)),
    "rsa-sha256": SshSigner(private=rsa.generate_private_key(65537, 2048), rsa_algorithm=b"rsa-sha2-256"),
    "security-key": SshSigner(touched=True),
    "security-key-nistp256": SshSigner(private=ec.generate_private_key(ec.SECP256R1()), touched=True),
}
ADA = KINDS["ed25519"]
BOB = SshSigner()
YEAR_SECS = 366 * 24 * 3600


@pytest.fixture(scope="module")
def pgp():
    """A PGP key, which signs with a subkey."""
    return pysequoia.Tsk.generate("Ada Lovelace <ada@example.org>")


def public(key):
    """What goes into `trusted_keys`."""
    return str(key.extract_certificate())


async def rejection(source, ref=None):
    """The revision that is not taken over, and why."""
    with pytest.raises(SourceRejected) as caught:
        await source.fetch(None, ref)
    return caught.value.revision, str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
async def test_kinds_of_ssh_keys(repository, make_source, kind):
    signer = KINDS[kind]
    repository.commit({"a": b"1"})
    signed = sign_commit(repository, signer)
    source = make_source(trusted_keys=(signer.line,))
    snapshot = await source.fetch(None)
    assert snapshot.revision == signed
    assert await contents(source, snapshot) == {"a": b"1"}
    revision, said = await rejection(make_source(trusted_keys=(BOB.line,)))
    assert revision == signed
    assert signed[:12] in said
    assert "Ada Lovelace <ada@example.org>" in said
    assert signer.fingerprint in said
    assert "not among `trusted_keys`" in said


@pytest.mark.parametrize("profile", [pysequoia.Profile.RFC4880, pysequoia.Profile.RFC9580])
@pytest.mark.parametrize("suite", ["Cv25519", "RSA2k", "P256"])
async def test_kinds_of_pgp_keys(repository, make_source, pgp, suite, profile):
    key = pysequoia.Tsk.generate("Ada", cipher_suite=getattr(pysequoia.CipherSuite, suite), profile=profile)
    repository.commit({"a": b"1"})
    signed = sign_commit(repository, pgp_signer(key))
    assert (await make_source(trusted_keys=(public(key),)).fetch(None)).revision == signed
    _, said = await rejection(make_source(trusted_keys=(public(pgp), ADA.line)))
    assert "is signed by the PGP key" in said
    assert "not among `trusted_keys`" in said


async def test_only_what_is_signed_is_taken_over_and_it_heals(repository, make_source):
    repository.commit({"a": b"1"})
    sign_commit(repository, ADA)
    source = make_source(trusted_keys=(BOB.line, ADA.line))
    good = await source.fetch(None)
    unsigned = repository.commit({"a": b"2"}, "Sneaky")
    with pytest.raises(SourceRejected, match=r"is not signed\. Sign it") as caught:
        await source.fetch(good)
    assert caught.value.revision == unsigned
    repository.commit({"b": b"3"})
    healed = sign_commit(repository, BOB)
    snapshot = await source.fetch(good)
    assert snapshot.revision == healed
    assert await contents(source, snapshot) == {"a": b"2", "b": b"3"}


async def test_another_ref_is_checked_too(repository, make_source):
    repository.commit({"a": b"1"})
    sign_commit(repository, ADA)
    other = repository.commit({"a": b"2"}, branch="other")
    source = make_source(trusted_keys=(ADA.line,))
    await source.fetch(None)
    for ref in ("other", other):
        revision, said = await rejection(source, ref)
        assert revision == other
        assert "is not signed" in said


async def test_signatures_are_looked_at_before_files(repository, make_source):
    repository.commit({"a": b"1234"})
    limits = FetchLimits(file_bytes=1)
    assert "is not signed" in (await rejection(make_source(limits, trusted_keys=(ADA.line,))))[1]
    sign_commit(repository, ADA)
    with pytest.raises(SourceUnavailable, match="bytes"):
        await make_source(limits, trusted_keys=(ADA.line,)).fetch(None)


async def test_nothing_is_asked_of_commits_without_keys(repository, make_source):
    unsigned = repository.commit({"a": b"1"})
    assert (await make_source(trusted_keys=()).fetch(None)).revision == unsigned


async def test_commits_beside_the_path_need_no_signature(repository, make_source):
    repository.commit({"in/a": b"1"})
    sign_commit(repository, ADA)
    source = make_source(path="in", trusted_keys=(ADA.line,))
    snapshot = await source.fetch(None)
    repository.commit({"out/b": b"1"})
    assert await source.fetch(snapshot) is snapshot
    changed = repository.commit({"in/a": b"2"})
    with pytest.raises(SourceRejected) as caught:
        await source.fetch(snapshot)
    assert caught.value.revision == changed


@pytest.mark.parametrize("kind", [*KINDS, "pgp"])
async def test_a_commit_that_was_changed_after_it_was_signed(repository, make_source, pgp, kind):
    sign = KINDS.get(kind) or pgp_signer(pgp)
    repository.commit({"a": b"1"})
    raw = repository.git("cat-file", "commit", "main").encode() + b"\n"
    repository.commit({"a": b"evil"})
    tree = repository.git("rev-parse", "main^{tree}").encode()
    changed = write_commit(repository, b"tree " + tree + raw[45:], sign(raw))
    revision, said = await rejection(make_source(trusted_keys=(public(pgp), *(one.line for one in KINDS.values()))))
    assert revision == changed
    assert "changed after it was signed" in said


UNSAFE = {
    "namespace": (SshSigner(private=ADA.private, namespace=b"file"), "something else than git"),
    "sha1": (SshSigner(private=ADA.private, digest="sha1"), "digest that is not supported"),
    "ssh-rsa": (SshSigner(private=KINDS["rsa"].private, rsa_algorithm=b"ssh-rsa"), "algorithm that is not safe"),
    "untouched": (SshSigner(private=KINDS["security-key"].private, touched=False), "nobody touched"),
    "extra": (SshSigner(private=ADA.private, extra=b"x"), "changed after"),
    "empty": (lambda payload: armoured(b""), "cannot be read"),
    "cut off": (lambda payload: armoured(base64.decodebytes(b"".join(ADA(payload).split(b"\n")[1:4]))), "be read"),
    "not base64": (lambda payload: ADA(payload).replace(b"AAA", b"***"), "cannot be read"),
    "pgp nonsense": (
        lambda payload: b"-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----\n",
        "be read",
    ),
    "x509": (lambda payload: b"-----BEGIN SIGNED MESSAGE-----\nAAAA\n-----END SIGNED MESSAGE-----\n", "neither of"),
    "huge": (lambda payload: armoured(b"x" * 70_000), "too large"),
}


@pytest.mark.parametrize("what", UNSAFE)
async def test_signatures_that_do_not_count(repository, make_source, what):
    sign, reason = UNSAFE[what]
    repository.commit({"a": b"1"})
    signed = sign_commit(repository, sign)
    keys = tuple(signer.line for signer in KINDS.values())
    revision, said = await rejection(make_source(trusted_keys=keys))
    assert revision == signed
    assert reason in said


@pytest.mark.parametrize("kind", ["ssh", "pgp"])
def test_whatever_is_changed_in_a_signature_it_is_refused(pgp, kind):
    keys = parse_keys(f"{ADA.line}\n{public(pgp)}")
    signed_object = signed_commit("1" * 40, b"tree 1\ncommitter A <a> 1 +0000\n\nx\n")
    if kind == "ssh":
        good = base64.b64decode(b"".join(ADA(signed_object.payload).split(b"\n")[1:-2]))
    else:
        good = b"".join(map(bytes, pysequoia.packet.PacketPile.from_bytes(pgp_signer(pgp)(signed_object.payload))))
    passed = 0
    for at in range(len(good)):
        changed = good[:at] + bytes([good[at] ^ 0x5A]) + good[at + 1 :]
        try:
            if kind == "ssh":
                verify_ssh(attrs.evolve(signed_object, signature=armoured(changed)), keys.ssh, time.time())
            else:
                signature = str(pysequoia.armor(changed, pysequoia.ArmorKind.Signature)).encode()
                verify_pgp(attrs.evolve(signed_object, signature=signature), keys.pgp, time.time())
        except Refused:
            continue
        passed += 1
    # Two bytes before the numbers of a PGP signature repeat the digest, to spare whoever checks it the work.
    assert passed == (2 if kind == "pgp" else 0)


def test_two_signatures_are_none():
    payload = b"tree 1\nauthor A <a> 1 +0000\ncommitter A <a> 1 +0000\n\nx\n"
    once = signed_commit("1" * 40, payload.replace(b"\n\n", b"\ngpgsig a\n b\n\n"))
    assert (once.payload, once.signature) == (payload, b"a\nb\n")
    twice = signed_commit("1" * 40, payload.replace(b"\n\n", b"\ngpgsig a\ngpgsig b\n\n"))
    assert (twice.payload, twice.signature) == (payload, b"")


def test_what_is_signed_is_what_git_takes_for_it(repository):
    repository.commit({"a": b"1"})
    commit = sign_commit(repository, ADA)
    found = pygit2.Repository(str(repository.folder))[commit]
    signed_object = signed_commit(commit, found.read_raw())
    assert found.gpg_signature == (signed_object.signature.rstrip(b"\n"), signed_object.payload)


async def test_a_revoked_key(repository, make_source, pgp):
    repository.commit({"a": b"1"})
    sign_commit(repository, pgp_signer(pgp))
    _, said = await rejection(make_source(trusted_keys=(revoked(pgp),)))
    assert "which was revoked" in said
    assert "Sign with another key" in said
    _, said = await rejection(make_source(trusted_keys=(public(pgp), revoked(pgp), public(pgp))))
    assert "which was revoked" in said


def test_an_expired_pgp_key(repository):
    key = pysequoia.Tsk.generate("Old", validity_seconds=YEAR_SECS)
    repository.commit({"a": b"1"})
    commit = sign_commit(repository, pgp_signer(key))
    signed_object = signed_commit(commit, pygit2.Repository(str(repository.folder))[commit].read_raw())
    old = parse_keys(public(key))
    assert signed_object.at is not None
    verify_pgp(signed_object, old.pgp, signed_object.at + 100)
    with pytest.raises(Refused, match="which expired on 20"):
        verify_pgp(signed_object, old.pgp, signed_object.at + YEAR_SECS + 100)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ('valid-before="20200101"', "which expired at 2020-01-01 00:00 UTC"),
        ('valid-after="20990101Z"', "is valid only from 2099-01-01 00:00 UTC on"),
        ('namespaces="git",valid-after="20200101",valid-before="209901010000Z"', None),
        ('namespaces="file,g*"', None),
    ],
)
async def test_ssh_keys_that_are_valid_for_a_time(repository, make_source, options, reason):
    repository.commit({"a": b"1"})
    signed = sign_commit(repository, ADA)
    source = make_source(trusted_keys=(f"ada@example.org {options} {ADA.line}",))
    if reason is None:
        assert (await source.fetch(None)).revision == signed
    else:
        assert reason in (await rejection(source))[1]
