"""Trusted keys from settings or a file."""

import re
from collections.abc import Iterator

import attrs

from stroem_git.signatures.allowed_signers import parse_allowed
from stroem_git.signatures.pgp import PgpKey, parse_pgp_keys
from stroem_git.signatures.ssh import SshKey, parse_ssh_key

_BLOCK = re.compile(
    r"^-----BEGIN PGP PUBLIC KEY BLOCK-----\r?$.*?^-----END PGP PUBLIC KEY BLOCK-----[ \t\r]*$", re.M | re.S
)


@attrs.frozen(kw_only=True)
class TrustedKeys:
    """Trusted keys of SSH and PGP."""

    ssh: tuple[SshKey, ...] = ()
    pgp: tuple[PgpKey, ...] = ()


def parse_keys(text: str) -> TrustedKeys:
    """All keys in a text: PGP public key blocks, and lines with SSH keys. Raises `ValueError` with what is wrong first,
    and in which line if there are several; it tells nothing of what stands there.
    """
    text = text.strip()
    if "PRIVATE KEY" in text:
        raise ValueError("it is a private key, which nobody but its owner may have. Put the public key here")
    ssh: list[SshKey] = []
    pgp: list[PgpKey] = []
    several = text.count("\n") > 0
    for number, part in _parts(text):
        try:
            if part.startswith("-----BEGIN PGP"):
                pgp += parse_pgp_keys(part)
                continue
            allowed = parse_allowed(part)
            if allowed.git:
                ssh.append(parse_ssh_key(allowed.blob, allowed.window))
        except ValueError as error:
            raise ValueError(f"line {number}: {error}" if several else str(error)) from None
    if not ssh and not pgp:
        raise ValueError("there is no key for git in it")
    return TrustedKeys(ssh=tuple(ssh), pgp=tuple(pgp))


def _parts(text: str) -> Iterator[tuple[int, str]]:
    """Each block or line with a key, and its line number."""
    at = 0
    for block in [*_BLOCK.finditer(text), None]:
        end = block.start() if block else len(text)
        first = text.count("\n", 0, at) + 1
        for number, line in enumerate(text[at:end].split("\n"), first):
            if line.strip() and not line.lstrip().startswith("#"):
                yield number, line.strip()
        if block:
            yield text.count("\n", 0, end) + 1, block[0].replace("\r", "")
            at = block.end()
