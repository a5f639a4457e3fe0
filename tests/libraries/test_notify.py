"""The library `notify`, used by jobs, against servers that take what it sends."""

import email
import email.policy
import hashlib
import hmac
import json

import pytest

from tests.libraries.conftest import SECRET, Outside, Use

pytestmark = pytest.mark.xdist_group("libraries")


def test_slack_takes_a_plain_message(use: Use, outside: Outside) -> None:
    text = 'It\'s done: "all" of $HOME & `more`\nsecond line é'
    job = use("notify/slack", via="chat", text=text)
    assert (job.status, job.output) == ("completed", {"status": 200, "attempts": 1})
    ((method, path, headers, body),) = outside.http.requests
    assert (method, path) == ("POST", f"/services/{SECRET}")
    assert headers["Content-Type"].startswith("application/json")
    assert json.loads(body) == {"text": text}


def test_slack_takes_a_title_a_link_and_a_colour(use: Use, outside: Outside) -> None:
    use("notify/slack", via="chat", text="x", title="Deploy", link="https://example.com/1", level="error")
    (attachment,) = json.loads(outside.http.requests[0][3])["attachments"]
    assert attachment == {
        "fallback": "Deploy",
        "color": "#e01e5a",
        "text": "x",
        "title": "Deploy",
        "title_link": "https://example.com/1",
    }


def test_teams_takes_a_card(use: Use, outside: Outside) -> None:
    assert use("notify/teams", via="chat", text="x", title="T", link="https://e.com").status == "completed"
    card = json.loads(outside.http.requests[0][3])["attachments"][0]
    assert card["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert [block["text"] for block in card["content"]["body"]] == ["T", "x"]
    assert card["content"]["actions"][0]["url"] == "https://e.com"


def test_a_webhook_is_signed(use: Use, outside: Outside) -> None:
    job = use("notify/webhook", via="signed", payload='{"a": [1, "é"]}')
    assert job.status == "completed", job.log
    ((_, _, headers, body),) = outside.http.requests
    assert json.loads(body) == {"a": [1, "é"]}
    assert headers["X-Signature-256"] == f"sha256={hmac.new(b'key', body, hashlib.sha256).hexdigest()}"
    assert headers["Authorization"] == f"Bearer {SECRET}"


def test_what_passes_is_tried_again(use: Use, outside: Outside) -> None:
    outside.http.answers += [(503, {}, "busy"), (429, {"Retry-After": "0"}, "slow down"), (200, {}, "")]
    job = use("notify/slack", via="chat", text="x")
    assert job.output == {"status": 200, "attempts": 3}
    assert "503 busy; next attempt in 1 s" in job.log


@pytest.mark.parametrize(("status", "requests"), [(404, 1), (302, 1), (500, 2)])
def test_what_does_not_pass_fails_and_says_why(use: Use, outside: Outside, status: int, requests: int) -> None:
    outside.http.answers += [(status, {"Location": "/elsewhere", "Retry-After": "0"}, "no such hook")] * 3
    job = use("notify/slack", via="chat", text="x", attempts=2)
    assert job.status == "failed"
    assert f"{status} no such hook" in job.error
    assert len(outside.http.requests) == requests


def test_the_address_is_a_secret(use: Use, outside: Outside) -> None:
    outside.http.answers += [(400, {}, "bad")]
    job = use("notify/slack", via="chat", text="x")
    assert "127.0.0.1 did not take the message" in job.error
    assert SECRET not in job.log + job.error


def test_certificates_are_verified(use: Use, outside: Outside) -> None:
    assert use("notify/slack", via="safe-chat", text="x").status == "completed"
    job = use("notify/slack", via="unknown-chat", text="x", attempts=1)
    assert "CERTIFICATE_VERIFY_FAILED" in job.error


@pytest.mark.parametrize(
    ("action", "given", "words"),
    [
        ("notify/slack", {"via": "odd-chat", "text": "x"}, "no address that begins with https://"),
        ("notify/slack", {"via": "chat", "text": "x", "attempts": 11}, "from 1 to 10"),
        ("notify/webhook", {"via": "signed", "payload": "{"}, "`payload` is no JSON"),
        ("notify/email", {"via": "mail", "to": " ", "subject": "x", "text": "x"}, "`to` holds no address"),
        ("notify/email", {"via": "mail", "to": "a@b.c", "subject": "x\ny", "text": "x"}, "cannot be in a mail"),
        ("notify/email", {"via": "mail-open", "to": "a@b.c", "subject": "x", "text": "x"}, "without encryption"),
    ],
)
def test_mistakes_of_users(use: Use, action: str, given: dict[str, object], words: str) -> None:
    job = use(action, **given)
    assert job.status == "failed"
    assert words in job.error


def test_a_mail(use: Use, outside: Outside) -> None:
    job = use(
        "notify/email",
        via="mail",
        to="Ada <ada@example.com>, bob@example.com",
        cc="eve@example.com",
        subject="Grüße",
        text="All is well.",
        html="<p>All is well.</p>",
    )
    assert job.status == "completed", job.log
    (mail,) = outside.smtp.mails
    assert mail.encrypted
    assert mail.login == ("me", SECRET)
    assert (mail.sender, mail.recipients) == (
        "stroem@example.com",
        ("ada@example.com", "bob@example.com", "eve@example.com"),
    )
    message = email.message_from_bytes(mail.data, policy=email.policy.default)
    assert message["Subject"] == "Grüße"
    assert message["Message-ID"] == job.output["message_id"]
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert job.output["recipients"] == 3


def test_a_mail_by_tls_from_the_beginning(use: Use, outside: Outside) -> None:
    assert use("notify/email", via="mail-tls", to="a@b.c", subject="x", text="x").status == "completed"
    assert [(mail.encrypted, mail.login) for mail in outside.smtp.mails] == [(True, None)]


def test_recipients_that_are_refused(use: Use, outside: Outside) -> None:
    job = use("notify/email", via="mail", to="nobody@b.c, a@b.c", subject="x", text="x")
    assert "refused nobody@b.c: 550 nobody of that name; the others have the mail" in job.error
    assert "refused nobody@b.c" in use("notify/email", via="mail", to="nobody@b.c", subject="x", text="x").error
