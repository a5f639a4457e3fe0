"""Webhooks: secrets, passwords, certificates, networks, ids, hidden parts, handshakes, faults."""

import base64
from typing import Any

import attrs
import pytest

from stroem.conversion.mistake import Mistakes
from stroem.conversion.record import Record
from stroem.interfaces.triggers.http_trigger import Delivery, HookRefused, HookReply, HookRequest, Respond
from stroem.registry.registry import load_plugins
from stroem.testing.http_trigger_conformance import SECRET, HttpTriggerConformance, hook_request
from stroem_webhook.options import Basic, Jwt, MtlsHeader, Redact, Signature
from stroem_webhook.webhook import WebhookTrigger

JSON = {"content-type": "application/json"}
BEARER = {"authorization": f"Bearer {SECRET}"}


def webhook(**options: Any) -> WebhookTrigger:
    return WebhookTrigger(name_="w", **options)


async def delivery(trigger: WebhookTrigger, request: HookRequest) -> Delivery:
    found = await trigger.read(request)
    assert isinstance(found, Delivery)
    return found


class TestSecretInQuery(HttpTriggerConformance):
    def trigger(self) -> WebhookTrigger:
        return webhook(secret=SECRET)

    def request(self, body: bytes = b'{"a": 1}', method: str = "POST") -> HookRequest:
        return hook_request(method=method, headers=JSON, query={"secret": SECRET, "k": "v"}, body=body)


class TestBearer(TestSecretInQuery):
    def request(self, body: bytes = b'{"a": 1}', method: str = "POST") -> HookRequest:
        return hook_request(method=method, headers={**JSON, **BEARER}, body=body)


class TestBasic(TestSecretInQuery):
    def trigger(self) -> WebhookTrigger:
        return webhook(basic=Basic(user="ada", password=SECRET))

    def request(self, body: bytes = b'{"a": 1}', method: str = "POST") -> HookRequest:
        encoded = base64.b64encode(f"ada:{SECRET}".encode()).decode()
        return hook_request(headers={**JSON, "authorization": f"Basic {encoded}"}, body=body)


class TestOpen(TestSecretInQuery):
    has_check = False

    def trigger(self) -> WebhookTrigger:
        return webhook()


async def test_the_input_of_the_contract() -> None:
    request = hook_request(
        headers={"content-type": "application/json; charset=utf-8", **BEARER, "x-a": "1", "cookie": "c"},
        query={"secret": SECRET, "k": "v"},
        body=b'{"a": [1, null]}',
    )
    found = await delivery(webhook(secret=SECRET), request)
    assert found.fire.input == {
        "body": {"a": [1, None]},
        "headers": {
            "content-type": "application/json; charset=utf-8",
            "authorization": "••••••",
            "x-a": "1",
            "cookie": "••••••",
        },
        "method": "POST",
        "query": {"k": "v"},
    }


async def test_a_get_has_no_body() -> None:
    found = await delivery(webhook(), hook_request(method="GET", headers=JSON, body=b"{}"))
    assert (found.fire.input["body"], found.fire.input["method"]) == (None, "GET")


@pytest.mark.parametrize("secret", ["", SECRET + "x", SECRET[:-1]])
async def test_another_secret_is_refused(secret: str) -> None:
    for request in (
        hook_request(query={"secret": secret}),
        hook_request(headers={"authorization": f"Bearer {secret}"}),
    ):
        with pytest.raises(HookRefused) as caught:
            webhook(secret=SECRET).check_head(request)
        assert (caught.value.status, caught.value.told) == (401, "Invalid or missing secret")


async def test_a_secret_that_is_empty_fits_nothing() -> None:
    for trigger in (webhook(secret=""), webhook(secrets=("", ""))):
        with pytest.raises(HookRefused):
            await trigger.read(hook_request(query={"secret": ""}))
        with pytest.raises(HookRefused):
            await trigger.read(hook_request())


@pytest.mark.parametrize("user", ["u", ""])
async def test_a_password_that_is_empty_fits_nothing(user: str) -> None:
    encoded = base64.b64encode(f"{user}:".encode()).decode()
    with pytest.raises(HookRefused):
        await webhook(basic=Basic(user=user, password="")).read(
            hook_request(headers={"authorization": f"Basic {encoded}"})
        )


async def test_a_fingerprint_that_is_empty_fits_nothing() -> None:
    trigger = webhook(mtls_header=MtlsHeader(header="X-Client-Fingerprint", fingerprint=""))
    with pytest.raises(HookRefused):
        trigger.check_head(attrs.evolve(hook_request(headers={"x-client-fingerprint": ":"}), is_proxied=True))


@pytest.mark.parametrize(
    ("remote", "is_allowed"),
    [
        ("192.0.2.77", True),
        ("::ffff:192.0.2.77", True),
        ("2001:db8::1", True),
        ("198.51.100.1", False),
        ("2001:db9::1", False),
        ("unknown", False),
        ("", False),
    ],
)
async def test_networks(remote: str, is_allowed: bool) -> None:
    trigger = webhook(allow_from=("192.0.2.0/24", "2001:db8::/32"))
    request = attrs.evolve(hook_request(), remote=remote)
    if is_allowed:
        await delivery(trigger, request)
        return
    with pytest.raises(HookRefused) as caught:
        trigger.check_head(request)
    assert caught.value.status == 403


async def test_a_client_certificate_counts_only_behind_a_trusted_proxy() -> None:
    trigger = webhook(mtls_header=MtlsHeader(header="X-Client-Fingerprint", fingerprint="AB:CD:01"))
    request = hook_request(headers={"x-client-fingerprint": "abcd01"})
    await delivery(trigger, attrs.evolve(request, is_proxied=True))
    for refused in (request, attrs.evolve(request, is_proxied=True, headers={"x-client-fingerprint": "ffff"})):
        with pytest.raises(HookRefused):
            trigger.check_head(refused)
    trigger = webhook(mtls_header=MtlsHeader(header="X-Subject", subject="CN=deploy"))
    await delivery(trigger, attrs.evolve(hook_request(headers={"x-subject": "CN=deploy"}), is_proxied=True))
    with pytest.raises(HookRefused):
        trigger.check_head(attrs.evolve(hook_request(headers={"x-subject": ""}), is_proxied=True))


@pytest.mark.parametrize(
    ("headers", "body", "key"),
    [
        ({"x-github-delivery": "72d3162e"}, b"", "github:72d3162e"),
        ({"x-gitlab-event-uuid": "u"}, b"", "gitlab:u"),
        ({"x-gitea-delivery": "u", "x-github-delivery": "u"}, b"", "github:u"),
        ({"x-shopify-webhook-id": "u"}, b"", "shopify:u"),
        ({"x-request-uuid": "u"}, b"", "bitbucket:u"),
        ({"webhook-id": "u"}, b"", "standard:u"),
        ({**JSON, "stripe-signature": "t=1"}, b'{"id": "evt_1"}', "stripe:evt_1"),
        ({**JSON, "x-slack-signature": "v0=1"}, b'{"event_id": "Ev1"}', "slack:Ev1"),
        (JSON, b'{"id": "evt_1"}', None),
        ({"x-github-delivery": ""}, b"", None),
        ({"x-github-delivery": "u" * 201}, b"", None),
    ],
)
async def test_ids_of_senders(headers: dict[str, str], body: bytes, key: str | None) -> None:
    found = await delivery(webhook(), hook_request(headers=headers, body=body))
    assert found.is_keyed == (key is not None)
    if key is not None:
        assert found.fire.key == key


async def test_parts_that_are_hidden() -> None:
    redact = Redact(headers=("X-Api-Key",), query=("token",), body=("user.email", "items.*.card", "none.at.all"))
    body = b'{"user": {"email": "a@b", "id": 1}, "items": [{"card": 4111, "n": 1}, {"card": [1]}], "none": 1}'
    request = hook_request(headers={**JSON, "x-api-key": "k"}, query={"token": "t", "k": "v"}, body=body)
    found = await delivery(webhook(redact=redact), request)
    dots = "••••••"
    assert found.fire.input["body"] == {
        "user": {"email": dots, "id": 1},
        "items": [{"card": dots, "n": 1}, {"card": dots}],
        "none": 1,
    }
    assert found.headers["x-api-key"] == dots
    assert found.query == {"token": dots, "k": "v"}


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (
            hook_request(headers=JSON, body=b'{"type": "url_verification", "challenge": "c", "token": "t"}'),
            b'{"challenge":"c"}',
        ),
        (hook_request(headers={**JSON, "x-github-event": "ping"}, body=b'{"zen": "z"}'), b'{"ok":true}'),
        (hook_request(headers={**JSON, "x-event-key": "diagnostics:ping"}, body=b"{}"), b'{"ok":true}'),
        (hook_request(method="GET", query={"hub.mode": "subscribe", "hub.challenge": "11"}), b"11"),
    ],
)
async def test_handshakes_are_answered_without_a_job(request_: HookRequest, answer: bytes) -> None:
    reply = await webhook().read(request_)
    assert isinstance(reply, HookReply)
    assert (reply.status, reply.body) == (200, answer)
    with pytest.raises(HookRefused):
        await webhook(signature="github", secret=SECRET).read(request_)


@pytest.mark.parametrize("signature", ["github", None])
async def test_a_subscription_brings_the_secret(signature: Any) -> None:
    trigger = webhook(signature=signature, secret=SECRET)
    query = {"hub.mode": "subscribe", "hub.challenge": "11", "hub.verify_token": SECRET}
    assert isinstance(await trigger.read(hook_request(method="GET", query=query)), HookReply)
    for changed in ({"hub.verify_token": "x"}, {"hub.mode": "other"}):
        with pytest.raises(HookRefused):
            await trigger.read(hook_request(method="GET", query={**query, **changed}))
    with pytest.raises(HookRefused):
        await trigger.read(hook_request(method="POST", query=query))


@pytest.mark.parametrize("signature", ["github", None])
@pytest.mark.parametrize("challenge", [{}, {"hub.challenge": ""}, {"hub.challenge": "1" * 1001}])
async def test_a_subscription_without_a_challenge_is_refused(signature: Any, challenge: dict[str, str]) -> None:
    trigger = webhook(signature=signature, secret=SECRET)
    query = {"hub.mode": "subscribe", "hub.verify_token": SECRET, **challenge}
    with pytest.raises(HookRefused) as caught:
        await trigger.read(hook_request(method="GET", query=query))
    assert caught.value.status == 400


async def test_no_verify_token_is_kept() -> None:
    query = {"hub.verify_token": SECRET, "secret": SECRET, "k": "v"}
    assert (await delivery(webhook(secret=SECRET), hook_request(query=query))).fire.input["query"] == {"k": "v"}


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"name_": "a/b"}, ("name",)),
        ({"rate_limit": "often"}, ("rate_limit",)),
        ({"allow_from": ("192.0.2.0/24", "x")}, ("allow_from", 1)),
        ({"signature": "github"}, ("signature",)),
        ({"signature": Signature(type="github", header="x"), "secret": SECRET}, ("signature", "header")),
        ({"signature": Signature(type="generic"), "secret": SECRET}, ("signature",)),
        ({"signature": Signature(type="generic", header="x", signed="a"), "secret": SECRET}, ("signature", "signed")),
        (
            {"signature": Signature(type="generic", header="x", signed="{timestamp}{body}"), "secret": SECRET},
            ("signature", "signed"),
        ),
        ({"jwt": Jwt(issuer="i")}, ("jwt",)),
        ({"jwt": Jwt(jwks_url="http://x/keys", issuer="i")}, ("jwt", "jwks_url")),
        ({"jwt": Jwt(jwks_url="https://x/keys")}, ("jwt",)),
        ({"jwt": Jwt(secret=SECRET, algorithms=("RS256",))}, ("jwt", "algorithms", 0)),
        ({"jwt": Jwt(secret=SECRET), "basic": Basic(user="u", password="p")}, ("jwt",)),
        ({"mtls_header": MtlsHeader(header="x")}, ("mtls_header",)),
        ({"respond": Respond()}, ("respond",)),
        ({"respond": Respond(status=99), "mode": "sync"}, ("respond", "status")),
    ],
)
def test_faults(options: dict[str, Any], path: tuple[str | int, ...]) -> None:
    (fault,) = WebhookTrigger(**{"name_": "w", **options}).faults()
    assert fault.path == path


def test_options_as_yaml_has_them() -> None:
    written = {
        "name": "w",
        "signature": {"type": "generic", "header": "X-Sig", "secret": "k"},
        "respond": {"status": 201, "body": {"id": "{{ job_id }}"}},
        "redact": {"body": ["a.b"]},
        "mode": "sync",
    }
    mistakes = Mistakes()
    found = Record(WebhookTrigger).fields(written, (), mistakes)
    assert list(mistakes) == []
    assert WebhookTrigger(**found) == WebhookTrigger(
        name_="w",
        signature=Signature(type="generic", header="X-Sig", secret="k"),
        respond=Respond(status=201, body={"id": "{{ job_id }}"}),
        redact=Redact(body=("a.b",)),
        mode="sync",
    )
    assert Record(WebhookTrigger).fields({"signature": "github"}, (), mistakes) == {"signature": "github"}


def test_the_plugin_brings_the_type() -> None:
    assert load_plugins().trigger_types["webhook"] is WebhookTrigger
