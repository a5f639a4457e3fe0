"""Envelopes: values encrypted under data keys of their own, which a key of the server encrypts."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs
import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from stroem.errors import KeyFileUnusable, KeyVariableUnusable
from stroem.files.key_file import key_in

_NONCE_BYTES = 12
_KEY_BITS = 256
_KEY_BYTES = 32
_KEY_ID_BYTES = 8
_TAG_BYTES = 16
_VERSION = b"\x01"
_FOREIGN = "it was changed, or moved from elsewhere"
_TOO_SHORT = f"a key has {_KEY_BYTES} bytes or more"
_VALUE, _DATA_KEY = b"stroem value", b"stroem data key"


@attrs.frozen(kw_only=True)
class Sealed:
    """An encrypted value with its encrypted data key. `key_id` names the key of the server."""

    key_id: str
    data_key: bytes = attrs.field(repr=False)
    value: bytes = attrs.field(repr=False)

    @property
    def packed(self) -> bytes:
        """All in one text of bytes: version, key id, data key, value."""
        return packing(self.key_id) + self.data_key + self.value


class CannotOpen(Exception):
    """The value cannot be decrypted. The message gives the reason, without values."""


class KeyRing:
    """Keys of a server, for AES-256-GCM: the first encrypts, all decrypt.

    What a value belongs to, such as workspace and name, is authenticated with it: a value that is moved to another row
    cannot be opened.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        derived = [hashlib.sha256(b"stroem secrets\0" + key).digest() for key in keys]
        self._keys = {hashlib.sha256(b"id\0" + key).hexdigest()[:16]: AESGCM(key) for key in derived}
        self.current = next(iter(self._keys))

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The ids of all keys, the one that encrypts first."""
        return tuple(self._keys)

    def seal(self, value: bytes, *identity: str) -> Sealed:
        """Encrypts a value."""
        data_key = AESGCM.generate_key(_KEY_BITS)
        return Sealed(
            key_id=self.current,
            data_key=_encrypted(self._keys[self.current], data_key, _DATA_KEY, identity),
            value=_encrypted(AESGCM(data_key), value, _VALUE, identity),
        )

    def open(self, sealed: Sealed, *identity: str) -> bytes:
        """Decrypts a value. Raises CannotOpen."""
        return _decrypted(AESGCM(self._data_key(sealed, identity)), sealed.value, _VALUE, identity)

    def rewrap(self, sealed: Sealed, *identity: str) -> Sealed:
        """The same with its data key encrypted by the current key; the value is not decrypted. Raises CannotOpen."""
        wrapped = _encrypted(self._keys[self.current], self._data_key(sealed, identity), _DATA_KEY, identity)
        return attrs.evolve(sealed, key_id=self.current, data_key=wrapped)

    def _data_key(self, sealed: Sealed, identity: Sequence[str]) -> bytes:
        key = self._keys.get(sealed.key_id)
        if key is None:
            raise CannotOpen(f"its key {sealed.key_id} is not among those of this server")
        return _decrypted(key, sealed.data_key, _DATA_KEY, identity)


def packing(key_id: str) -> bytes:
    """The first bytes of what is packed with a key."""
    return _VERSION + bytes.fromhex(key_id)


def unpacked(data: bytes) -> Sealed:
    """The envelope in such bytes. Raises CannotOpen."""
    if data[:1] != _VERSION:
        raise CannotOpen("it is of an unknown form: a newer version of Strøm may have stored it")
    key_end = 1 + _KEY_ID_BYTES
    data_key_end = key_end + _NONCE_BYTES + _KEY_BYTES + _TAG_BYTES
    if len(data) <= data_key_end:
        raise CannotOpen(_FOREIGN)
    return Sealed(key_id=data[1:key_end].hex(), data_key=data[key_end:data_key_end], value=data[data_key_end:])


def keys_in(path: Path, setting: str) -> KeyRing:
    """The keys in a file, one a line, the current one first; lines that begin with `#` are comments.

    It is made if it is not there. Raises KeyFileUnusable.
    """
    lines = [line.strip() for line in key_in(path, setting).splitlines()]
    keys = [line for line in lines if line and not line.startswith(b"#")]
    if not keys or any(len(key) < _KEY_BYTES for key in keys):
        raise KeyFileUnusable(file=path, setting=setting, reason=_TOO_SHORT)
    return KeyRing(keys)


def keys_of(environ: Mapping[str, str], variable: str) -> KeyRing:
    """The keys in a variable, separated by commas or white space, the current one first. Raises KeyVariableUnusable."""
    keys = environ.get(variable, "").replace(",", " ").encode(errors="surrogateescape").split()
    if not keys:
        raise KeyVariableUnusable(variable=variable, reason="it is not set, or empty")
    if any(len(key) < _KEY_BYTES for key in keys):
        raise KeyVariableUnusable(variable=variable, reason=_TOO_SHORT)
    return KeyRing(keys)


def _encrypted(key: AESGCM, data: bytes, kind: bytes, identity: Sequence[str]) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + key.encrypt(nonce, data, _bound(kind, identity))


def _decrypted(key: AESGCM, data: bytes, kind: bytes, identity: Sequence[str]) -> bytes:
    try:
        return key.decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], _bound(kind, identity))
    except (InvalidTag, ValueError):
        raise CannotOpen(_FOREIGN) from None


def _bound(kind: bytes, identity: Sequence[str]) -> bytes:
    return kind + b"\0" + orjson.dumps([*identity])
