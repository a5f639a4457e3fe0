"""Tokens of single steps."""

import uuid

import attrs
import pytest

from stroem.protocol.step_token import StepGrant, grant_of, sign

SECRET = b"t" * 32
GRANT = StepGrant(workspace="wörk/space", revision="abc", task="täsk", job_id=uuid.UUID(int=7), step_id=3, attempt=2)


def test_a_grant_comes_back_whole() -> None:
    token = sign(GRANT, SECRET)
    assert grant_of(token, SECRET) == GRANT
    assert SECRET.decode() not in token


def test_every_field_is_signed() -> None:
    others = [
        {"workspace": "x"},
        {"revision": "x"},
        {"job_id": uuid.UUID(int=8)},
        {"step_id": 4},
        {"attempt": 1},
        {"task": "x"},
    ]
    macs = {sign(attrs.evolve(GRANT, **other), SECRET).rpartition(".")[2] for other in [{}, *others]}
    assert len(macs) == 7


@pytest.mark.parametrize(
    "change",
    [
        lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token: token.replace("step.", "step.A"),
        lambda token: token.removeprefix("step."),
        lambda token: token.rpartition(".")[0],
        lambda token: "step.",
        lambda token: "step..",
        lambda token: "step.ä.ö",
        lambda token: "",
    ],
)
def test_what_nobody_has_signed_is_no_grant(change: object) -> None:
    assert grant_of(change(sign(GRANT, SECRET)), SECRET) is None  # type: ignore[operator]


def test_tokens_of_another_installation_are_no_grant() -> None:
    assert grant_of(sign(GRANT, b"u" * 32), SECRET) is None
