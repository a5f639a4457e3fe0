"""Signatures of senders, with the examples that GitHub and Slack publish."""

import base64
import datetime
import hashlib
import hmac

import attrs
import pytest

from stroem.interfaces.triggers.http_trigger import Delivery, HookRefused, HookRequest
from stroem.testing.http_trigger_conformance import AT, SECRET, HttpTriggerConformance, hook_request
from stroem_webhook.options import Sender, Signature
from stroem_webhook.webhook import WebhookTrigger

NOW = str(int(AT.timestamp()))
JSON = "application/json"
GITHUB_SECRET = "It's a Secret to Everybody"
GITHUB_BODY = b"Hello, World!"
GITHUB_SIGNATURE = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
SLACK_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
SLACK_SENT_AT = 1531420618
SLACK_BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&"
    b"channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&"
    b"response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&"
    b"trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
SLACK_SIGNATURE = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"


def webhook(signature: Sender | Signature, *secrets: str) -> WebhookTrigger:
    return WebhookTrigger(name_="w", signature=signature, secrets=secrets or (SECRET,))


def hexed(signed: bytes, secret: str = SECRET, algorithm: str = "sha256") -> str:
    return hmac.new(secret.encode(), signed, algorithm).hexdigest()


def standard_key() -> str:
    return "whsec_" + base64.b64encode(hashlib.sha256(b"key").digest()).decode()


def signed_headers(sender: Sender, body: bytes) -> dict[str, str]:
    """The headers with which each sender signs a body."""
    standard = hmac.digest(hashlib.sha256(b"key").digest(), b"msg_1." + NOW.encode() + b"." + body, "sha256")
    return {
        "github": {"x-hub-signature-256": f"sha256={hexed(body)}", "x-github-delivery": "d-1"},
        "gitlab": {"x-gitlab-token": SECRET, "x-gitlab-event-uuid": "d-1"},
        "gitea": {"x-gitea-signature": hexed(body), "x-gitea-delivery": "d-1"},
        "bitbucket": {"x-hub-signature": f"sha256={hexed(body)}", "x-request-uuid": "d-1"},
        "stripe": {"stripe-signature": f"t={NOW},v1={'0' * 64},v1={hexed(NOW.encode() + b'.' + body)},v0=00"},
        "slack": {
            "x-slack-signature": f"v0={hexed(b'v0:' + NOW.encode() + b':' + body)}",
            "x-slack-request-timestamp": NOW,
        },
        "shopify": {"x-shopify-hmac-sha256": base64.b64encode(hmac.digest(SECRET.encode(), body, "sha256")).decode()},
        "standard": {
            "webhook-id": "msg_1",
            "webhook-timestamp": NOW,
            "webhook-signature": "v1," + base64.b64encode(standard).decode(),
        },
        "generic": {"x-sign": f"hmac {hexed(body, algorithm='sha512')}"},
    }[sender]


GENERIC = Signature(type="generic", header="X-Sign", algorithm="sha512", prefix="hmac ")
SENDERS: list[Sender | Signature] = [
    "github",
    "gitlab",
    "gitea",
    "bitbucket",
    "stripe",
    "slack",
    "shopify",
    Signature(type="standard", secret=standard_key()),
    GENERIC,
]


def name_of(signature: Sender | Signature) -> Sender:
    return signature.type if isinstance(signature, Signature) else signature


def signed(signature: Sender | Signature, body: bytes = b'{"id": "evt_1"}') -> HookRequest:
    return hook_request(headers={"content-type": JSON, **signed_headers(name_of(signature), body)}, body=body)


class TestGithubConformance(HttpTriggerConformance):
    def trigger(self) -> WebhookTrigger:
        return webhook("github")

    def request(self, body: bytes = b'{"a": 1}', method: str = "POST") -> HookRequest:
        return signed("github", body)


class TestStripeConformance(TestGithubConformance):
    def trigger(self) -> WebhookTrigger:
        return webhook("stripe")

    def request(self, body: bytes = b'{"a": 1}', method: str = "POST") -> HookRequest:
        return signed("stripe", body)


class TestStandardConformance(TestGithubConformance):
    def trigger(self) -> WebhookTrigger:
        return webhook(Signature(type="standard", secret=standard_key()))

    def request(self, body: bytes = b'{"a": 1}', method: str = "POST") -> HookRequest:
        return signed("standard", body)


@pytest.mark.parametrize("signature", SENDERS, ids=name_of)
async def test_the_signature_of_each_sender(signature: Sender | Signature) -> None:
    request = signed(signature)
    trigger = webhook(signature)
    trigger.check_head(attrs.evolve(request, body=b""))
    assert isinstance(await trigger.read(request), Delivery)
    if name_of(signature) != "gitlab":
        with pytest.raises(HookRefused, match="fit"):
            await trigger.read(attrs.evolve(request, body=request.body + b" "))
    other = (
        Signature(type="standard", secret=standard_key()[:-4] + "AAA=")
        if name_of(signature) == "standard"
        else signature
    )
    with pytest.raises(HookRefused):
        await webhook(other, "another-secret").read(request)


@pytest.mark.parametrize("signature", SENDERS, ids=name_of)
async def test_no_signature_is_stored(signature: Sender | Signature) -> None:
    request = signed(signature)
    delivery = await webhook(signature).read(request)
    assert isinstance(delivery, Delivery)
    names = [
        name for name in signed_headers(name_of(signature), b"") if "sign" in name or "hmac" in name or "token" in name
    ]
    assert names
    assert {delivery.headers[name] for name in names} == {"••••••"}


async def test_the_example_of_github() -> None:
    request = hook_request(headers={"x-hub-signature-256": GITHUB_SIGNATURE}, body=GITHUB_BODY)
    delivery = await webhook("github", GITHUB_SECRET).read(request)
    assert isinstance(delivery, Delivery)
    assert delivery.fire.input["body"] == "Hello, World!"


async def test_the_example_of_slack() -> None:
    request = attrs.evolve(
        hook_request(
            headers={
                "x-slack-signature": SLACK_SIGNATURE,
                "x-slack-request-timestamp": str(SLACK_SENT_AT),
                "content-type": "application/x-www-form-urlencoded",
            },
            body=SLACK_BODY,
        ),
        at=datetime.datetime.fromtimestamp(SLACK_SENT_AT + 200, datetime.UTC),
    )
    delivery = await webhook("slack", SLACK_SECRET).read(request)
    assert isinstance(delivery, Delivery)
    body = delivery.fire.input["body"]
    assert isinstance(body, dict)
    assert body["command"] == "/webhook-collect"


@pytest.mark.parametrize("signature", ["slack", "stripe", Signature(type="standard", secret=standard_key())], ids=str)
@pytest.mark.parametrize("secs", [-301, 301])
async def test_a_timestamp_more_than_five_minutes_away_is_refused(signature: Sender | Signature, secs: int) -> None:
    request = attrs.evolve(signed(signature), at=AT + datetime.timedelta(seconds=secs))
    with pytest.raises(HookRefused, match=r"five minutes|300 seconds"):
        await webhook(signature).read(request)


@pytest.mark.parametrize(
    ("form", "timestamp"),
    [("unix", NOW), ("unix_ms", NOW + "123"), ("iso8601", "2026-11-27T12:01:00Z"), ("iso8601", "2026-11-27T12:01:00")],
)
async def test_a_generic_signature_with_a_timestamp(form: str, timestamp: str) -> None:
    signature = Signature(
        type="generic",
        header="X-Sig",
        encoding="base64",
        timestamp_header="X-At",
        timestamp_format=form,  # type: ignore[arg-type]
        signed="{timestamp}\n{body}\nend",
    )
    wanted = base64.b64encode(hmac.digest(SECRET.encode(), timestamp.encode() + b"\n{}\nend", "sha256")).decode()
    request = hook_request(headers={"x-sig": wanted, "x-at": timestamp}, body=b"{}")
    assert isinstance(await webhook(signature).read(request), Delivery)
    with pytest.raises(HookRefused, match="five minutes"):
        await webhook(signature).read(attrs.evolve(request, headers={"x-sig": wanted, "x-at": "12"}))


async def test_several_keys_count_while_they_are_exchanged() -> None:
    assert isinstance(await webhook("github", "new", SECRET).read(signed("github")), Delivery)


@pytest.mark.parametrize("secret", ["", None])
async def test_an_empty_key_fits_nothing(secret: str | None) -> None:
    body = b"{}"
    headers = {"x-hub-signature-256": f"sha256={hexed(body, '')}"}
    trigger = WebhookTrigger(name_="w", signature="github", secret=secret)
    with pytest.raises(HookRefused):
        await trigger.read(hook_request(headers=headers, body=body))


async def test_the_status_of_a_job_needs_the_secret_or_a_signature() -> None:
    trigger = webhook("github")
    await trigger.check_reader(hook_request(method="GET", headers={"authorization": f"Bearer {SECRET}"}))
    await trigger.check_reader(hook_request(method="GET", headers=signed_headers("github", b"")))
    with pytest.raises(HookRefused):
        await trigger.check_reader(hook_request(method="GET", headers={"authorization": "Bearer x"}))


async def test_an_empty_signing_token_fits_nothing() -> None:
    signature = base64.b64encode(hmac.digest(b"", b"m." + NOW.encode() + b".{}", "sha256")).decode()
    headers = {"webhook-id": "m", "webhook-timestamp": NOW, "webhook-signature": f"v1,{signature}"}
    with pytest.raises(HookRefused):
        await webhook("standard", "whsec_").read(hook_request(headers=headers, body=b"{}"))


async def key_of(signature: Sender | Signature, headers: dict[str, str], body: bytes, *secrets: str) -> str | None:
    trigger = webhook(signature, *secrets)
    sent = {**signed_headers(name_of(signature), body), **headers}
    found = await trigger.read(hook_request(headers=sent, body=body))
    assert isinstance(found, Delivery)
    return found.fire.key if found.is_keyed else None


@pytest.mark.parametrize(
    ("signature", "body", "key"),
    [
        ("stripe", b'{"id": "evt_1"}', "stripe:evt_1"),
        ("slack", b'{"event_id": "Ev1"}', "slack:Ev1"),
        ("slack", b"command=%2Fdeploy", None),
        (Signature(type="standard", secret=standard_key()), b"{}", "standard:msg_1"),
        ("github", b"{}", "github:d-1"),
        (GENERIC, b"{}", None),
    ],
)
async def test_only_the_id_of_the_sender_itself_counts(signature: Sender | Signature, body: bytes, key: str) -> None:
    """A request that was caught is no new delivery with headers that are not signed, nor as another content type."""
    added = {"x-gitea-delivery": "x", "x-shopify-webhook-id": "x", "x-request-uuid": "x"}
    unsigned = {"stripe-signature", "x-github-delivery", "webhook-id"} - {*signed_headers(name_of(signature), body)}
    headers = {**added, **dict.fromkeys(unsigned, "t=1"), "content-type": "text/plain"}
    assert await key_of(signature, headers, body) == key


async def test_a_signing_token_of_gitlab_signs_the_id() -> None:
    headers = {**signed_headers("standard", b"{}"), "x-gitlab-event-uuid": "x"}
    assert await key_of("gitlab", headers, b"{}", standard_key()) == "standard:msg_1"
    assert await key_of("gitlab", {"webhook-id": "x", "webhook-signature": "x"}, b"{}") == "gitlab:d-1"
