"""Signatures made with SSH keys, as `git` and `ssh-keygen -Y sign` make them."""

import base64
import binascii
import hashlib
import re
import struct

import attrs
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

from stroem_git.signatures.allowed_signers import Window
from stroem_git.signatures.signed_object import Refused, SignedObject

_ARMOUR = re.compile(rb"-----BEGIN SSH SIGNATURE-----\s(.*?)\s-----END SSH SIGNATURE-----\s*", re.DOTALL)
_MAGIC, _VERSION, _NAMESPACE = b"SSHSIG", 1, b"git"
_DIGESTS = {b"sha256": hashlib.sha256, b"sha512": hashlib.sha512}
_RSA_HASHES: dict[bytes, hashes.HashAlgorithm] = {b"rsa-sha2-256": hashes.SHA256(), b"rsa-sha2-512": hashes.SHA512()}
_CURVES: dict[bytes, tuple[ec.EllipticCurve, hashes.HashAlgorithm]] = {
    b"nistp256": (ec.SECP256R1(), hashes.SHA256()),
    b"nistp384": (ec.SECP384R1(), hashes.SHA384()),
    b"nistp521": (ec.SECP521R1(), hashes.SHA512()),
}
_RSA_BITS = range(2048, 16385)
_TOUCHED = 1

PublicKey = ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey | rsa.RSAPublicKey


@attrs.frozen(kw_only=True)
class SshKey:
    """A public key: its bytes as SSH has them, its type, and for one on a security key the application there."""

    blob: bytes
    kind: bytes
    public: PublicKey
    application: bytes | None
    window: Window

    @property
    def name(self) -> str:
        """The key for people, by its fingerprint."""
        return _name(self.blob)


def parse_ssh_key(blob: bytes, window: Window) -> SshKey:
    """Raises `ValueError` with what is wrong."""
    wire = _Wire(blob)
    kind = wire.string()
    try:
        public = _public_key(kind, wire)
        application = wire.string() if kind.startswith(b"sk-") else None
        wire.end()
    except (UnsupportedAlgorithm, KeyError) as error:
        raise ValueError("the key is cut off or damaged") from error
    return SshKey(blob=blob, kind=kind, public=public, application=application, window=window)


def verify_ssh(signed_object: SignedObject, keys: tuple[SshKey, ...], now: float) -> None:
    """Verifies an SSH signature. Raises `Refused` unless one of the keys signed."""
    try:
        armour = _ARMOUR.fullmatch(signed_object.signature)
        wire = _Wire(base64.b64decode(b"".join(armour[1].split()), validate=True) if armour else b"")
        if wire.take(len(_MAGIC)) != _MAGIC or wire.number() != _VERSION:
            raise ValueError
        blob, namespace, reserved, digest, signature = (wire.string() for _ in range(5))
        wire.end()
    except (ValueError, binascii.Error):
        raise Refused("has an SSH signature that cannot be read") from None
    if namespace != _NAMESPACE:
        raise Refused("has an SSH signature that was made for something else than git")
    if digest not in _DIGESTS:
        raise Refused("has an SSH signature over a digest that is not supported")
    found = [key for key in keys if key.blob == blob]
    if not found:
        raise Refused(
            f"is signed by the {_name(blob)}, which is not among `trusted_keys`",
            "Add that key there if it is to be trusted, or have the commit signed by one that is",
        )
    signed = _MAGIC + b"".join(
        map(_string, (namespace, reserved, digest, _DIGESTS[digest](signed_object.payload).digest()))
    )
    _check(found[0], signature, signed)
    outside = [key.window.missed(signed_object.at, now) for key in found]
    if all(outside):
        raise Refused(f"is signed by the {found[0].name}, which {outside[0]}", "Sign with a key that is valid")


def _check(key: SshKey, signature: bytes, signed: bytes) -> None:
    try:
        wire = _Wire(signature)
        algorithm, value = wire.string(), wire.string()
        if key.application is not None:
            flags, counter = wire.take(1), wire.take(4)
            signed = _sha256(key.application) + flags + counter + _sha256(signed)
            if not flags[0] & _TOUCHED:
                raise Refused(f"is signed by the {key.name}, but nobody touched the security key for it")
        wire.end()
        if algorithm not in (_RSA_HASHES if isinstance(key.public, rsa.RSAPublicKey) else (key.kind,)):
            raise Refused(f"is signed by the {key.name} with an algorithm that is not safe: use a newer OpenSSH")
        _verify(key.public, algorithm, value, signed)
    except (InvalidSignature, ValueError):
        raise Refused(
            f"was changed after it was signed: the signature by the {key.name} is not over what it says"
        ) from None


def _verify(public: PublicKey, algorithm: bytes, value: bytes, signed: bytes) -> None:
    if isinstance(public, ed25519.Ed25519PublicKey):
        public.verify(value, signed)
    elif isinstance(public, rsa.RSAPublicKey):
        public.verify(value, signed, padding.PKCS1v15(), _RSA_HASHES[algorithm])
    else:
        wire = _Wire(value)
        numbers = utils.encode_dss_signature(wire.integer(), wire.integer())
        wire.end()
        public.verify(numbers, signed, ec.ECDSA(_CURVES[algorithm.partition(b"@")[0].rpartition(b"-")[2]][1]))


def _public_key(kind: bytes, wire: "_Wire") -> PublicKey:
    if kind in (b"ssh-ed25519", b"sk-ssh-ed25519@openssh.com"):
        return ed25519.Ed25519PublicKey.from_public_bytes(wire.string())
    if kind == b"ssh-rsa":
        exponent, modulus = wire.integer(), wire.integer()
        if modulus.bit_length() not in _RSA_BITS:
            raise ValueError(
                f"the RSA key has {modulus.bit_length()} bits; from {_RSA_BITS.start} to {_RSA_BITS.stop - 1} are safe"
            )
        return rsa.RSAPublicNumbers(exponent, modulus).public_key()
    if kind in (b"sk-ecdsa-sha2-nistp256@openssh.com", *(b"ecdsa-sha2-" + curve for curve in _CURVES)):
        curve = wire.string()
        if not kind.partition(b"@")[0].endswith(b"-" + curve):
            raise ValueError("the key is cut off or damaged")
        return ec.EllipticCurvePublicKey.from_encoded_point(_CURVES[curve][0], wire.string())
    raise ValueError("keys of this type are not supported. Use ssh-ed25519, ecdsa-sha2-nistp256 or RSA")


class _Wire:
    """Reads what SSH writes. Raises `ValueError` at an early end."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def take(self, size: int) -> bytes:
        """Reads a number of bytes."""
        if len(self._data) < size:
            raise ValueError("the key is cut off or damaged")
        found, self._data = self._data[:size], self._data[size:]
        return found

    def number(self) -> int:
        """Four bytes of a number."""
        return int.from_bytes(self.take(4))

    def string(self) -> bytes:
        """Bytes with their number before them."""
        return self.take(self.number())

    def integer(self) -> int:
        """A number of any size, that is not negative."""
        data = self.string()
        if data[:1] > b"\x7f":
            raise ValueError("the key is cut off or damaged")
        return int.from_bytes(data)

    def end(self) -> None:
        """Checks that nothing is left."""
        if self._data:
            raise ValueError("the key has something behind its end")


def _string(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _name(blob: bytes) -> str:
    return "SSH key SHA256:" + base64.b64encode(_sha256(blob)).decode().rstrip("=")
