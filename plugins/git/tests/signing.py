"""Makes signed commits and tags without programs that sign, and SSH signatures that no program would make."""

import base64
import hashlib
import struct
from collections.abc import Callable

import attrs
import pysequoia
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.support.git.repository import GitRepository

Sign = Callable[[bytes], bytes]

SshPrivate = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
APPLICATION = b"ssh:"


def string(data: bytes) -> bytes:
    """Bytes as SSH writes them."""
    return struct.pack(">I", len(data)) + data


def integer(number: int) -> bytes:
    """A number as SSH writes it."""
    return string(number.to_bytes(number.bit_length() // 8 + 1))


@attrs.frozen(kw_only=True)
class SshSigner:
    """Signs as `ssh-keygen -Y sign` does. The options make signatures that must not count; `touched` is None for keys
    that are not on a security key.
    """

    private: SshPrivate = attrs.field(factory=ed25519.Ed25519PrivateKey.generate)
    namespace: bytes = b"git"
    digest: str = "sha512"
    rsa_algorithm: bytes = b"rsa-sha2-512"
    touched: bool | None = None
    extra: bytes = b""

    @property
    def kind(self) -> bytes:
        """The type of the key."""
        if isinstance(self.private, rsa.RSAPrivateKey):
            return b"ssh-rsa"
        curve = isinstance(self.private, ec.EllipticCurvePrivateKey)
        plain = b"ecdsa-sha2-" + self.curve if curve else b"ssh-ed25519"
        return plain if self.touched is None else b"sk-" + plain + b"@openssh.com"

    @property
    def curve(self) -> bytes:
        """The name of its curve."""
        assert isinstance(self.private, ec.EllipticCurvePrivateKey)
        return f"nistp{self.private.curve.key_size}".encode()

    @property
    def blob(self) -> bytes:
        """The public key."""
        public = self.private.public_key()
        application = b"" if self.touched is None else string(APPLICATION)
        if isinstance(public, rsa.RSAPublicKey):
            numbers = public.public_numbers()
            return string(b"ssh-rsa") + integer(numbers.e) + integer(numbers.n)
        if isinstance(public, ec.EllipticCurvePublicKey):
            point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
            return string(self.kind) + string(self.curve) + string(point) + application
        return string(self.kind) + string(public.public_bytes(Encoding.Raw, PublicFormat.Raw)) + application

    @property
    def line(self) -> str:
        """The public key, as one line."""
        return f"{self.kind.decode()} {base64.b64encode(self.blob).decode()} ada@example.org"

    @property
    def fingerprint(self) -> str:
        """As `ssh-keygen -l` shows it."""
        return "SHA256:" + base64.b64encode(hashlib.sha256(self.blob).digest()).decode().rstrip("=")

    def __call__(self, payload: bytes) -> bytes:
        head = string(self.namespace) + string(b"") + string(self.digest.encode())
        signed = b"SSHSIG" + head + string(hashlib.new(self.digest, payload).digest())
        flags = b""
        if self.touched is not None:
            flags = bytes([self.touched]) + struct.pack(">I", 7)
            signed = hashlib.sha256(APPLICATION).digest() + flags + hashlib.sha256(signed).digest()
        algorithm = self.rsa_algorithm if self.kind == b"ssh-rsa" else self.kind
        signature = string(algorithm) + string(self._raw(signed)) + flags + self.extra
        blob = b"SSHSIG" + struct.pack(">I", 1) + string(self.blob) + head + string(signature)
        return armoured(blob)

    def _raw(self, signed: bytes) -> bytes:
        if isinstance(self.private, rsa.RSAPrivateKey):
            used = {b"ssh-rsa": hashes.SHA1(), b"rsa-sha2-256": hashes.SHA256(), b"rsa-sha2-512": hashes.SHA512()}
            return self.private.sign(signed, padding.PKCS1v15(), used[self.rsa_algorithm])
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            used = {256: hashes.SHA256(), 384: hashes.SHA384(), 521: hashes.SHA512()}
            made = self.private.sign(signed, ec.ECDSA(used[self.private.curve.key_size]))
            return b"".join(map(integer, utils.decode_dss_signature(made)))
        return self.private.sign(signed)


def armoured(blob: bytes) -> bytes:
    """The lines of an SSH signature."""
    return b"-----BEGIN SSH SIGNATURE-----\n" + base64.encodebytes(blob) + b"-----END SSH SIGNATURE-----\n"


def pgp_signer(key: pysequoia.Tsk) -> Sign:
    """Signs as `gpg --detach-sign --armor` does."""
    return lambda payload: pysequoia.sign(key.signer(), payload, mode=pysequoia.SignatureMode.DETACHED)


def revoked(key: pysequoia.Tsk) -> str:
    """The public key after its owner has revoked it."""
    cert = key.extract_certificate()
    packets = [*pysequoia.packet.PacketPile.from_bytes(bytes(cert))]
    revocation = [*pysequoia.packet.PacketPile.from_bytes(bytes(cert.revoke(key.certifier())))]
    return str(pysequoia.Cert.from_packets(packets[:1] + revocation + packets[1:]))


def sign_commit(repository: GitRepository, sign: Sign, *, of: str | None = None, branch: str = "main") -> str:
    """Puts a signed commit with the files and the parents of another (the newest) in its place; `sign` gets what it
    says.
    """
    raw = repository.git("cat-file", "commit", of or repository.tip(branch)).encode() + b"\n"
    return write_commit(repository, raw, sign(raw), branch=branch)


def write_commit(repository: GitRepository, payload: bytes, signature: bytes, *, branch: str = "main") -> str:
    """Writes a commit with a signature, whatever that is over, and sets a branch to it."""
    head, _, message = payload.partition(b"\n\n")
    field = b"\ngpgsig " + b"\n ".join(signature.rstrip(b"\n").split(b"\n"))
    raw = head + field + b"\n\n" + message
    commit = repository.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", given=raw)
    repository.git("update-ref", f"refs/heads/{branch}", commit)
    return commit


def sign_tag(repository: GitRepository, name: str, commit: str, sign: Sign, *, inside: str | None = None) -> str:
    """Sets a tag to a signed tag object, which may say that it has another name `inside`."""
    text = f"object {commit}\ntype commit\ntag {inside or name}\ntagger Bob <bob@example.org> 1700000000 +0000\n\nx\n"
    payload = text.encode()
    oid = repository.git("hash-object", "-t", "tag", "-w", "--stdin", given=payload + sign(payload))
    repository.git("update-ref", f"refs/tags/{name}", oid)
    return oid
