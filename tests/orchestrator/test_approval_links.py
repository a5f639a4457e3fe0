"""Signed links to approvals."""

import datetime
import uuid

import pytest

from stroem.orchestrator.approval_links import ApprovalLinks, InvalidLink, Link

NOW = datetime.datetime(2026, 1, 31, 12, tzinfo=datetime.UTC)
LINK = Link(job_id=uuid.UUID(int=7), step=3, expires_at=NOW)
LINKS = ApprovalLinks(b"k" * 32, "https://stroem.example.org/")


def test_a_token_is_read_by_whoever_has_the_key() -> None:
    assert ApprovalLinks(b"k" * 32).read(LINKS.token(LINK)) == LINK
    assert LINKS.url(LINK) == f"https://stroem.example.org/approvals/{LINKS.token(LINK)}"
    assert ApprovalLinks(b"k" * 32).url(LINK) is None


def test_no_changed_token_is_valid() -> None:
    token = LINKS.token(LINK)
    for at in range(len(token) - 1):
        changed = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        with pytest.raises(InvalidLink):
            LINKS.read(changed)


@pytest.mark.parametrize("token", ["", "x", "å", "=", "A" * 10_000, LINKS.token(LINK)[:-2], LINKS.token(LINK) + "AA"])
def test_what_is_no_token(token: str) -> None:
    with pytest.raises(InvalidLink):
        LINKS.read(token)


def test_a_token_of_another_key_says_so() -> None:
    with pytest.raises(InvalidLink, match="another key"):
        LINKS.read(ApprovalLinks(b"o" * 32).token(LINK))


def test_a_link_ends_with_the_wait() -> None:
    hour = datetime.timedelta(hours=1)
    assert LINKS.link(LINK.job_id, 3, NOW, NOW + hour).expires_at == NOW + hour
    assert LINKS.link(LINK.job_id, 3, NOW, None).expires_at == NOW + datetime.timedelta(days=7)
    assert LINKS.link(LINK.job_id, 3, NOW, NOW + hour, secs=60).expires_at == NOW + datetime.timedelta(minutes=1)
