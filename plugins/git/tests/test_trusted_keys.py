"""The keys that an operator trusts, and what is wrong with them."""

import base64

import pysequoia
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from plugins.git.tests.signing import SshSigner, sign_commit
from stroem.errors import SettingsError
from stroem.interfaces.source import SourceRejected, SourceUnavailable

ADA = SshSigner()
BOB = SshSigner()


async def test_keys_in_a_file(repository, make_source, tmp_path):
    repository.commit({"a": b"1"})
    signed = sign_commit(repository, BOB)
    pgp = pysequoia.Tsk.generate("Ada").extract_certificate()
    file = tmp_path / "keys"
    source = make_source(trusted_keys_file=file)
    for written, reason in (
        (None, "No such file"),
        ("# nobody\n", "there is no key for git in it"),
        (f"# Ada\n{ADA.line}\n\nssh-ed25519 hunter2\n", "line 4: it is not a public key"),
    ):
        if written is not None:
            file.write_text(written)
        with pytest.raises(SourceUnavailable, match=reason) as caught:
            await source.fetch(None)
        assert str(file) in str(caught.value)
        assert "hunter2" not in str(caught.value)
    file.write_text(f"{pgp}\n* {ADA.line}\n")
    with pytest.raises(SourceRejected, match="not among"):
        await source.fetch(None)
    file.write_text(f"{pgp}\n* {ADA.line}\n* {BOB.line}\n")
    assert (await source.fetch(None)).revision == signed


SMALL = SshSigner(private=rsa.generate_private_key(65537, 1024))
MISTAKES = {
    "hunter2": "it is not a public key",
    "": "there is no key",
    "ssh-ed25519 AAAA": "cut off or damaged",
    ADA.line[:60]: "cut off or damaged",
    ADA.line.replace("ed25519", "ed448", 1): "cut off or damaged",
    SMALL.line: "the RSA key has 1024 bits",
    "ssh-dss " + base64.b64encode(b"\0\0\0\x07ssh-dss").decode(): "not supported",
    "* cert-authority " + ADA.line: "certificates are not supported",
    "* no-pty " + ADA.line: "option 'no-pty' is not known",
    '* valid-before="soon" ' + ADA.line: "the time in valid-after or valid-before",
    'valid-before="20200101" ' + ADA.line: "options stand behind a name",
    '* namespaces="file" ' + ADA.line: "no key for git",
    "-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2\n": "it is a private key",
    "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nhunter2\n-----END PGP PUBLIC KEY BLOCK-----": "block is damaged",
    "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nhunter2\n": "line 1",
}


@pytest.mark.parametrize("entry", MISTAKES, ids=MISTAKES.values())
def test_mistakes_in_keys_name_the_key_and_not_what_stands_there(make_source, entry):
    with pytest.raises(SettingsError) as caught:
        make_source(trusted_keys=(ADA.line, entry, "nonsense"))
    first, second = caught.value.fields
    assert first.field == second.field == "trusted_keys"
    assert first.message.startswith("key 2: ")
    assert MISTAKES[entry] in first.message
    assert second.message.startswith("key 3: ")
    assert "hunter2" not in str(caught.value)
