"""Passwords: which are refused, and how they are verified."""

import asyncio

import argon2
import pytest

from stroem.accounts import passwords
from stroem.accounts.passwords import Passwords, weakness
from stroem.errors import Unavailable

GOOD = "quiet-Lamp-7-orbits"


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("", "too short"),
        ("Sh0rt-but-x", "too short"),
        ("x" * 129, "too long"),
        ("password1234", "leaks"),
        ("passwordpassword", "easy to guess"),
        ("qwertyuiopasdf", "easy to guess"),
        ("ada@example.com1", "easy to guess"),
        ("stroemstroemstroem", "easy to guess"),
    ],
)
def test_weak_passwords_are_refused_with_the_reason(password: str, reason: str) -> None:
    assert reason in (weakness(password, ["ada@example.com", "ada"]) or "")


@pytest.mark.parametrize("password", [GOOD, "correct horse battery staple", "ørn-og-fjell-på-vidda-9"])
def test_good_ones_are_taken(password: str) -> None:
    assert weakness(password, ["ada@example.com"]) is None


async def test_only_the_password_itself_matches() -> None:
    hasher = Passwords()
    found = await hasher.hashed(GOOD)
    assert found.startswith("$argon2id$")
    assert await hasher.verify(found, GOOD)
    assert not await hasher.verify(found, GOOD + " ")
    assert not await hasher.verify(found, "")
    assert not await hasher.verify(None, GOOD)
    assert not await hasher.verify("not a hash", GOOD)


async def test_without_an_account_a_hash_is_computed_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who measures the time does not find out which accounts there are."""
    hasher, verified = Passwords(), []
    verify = argon2.PasswordHasher.verify

    def noted(self: argon2.PasswordHasher, password_hash: str, password: str) -> bool:
        verified.append(password_hash)
        return verify(self, password_hash, password)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", noted)
    own = await hasher.hashed(GOOD)
    await hasher.verify(own, "wrong")
    await hasher.verify(None, "wrong")
    assert len(verified) == 2
    assert argon2.extract_parameters(verified[0]) == argon2.extract_parameters(verified[1])


async def test_hashes_of_other_parameters_are_outdated() -> None:
    hasher = Passwords()
    assert hasher.is_outdated(argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(GOOD))
    assert not hasher.is_outdated(await hasher.hashed(GOOD))


async def test_a_flood_is_refused_instead_of_queued(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_MOST_WAITING", 2)
    hasher = Passwords()
    found = await asyncio.gather(*(hasher.hashed(GOOD) for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(one, str) for one in found) == 2
    assert sum(isinstance(one, Unavailable) for one in found) == 3
    assert await hasher.hashed(GOOD), "there is room again"


async def test_the_same_letters_are_the_same_password() -> None:
    """One keyboard writes å as one character, another as two."""
    hasher = Passwords()
    found = await hasher.hashed("bl\u00e5b\u00e6r-p\u00e5-fjellet")
    assert await hasher.verify(found, "bla\u030ab\u00e6r-pa\u030a-fjellet")
