"""JSON values of rows that may hold secrets: encrypted in the place of the value."""

import base64
import binascii
import datetime
import json
import uuid
from collections.abc import Mapping
from enum import Enum

from stroem.definitions.values import Json
from stroem.secrets.envelope import CannotOpen, KeyRing, unpacked
from stroem.store.secrets.sealed_columns import SEALED

_PLAIN = "value"

Identity = str | uuid.UUID | datetime.datetime


class Place(Enum):
    """Columns with such values."""

    DELIVERY = "hook_deliveries.fire"
    DEBOUNCED = "debounced_fires.fire"
    SIGNAL = "messages.payload"


class SealedValues:
    """Encrypts JSON values of rows, if it `encrypts`; decrypts those that are encrypted in any case.

    The column and what identifies the row are authenticated: a value that is moved to another row cannot be read.
    """

    def __init__(self, keys: KeyRing | None, *, encrypts: bool) -> None:
        self._keys = keys
        self._encrypts = encrypts and keys is not None

    def sealed(self, value: Json, place: Place, *identity: Identity) -> Json:
        """The value as it is stored."""
        if self._encrypts and value is not None:
            return self._envelope(json.dumps(value).encode(), place, identity)
        if isinstance(value, Mapping) and SEALED in value:
            return {SEALED: None, _PLAIN: value}
        return value

    def sealed_text(self, text: bytes, place: Place, *identity: Identity) -> str:
        """The JSON text of an object, which the server has made, as it is stored."""
        return json.dumps(self._envelope(text, place, identity)) if self._encrypts else text.decode()

    def opened(self, stored: Json, place: Place, *identity: Identity) -> Json:
        """The value that was stored. Raises CannotOpen."""
        if not isinstance(stored, Mapping) or SEALED not in stored:
            return stored
        if (text := stored[SEALED]) is None:
            return stored.get(_PLAIN)
        if self._keys is None:
            raise CannotOpen("this server has no key")
        value: Json = json.loads(self._keys.open(unpacked(_bytes(text)), *_identity(place, identity)))
        return value

    def rewrapped(self, stored: Json, place: Place, *identity: Identity) -> Json:
        """The stored value with its data key encrypted by the current key. Raises CannotOpen."""
        text = stored[SEALED] if isinstance(stored, Mapping) else None
        if self._keys is None or text is None:
            raise CannotOpen("this server has no key")
        packed = self._keys.rewrap(unpacked(_bytes(text)), *_identity(place, identity)).packed
        return {SEALED: base64.b64encode(packed).decode()}

    def _envelope(self, text: bytes, place: Place, identity: tuple[Identity, ...]) -> Json:
        assert self._keys is not None
        return {SEALED: base64.b64encode(self._keys.seal(text, *_identity(place, identity)).packed).decode()}


def _bytes(text: Json) -> bytes:
    try:
        return base64.b64decode(str(text), validate=True)
    except binascii.Error:
        raise CannotOpen("it was changed, or moved from elsewhere") from None


def _identity(place: Place, identity: tuple[Identity, ...]) -> tuple[str, ...]:
    return place.value, *(_text(one) for one in identity)


def _text(one: Identity) -> str:
    return one.astimezone(datetime.UTC).isoformat() if isinstance(one, datetime.datetime) else str(one)
