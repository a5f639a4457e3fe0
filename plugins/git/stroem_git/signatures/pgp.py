"""Signatures made with PGP keys. Neither a keyring nor a program of this machine is asked."""

import datetime
from collections.abc import Iterable, Iterator

import attrs
import pysequoia
from pysequoia.packet import HashAlgorithm, Packet, PacketPile, SignatureType, Tag

from stroem_git.errors import printable
from stroem_git.signatures.signed_object import Refused, SignedObject

_WEAK = (HashAlgorithm.MD5, HashAlgorithm.SHA1, HashAlgorithm.RipeMD)


@attrs.frozen(kw_only=True)
class Subkey:
    """A key of a certificate besides the first; `expires` is None when it does not."""

    expires: datetime.datetime | None
    revoked: bool


@attrs.frozen(kw_only=True)
class PgpKey:
    """A certificate, when it expires, and its subkeys by fingerprint (lower-case hex)."""

    cert: pysequoia.Cert
    expires: datetime.datetime | None
    subkeys: dict[str, Subkey]

    def holds(self, issuer: str) -> bool:
        """True if it has a key with this fingerprint, or with an id that ends it."""
        return any(name.endswith(issuer) for name in (self.cert.fingerprint.lower(), *self.subkeys))

    def invalid(self, signer: str, now: datetime.datetime) -> str | None:
        """The reason against one of its keys; None for a valid key."""
        subkey = self.subkeys.get(signer)
        if self.cert.is_revoked or (subkey is not None and subkey.revoked):
            return "was revoked"
        ends = [end for end in (self.expires, subkey.expires if subkey else None) if end is not None]
        return f"expired on {min(ends):%Y-%m-%d}" if ends and min(ends) <= now else None


def parse_pgp_keys(block: str) -> Iterator[PgpKey]:
    """The keys of one armoured block. Raises `ValueError`."""
    try:
        certs = pysequoia.Cert.split_bytes(block.encode())
    except RuntimeError as error:
        raise ValueError(f"the PGP public key block is damaged: {_said(error)}") from None
    for cert in certs:
        try:
            yield _key(cert)
        except RuntimeError as error:
            name = cert.fingerprint.upper()
            raise ValueError(f"the PGP key {name} is not safe or not whole: {_said(error)}. Renew it") from None


def merge_pgp_keys(keys: Iterable[PgpKey]) -> tuple[PgpKey, ...]:
    """Merges copies of a key: renewals and revocations of each copy count."""
    certs: dict[str, pysequoia.Cert] = {}
    for key in keys:
        name = key.cert.fingerprint
        certs[name] = certs[name].merge(key.cert) if name in certs else key.cert
    return tuple(map(_key, certs.values()))


def verify_pgp(signed_object: SignedObject, keys: tuple[PgpKey, ...], now: float) -> None:
    """Verifies a PGP signature. Raises `Refused` unless a key signed that is neither expired nor revoked."""
    try:
        signature = pysequoia.Sig.from_bytes(signed_object.signature)
        issuer = (signature.issuer_fingerprint or signature.issuer_key_id or "").lower()
        safe = signature.signature_type == SignatureType.Binary and signature.hash_algorithm not in _WEAK
    except RuntimeError:
        raise Refused("has a PGP signature that cannot be read") from None
    if not issuer:
        raise Refused("has a PGP signature that does not say by which key")
    found = [key for key in keys if key.holds(issuer)]
    if not found:
        raise Refused(
            f"is signed by the PGP key {issuer.upper()}, which is not among `trusted_keys`",
            "Add that key there if it is to be trusted, or have the commit signed by one that is",
        )
    if not safe:
        raise Refused(f"is signed by the PGP key {issuer.upper()} in a way that is not safe: use a newer GnuPG")
    when = datetime.datetime.fromtimestamp(now, datetime.UTC)
    refusals = [_refusal(signed_object, signature, key, issuer, when) for key in found]
    if all(refusals):
        raise next(filter(None, refusals))


def _refusal(
    signed_object: SignedObject, signature: pysequoia.Sig, key: PgpKey, issuer: str, now: datetime.datetime
) -> Refused | None:
    signer = next((name for name in (key.cert.fingerprint.lower(), *key.subkeys) if name.endswith(issuer)), issuer)
    reason = key.invalid(signer, now)
    if reason is None:
        try:
            valid = pysequoia.verify(
                bytes=signed_object.payload, store=lambda ids: [key.cert], signature=signature
            ).valid_sigs
        except RuntimeError:
            return Refused(
                f"has a signature by the PGP key {signer.upper()} that is not good: the commit was changed after it "
                "was signed, or the key was not valid then, or may not sign"
            )
        # A signature may name several keys of its maker: the one that it fits need not be the one that was looked at.
        signer = valid[0].signing_key.lower()
        reason = key.invalid(signer, now)
    if reason is None:
        return None
    advice = "Sign with another key; or renew this one, and put its new form into `trusted_keys` beside the old"
    return Refused(f"is signed by the PGP key {signer.upper()}, which {reason}", advice)


def _key(cert: pysequoia.Cert) -> PgpKey:
    return PgpKey(cert=cert, expires=cert.expiration, subkeys=_subkeys(cert))


def _subkeys(cert: pysequoia.Cert) -> dict[str, Subkey]:
    found: dict[str, Subkey] = {}
    subkey: Packet | None = None
    newest: datetime.datetime | None = None
    for packet in PacketPile.from_bytes(bytes(cert)):
        if packet.tag != Tag.Signature:
            subkey, newest = (packet if packet.tag == Tag.PublicSubkey else None), None
            if subkey is not None and subkey.fingerprint:
                found[subkey.fingerprint.lower()] = Subkey(expires=None, revoked=False)
        elif subkey is not None and subkey.fingerprint:
            name = subkey.fingerprint.lower()
            made = packet.signature_created
            if packet.signature_type == SignatureType.SubkeyRevocation:
                found[name] = attrs.evolve(found[name], revoked=True)
            elif made is not None and (newest is None or made > newest):
                newest = made
                lasts = packet.key_validity_period
                ends = subkey.key_created + lasts if lasts is not None and subkey.key_created is not None else None
                found[name] = attrs.evolve(found[name], expires=ends)
    return found


def _said(error: RuntimeError) -> str:
    """Its first line: the library adds where in its code it happened."""
    return printable((str(error).splitlines() or [""])[0])
