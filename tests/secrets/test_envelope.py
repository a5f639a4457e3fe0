"""Envelopes: what is encrypted is read with its key, at its place, unchanged; or not at all."""

import stat
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

from stroem.errors import KeyFileUnusable, KeyVariableUnusable
from stroem.secrets.envelope import CannotOpen, KeyRing, Sealed, keys_in, keys_of, packing, unpacked

FIRST, SECOND = b"1" * 64, b"2" * 64
HERE = ("shop", "DB_PASSWORD", "seal-1")
VALUE = "a value \u2013 of some length".encode()


def test_a_value_is_opened_where_it_belongs() -> None:
    ring = KeyRing([FIRST])
    sealed = ring.seal(VALUE, *HERE)
    assert ring.open(sealed, *HERE) == VALUE
    assert VALUE not in sealed.value + sealed.data_key
    assert "value" not in repr(sealed)


def test_two_seals_of_a_value_have_nothing_in_common() -> None:
    ring = KeyRing([FIRST])
    one, other = ring.seal(VALUE, *HERE), ring.seal(VALUE, *HERE)
    assert one.value != other.value
    assert one.data_key != other.data_key


@pytest.mark.parametrize(
    "elsewhere",
    [
        ("bank", "DB_PASSWORD", "seal-1"),
        ("shop", "OTHER", "seal-1"),
        ("shop", "DB_PASSWORD", "seal-2"),
        ("shopDB", "_PASSWORD", "seal-1"),
        ("shop", "DB_PASSWORD"),
        (),
    ],
)
def test_a_value_that_is_moved_cannot_be_opened(elsewhere: tuple[str, ...]) -> None:
    ring = KeyRing([FIRST])
    sealed = ring.seal(VALUE, *HERE)
    with pytest.raises(CannotOpen, match="it was changed, or moved from elsewhere"):
        ring.open(sealed, *elsewhere)
    with pytest.raises(CannotOpen):
        ring.rewrap(sealed, *elsewhere)


@pytest.mark.parametrize("field", ["value", "data_key"])
@pytest.mark.parametrize(
    "change", [lambda data: data[:-1], lambda data: bytes([data[0] ^ 1]) + data[1:], lambda data: b""]
)
def test_what_was_changed_cannot_be_opened(field: str, change: Callable[[bytes], bytes]) -> None:
    ring = KeyRing([FIRST])
    sealed = ring.seal(VALUE, *HERE)
    changed = attrs.evolve(sealed, **{field: change(getattr(sealed, field))})
    with pytest.raises(CannotOpen):
        ring.open(changed, *HERE)


def test_parts_of_two_values_do_not_fit() -> None:
    ring = KeyRing([FIRST])
    one, other = ring.seal(b"one", *HERE), ring.seal(b"other", *HERE)
    mixed = Sealed(key_id=one.key_id, data_key=one.data_key, value=other.value)
    swapped = Sealed(key_id=one.key_id, data_key=one.value, value=one.data_key)
    for sealed in (mixed, swapped):
        with pytest.raises(CannotOpen):
            ring.open(sealed, *HERE)


def test_a_new_key_encrypts_and_the_old_one_still_opens() -> None:
    before, both, after = KeyRing([FIRST]), KeyRing([SECOND, FIRST]), KeyRing([SECOND])
    sealed = before.seal(VALUE, *HERE)
    assert both.open(sealed, *HERE) == VALUE
    assert both.key_ids == (after.current, before.current)
    assert both.seal(VALUE, *HERE).key_id == after.current
    with pytest.raises(CannotOpen, match=f"its key {before.current} is not among those of this server"):
        after.open(sealed, *HERE)
    wrapped = both.rewrap(sealed, *HERE)
    assert (wrapped.key_id, wrapped.value) == (after.current, sealed.value)
    assert after.open(wrapped, *HERE) == VALUE


def test_the_file_of_keys_is_made_for_its_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "secrets.key"
    ring = keys_in(path, "encryption.key_file")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert keys_in(path, "encryption.key_file").key_ids == ring.key_ids
    path.write_bytes(SECOND + b"\n\n" + path.read_bytes() + b"\n")
    assert keys_in(path, "encryption.key_file").key_ids == (KeyRing([SECOND]).current, ring.current)


def test_comments_are_no_keys(tmp_path: Path) -> None:
    path = tmp_path / "secrets.key"
    path.write_bytes(b"# key of the first of March 2026, by ada\n" + SECOND + b"\n")
    assert keys_in(path, "encryption.key_file").key_ids == (KeyRing([SECOND]).current,)


@pytest.mark.parametrize("text", ["short", "x" * 64 + "\nshort", "# nothing but a comment of forty characters\n"])
def test_a_short_key_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "secrets.key"
    path.write_text(text)
    with pytest.raises(KeyFileUnusable, match="a key has 32 bytes or more"):
        keys_in(path, "encryption.key_file")


@pytest.mark.parametrize("text", ["{second},{first}", " {second} , {first}\n", "{second}\n{first}\n"])
def test_keys_of_a_variable(text: str) -> None:
    told = text.format(first=FIRST.decode(), second=SECOND.decode())
    assert keys_of({"STROEM_KEYS": told}, "STROEM_KEYS").key_ids == KeyRing([SECOND, FIRST]).key_ids


@pytest.mark.parametrize(("text", "reason"), [("", "it is not set"), (" , ", "it is not set"), ("short", "32 bytes")])
def test_a_variable_without_keys_is_refused(text: str, reason: str) -> None:
    for environ in ({"STROEM_KEYS": text}, {}) if not text else ({"STROEM_KEYS": text},):
        with pytest.raises(KeyVariableUnusable, match=f"STROEM_KEYS.*{reason}"):
            keys_of(environ, "STROEM_KEYS")


def test_an_envelope_is_unpacked_as_it_was_packed() -> None:
    ring = KeyRing([FIRST])
    sealed = ring.seal(VALUE, *HERE)
    assert unpacked(sealed.packed) == sealed
    assert sealed.packed.startswith(packing(ring.current))
    assert ring.open(unpacked(sealed.packed), *HERE) == VALUE
    with pytest.raises(CannotOpen, match="unknown form"):
        unpacked(b"\x02" + sealed.packed[1:])
    for cut in range(len(sealed.packed) - 1):
        with pytest.raises(CannotOpen):
            ring.open(unpacked(sealed.packed[:cut]), *HERE)
