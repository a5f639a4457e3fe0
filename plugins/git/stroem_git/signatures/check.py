"""Verification of commits and tags against trusted keys."""

import functools
import time
from pathlib import Path

import pygit2
from pygit2.enums import ObjectType

from stroem_git.errors import Failure
from stroem_git.remotes.refs import Found
from stroem_git.requests import FetchRequest
from stroem_git.signatures.keys import TrustedKeys, parse_keys
from stroem_git.signatures.pgp import merge_pgp_keys, verify_pgp
from stroem_git.signatures.signed_object import Refused, SignedObject, signed_commit, signed_tag
from stroem_git.signatures.ssh import verify_ssh

_MOST_FILE_BYTES = 4 * 1024 * 1024


def check_signature(repository: pygit2.Repository, found: Found, request: FetchRequest) -> None:
    """Verifies the commit or the annotated tag that led to it. Raises `Failure` without a trusted signature."""
    keys = _keys(request)
    commit = signed_commit(found.commit, repository.odb.read(pygit2.Oid(hex=found.commit))[1])
    signed_objects = [*_tag(repository, found), commit]
    said: list[str] = []
    for signed_object in signed_objects:
        try:
            return _verify(signed_object, keys)
        except Refused as refused:
            said.append(signed_object.said(refused))
            advice = refused.advice
    raise Failure(f"{'; '.join(reversed(said))}. {advice}", "rejected", found.commit)


def _verify(signed_object: SignedObject, keys: TrustedKeys) -> None:
    if not signed_object.payload:
        raise Refused("is too large for its signature to be checked")
    if signed_object.signature.startswith(b"-----BEGIN SSH SIGNATURE-----"):
        return verify_ssh(signed_object, keys.ssh, time.time())
    if signed_object.signature.startswith(b"-----BEGIN PGP "):
        return verify_pgp(signed_object, keys.pgp, time.time())
    if signed_object.signature:
        raise Refused("has a signature that is neither of SSH nor of PGP")
    raise Refused("is not signed")


def _tag(repository: pygit2.Repository, found: Found) -> list[SignedObject]:
    if found.tag is None:
        return []
    oid = pygit2.Oid(hex=found.tag)
    if oid not in repository.odb:
        raise Failure(f"the tag object of {found.name} was not handed over. It is fetched again")
    kind, raw = repository.odb.read(oid)
    signed_object = signed_tag(found.name, found.commit, raw) if kind == ObjectType.TAG else None
    return (
        [signed_object] if signed_object is not None and (signed_object.signature or not signed_object.payload) else []
    )


def _keys(request: FetchRequest) -> TrustedKeys:
    """Raises `Failure` when the file with keys is not usable: nothing is trusted then."""
    texts = tuple(request.trusted_keys)
    file = request.trusted_keys_file
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
