"""Whether a commit is signed by someone who is trusted."""

import functools
import time
from pathlib import Path

import pygit2
from pygit2.enums import ObjectType

from stroem_git.failures import Failure
from stroem_git.helper.requests import FetchOrder
from stroem_git.remotes.refs import Found
from stroem_git.signatures.keys import TrustedKeys, parse_keys
from stroem_git.signatures.pgp import merge_pgp_keys, verify_pgp
from stroem_git.signatures.signed_object import Claim, Refused, claim_of_commit, claim_of_tag
from stroem_git.signatures.ssh import verify_ssh

_MOST_FILE_BYTES = 4 * 1024 * 1024


def check_signature(repository: pygit2.Repository, found: Found, order: FetchOrder) -> None:
    """Raises `Failure` unless the commit, or the annotated tag that led to it, is signed by a trusted key."""
    keys = _keys(order)
    commit = claim_of_commit(found.commit, repository.odb.read(pygit2.Oid(hex=found.commit))[1])
    claims = [*_tag(repository, found), commit]
    said: list[str] = []
    for claim in claims:
        try:
            return _verify(claim, keys)
        except Refused as refused:
            said.append(claim.said(refused))
            advice = refused.advice
    raise Failure(f"{'; '.join(reversed(said))}. {advice}", "rejected", found.commit)


def _verify(claim: Claim, keys: TrustedKeys) -> None:
    if not claim.payload:
        raise Refused("is too large for its signature to be checked")
    if claim.signature.startswith(b"-----BEGIN SSH SIGNATURE-----"):
        return verify_ssh(claim, keys.ssh, time.time())
    if claim.signature.startswith(b"-----BEGIN PGP "):
        return verify_pgp(claim, keys.pgp, time.time())
    if claim.signature:
        raise Refused("has a signature that is neither of SSH nor of PGP")
    raise Refused("is not signed")


def _tag(repository: pygit2.Repository, found: Found) -> list[Claim]:
    if found.tag is None:
        return []
    oid = pygit2.Oid(hex=found.tag)
    if oid not in repository.odb:
        raise Failure(f"the tag object of {found.name} was not handed over. It is fetched again")
    kind, raw = repository.odb.read(oid)
    claim = claim_of_tag(found.name, found.commit, raw) if kind == ObjectType.TAG else None
    return [claim] if claim is not None and (claim.signature or not claim.payload) else []


def _keys(order: FetchOrder) -> TrustedKeys:
    """Raises `Failure` when the file with keys is not usable: nothing is trusted then."""
    texts = tuple(order.trusted_keys)
    file = order.trusted_keys_file
    if file is None:
        return _parsed(texts)
    try:
        with Path(file).open("rb") as stream:
            data = stream.read(_MOST_FILE_BYTES + 1)
        if len(data) > _MOST_FILE_BYTES:
            raise ValueError(f"it is larger than {_MOST_FILE_BYTES} bytes")
        return _parsed((*texts, data.decode()))
    except OSError as error:
        raise Failure(f"{file} cannot be read: {error.strerror}. Look at `trusted_keys_file`") from None
    except UnicodeDecodeError:
        raise Failure(f"{file} is not a text. Look at `trusted_keys_file`") from None
    except ValueError as error:
        raise Failure(f"the keys in {file} cannot be used: {error}. Look at `trusted_keys_file`") from None


@functools.lru_cache(maxsize=64)
def _parsed(texts: tuple[str, ...]) -> TrustedKeys:
    parsed = [parse_keys(text) for text in texts]
    return TrustedKeys(
        ssh=tuple(key for keys in parsed for key in keys.ssh),
        pgp=merge_pgp_keys(key for keys in parsed for key in keys.pgp),
    )
