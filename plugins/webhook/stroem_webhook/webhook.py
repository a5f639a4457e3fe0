"""Webhooks: triggers that answer HTTP requests."""

import re
import uuid
from collections.abc import Iterator, Sequence
from typing import Annotated, ClassVar, Literal

import attrs

from stroem.conversion.constraints import Length, Range
from stroem.definitions.limit import parse_rate
from stroem.definitions.trigger_options import EVENT_TEMPLATE, SECRET
from stroem.definitions.values import Json
from stroem.forges.webhook_signature import same_text
from stroem.interfaces.triggers.http_trigger import Delivery, HookRefused, HookReply, HookRequest, HttpTrigger, Respond
from stroem.interfaces.triggers.trigger_type import Fire, OptionFault
from stroem_webhook import faults
from stroem_webhook.bodies import read_body
from stroem_webhook.delivery_ids import delivery_id, signed_delivery_id
from stroem_webhook.handshakes import handshake_reply, is_challenge
from stroem_webhook.hidden import ALWAYS, QUERY_SECRETS, storable_texts, without_paths, without_values
from stroem_webhook.json_web_tokens import check_token, check_token_head
from stroem_webhook.networks import check_address
from stroem_webhook.options import Basic, Jwt, MtlsHeader, Redact, Sender, Signature
from stroem_webhook.secrets import bearer_of, check_basic, check_client_certificate, check_shared_secret
from stroem_webhook.signatures import check_signature, check_signature_head, has_signed_form

NAME = re.compile(r"[A-Za-z0-9_-]{1,128}", re.ASCII)


@attrs.frozen(kw_only=True)
class WebhookTrigger(HttpTrigger):
    """A webhook. Requests to `/hooks/NAME` start jobs with the inputs `body`, `headers`, `method` and `query`.

    With `mode: sync` the answer comes at the end of the job, or after `timeout_secs`. Each check that is set must pass:
    `secret`, `signature`, `jwt`, `basic`, `mtls_header`, `allow_from`. With a `signature`, `secret` is its key.
    """

    name: ClassVar[str] = "webhook"
    facts: ClassVar[frozenset[str]] = frozenset({"hook", "delivery_id", "received_at"})
    source_type: ClassVar[str] = "webhook"
    roots: ClassVar[frozenset[str]] = frozenset({"trigger", "body", "headers", "method", "query"})
    gives: ClassVar[frozenset[str]] = frozenset({"body", "headers", "method", "query"})

    name_: Annotated[str, Length(at_least=1)]
    mode: Literal["async", "sync"] = "async"
    timeout_secs: Annotated[int, Range(at_least=1, at_most=300)] = 30
    secret: str | None = attrs.field(default=None, repr=False, metadata=SECRET)
    secrets: tuple[str, ...] = attrs.field(default=(), repr=False, metadata=SECRET)
    signature: Sender | Signature | None = None
    jwt: Jwt | None = None
    basic: Basic | None = None
    mtls_header: MtlsHeader | None = None
    allow_from: tuple[str, ...] = ()
    dedup: str | None = attrs.field(default=None, metadata=EVENT_TEMPLATE)
    redact: Redact = attrs.Factory(Redact)
    rate_limit: str | None = None
    respond: Respond | None = None

    @property
    def hook_name(self) -> str:
        """The name in the path."""
        return self.name_

    @property
    def wait_secs(self) -> int | None:
        """`timeout_secs` of a synchronous webhook."""
        return self.timeout_secs if self.mode == "sync" else None

    @property
    def rate(self) -> str | None:
        """`rate_limit`."""
        return self.rate_limit

    @property
    def dedup_key(self) -> str | None:
        """`dedup`."""
        return self.dedup

    @property
    def response(self) -> Respond | None:
        """`respond`."""
        return self.respond

    def faults(self) -> Iterator[OptionFault]:
        """Faults of names, networks, rates, and combinations of checks."""
        if not NAME.fullmatch(self.name_):
            message, hint = f"{self.name_!r} is no name of a webhook", "write at most 128 letters, digits, - and _"
            yield OptionFault(path=("name",), message=message, hint=hint, code="invalid-name")
        if self.rate_limit is not None and parse_rate(self.rate_limit) is None:
            hint = "write a rate like `60 per minute` or `100 per 1h`"
            yield OptionFault(path=("rate_limit",), message=f"{self.rate_limit!r} is no rate", hint=hint)
        yield from faults.of_networks(self.allow_from)
        yield from faults.of_authorization(
            has_token=self.jwt is not None and self.jwt.header.lower() == "authorization",
            has_password=self.basic is not None,
        )
        if self._signed is not None:
            has_secret = self.secret is not None or bool(self.secrets)
            yield from faults.of_signature(self._signed, has_secret=has_secret)
        if self.jwt is not None:
            yield from faults.of_jwt(self.jwt)
        if self.mtls_header is not None:
            yield from faults.of_certificate(self.mtls_header)
        if self.respond is not None:
            yield from faults.of_respond(self.respond, is_sync=self.mode == "sync")

    def check_head(self, request: HookRequest) -> None:
        """Checks everything that needs no body. Raises `HookRefused`."""
        self._check_outside(request)
        if self.jwt is not None:
            check_token_head(self.jwt, request)
        if self._is_subscription(request):
            return
        if self._signed is not None:
            check_signature_head(self._signed, request)
        elif self._is_shared:
            check_shared_secret(self._shared, request)

    async def authenticate(self, request: HookRequest) -> None:
        """Checks everything that is set. Raises `HookRefused`."""
        self.check_head(request)
        if self.jwt is not None:
            await check_token(self.jwt, request)
        if self._signed is not None and not self._is_subscription(request):
            check_signature(self._signed, self._keys, request)

    def parse(self, request: HookRequest) -> Delivery | HookReply:
        """Answers a handshake, and reads other requests. Raises `HookRefused`."""
        body = read_body(request)
        if (reply := handshake_reply(request, body.value)) is not None:
            return reply
        query = {name: text for name, text in request.query.items() if name not in QUERY_SECRETS}
        headers = without_values(request.headers, self._hidden_headers)
        shown_query = without_values(query, self.redact.query)
        kept: dict[str, Json] = {
            "body": without_paths(body.value, self.redact.body),
            "headers": headers,
            "method": request.method,
            "query": shown_query,
        }
        sent_id = self._delivery_id(request)
        about = {"hook": self.name_, "delivery_id": sent_id, "received_at": request.at.isoformat()}
        return Delivery(
            fire=Fire(key=sent_id or str(uuid.uuid4()), input=kept, context={**kept, "trigger": about}),
            unredacted={
                **kept,
                "body": body.value,
                "headers": storable_texts(request.headers),
                "query": storable_texts(query),
                "trigger": about,
            },
            is_keyed=sent_id is not None,
            headers=headers,
            query=shown_query,
            files=body.files,
        )

    async def check_reader(self, request: HookRequest) -> None:
        """Checks a request for the status of a job.

        With a `signature`, it is signed like a request with an empty body, or has the secret as a bearer token.
        """
        self._check_outside(request)
        if self.jwt is not None:
            await check_token(self.jwt, request)
        if self._signed is not None:
            bearer = bearer_of(request)
            if bearer is None or not any(same_text(bearer, secret) for secret in self._keys):
                check_signature(self._signed, self._keys, request)
        elif self._is_shared:
            check_shared_secret(self._shared, request)

    def _check_outside(self, request: HookRequest) -> None:
        """Checks address, certificate and password."""
        if self.allow_from:
            check_address(self.allow_from, request)
        if self.mtls_header is not None:
            check_client_certificate(self.mtls_header, request)
        if self.basic is not None:
            check_basic(self.basic, request)

    def _is_subscription(self, request: HookRequest) -> bool:
        """Whether the request is Meta's verification of the address, which brings the secret instead of a signature."""
        token = request.query.get("hub.verify_token")
        if request.method != "GET" or request.query.get("hub.mode") != "subscribe" or not token:
            return False
        secrets = self._keys if self._signed is not None else self._shared
        if not any(same_text(token, secret) for secret in secrets):
            raise HookRefused("hub.verify_token is not the secret")
        if not is_challenge(request.query.get("hub.challenge")):
            told = "hub.challenge is missing, or longer than 1,000 characters"
            raise HookRefused(told, status=400, told=told)
        return True

    def _delivery_id(self, request: HookRequest) -> str | None:
        """The id of the sender; with a `signature`, the one that is signed, if its scheme signs one."""
        if self._signed is None:
            return delivery_id(request)
        sender: str = self._signed.type
        if sender == "gitlab" and has_signed_form(self._keys, request):
            sender = "standard"
        return signed_delivery_id(sender, request)

    @property
    def _hidden_headers(self) -> frozenset[str]:
        """Names of the headers that are not stored, in lower case."""
        signed, token = self._signed, self.jwt
        own = [signed.header if signed else None, token.header if token else None, *self.redact.headers]
        return ALWAYS | {name.lower() for name in own if name}

    @property
    def _signed(self) -> Signature | None:
        """`signature`, of which the name of a sender is the short form."""
        return Signature(type=self.signature) if isinstance(self.signature, str) else self.signature

    @property
    def _is_shared(self) -> bool:
        return self.secret is not None or bool(self.secrets)

    @property
    def _shared(self) -> Sequence[str]:
        """The secrets of the webhook; an empty one, as of a template without a value, fits nothing."""
        return [secret for secret in (self.secret, *self.secrets) if secret]

    @property
    def _keys(self) -> Sequence[str]:
        """The keys of the signature."""
        own = (self._signed.secret, *self._signed.secrets) if self._signed else ()
        return [secret for secret in own if secret] or self._shared
