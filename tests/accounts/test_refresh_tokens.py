"""Refresh tokens are signed: a session's id is not enough to make one."""

import base64
import uuid

from hypothesis import given
from hypothesis import strategies as st

from stroem.accounts.refresh_tokens import RefreshToken, RefreshTokens

TOKENS = RefreshTokens("a-secret-of-more-than-32-characters-for-tests")


@given(st.uuids(), st.integers(1, 2**31 - 1))
def test_a_token_says_its_session_and_generation(session_id: uuid.UUID, generation: int) -> None:
    token = RefreshToken(session_id, generation)
    assert TOKENS.read(TOKENS.make(token)) == token


@given(st.integers(0, 51), st.integers(1, 255))
def test_a_changed_token_is_none(place: int, change: int) -> None:
    text = TOKENS.make(RefreshToken(uuid.uuid4(), 3))
    data = bytearray(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    data[place] ^= change
    assert TOKENS.read(base64.urlsafe_b64encode(bytes(data)).decode()) is None


@given(st.text(max_size=200))
def test_other_texts_are_none(text: str) -> None:
    assert TOKENS.read(text) is None


def test_another_secret_makes_other_tokens() -> None:
    other = RefreshTokens("another-secret-of-more-than-32-characters")
    assert TOKENS.read(other.make(RefreshToken(uuid.uuid4(), 1))) is None
