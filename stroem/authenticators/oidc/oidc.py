"""Sign-in by a provider of OpenID Connect: the code flow with PKCE."""

import asyncio
import base64
import hashlib
import hmac
import logging
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar
from urllib.parse import quote, urlencode

import attrs

from stroem.authenticators.oidc.claims import ClaimRules
from stroem.authenticators.oidc.discovery import ProviderDocument, discover
from stroem.authenticators.oidc.id_token import Expected, verify
from stroem.authenticators.oidc.signing_keys import SigningKeys
from stroem.authenticators.oidc.web_client import WebClient, is_safe_url
from stroem.conversion.constraints import Length
from stroem.conversion.text import one_line
from stroem.interfaces.authenticator import (
    Callback,
    ExternalIdentity,
    Redirect,
    RedirectAuthenticator,
    SignInRefused,
    SignInUnavailable,
)
from stroem.interfaces.options import option_error

_log = logging.getLogger(__name__)

_SCOPES = ("openid", "email", "profile")
_FIRST_PAUSE_SECS = 1.0
_LONGEST_PAUSE_SECS = 60.0
_REFRESH_SECS = 3600.0
_LONGEST_HINT = 4096
"""Longest ID token that goes into the address of a logout."""
_SHOWN = 200


@attrs.define(kw_only=True, slots=False, eq=False)
class Oidc(RedirectAuthenticator):
    """A provider of OpenID Connect.

    `issuer_url` is an address of https, or of http on loopback. `scopes` are asked for beside `openid email profile`.
    `groups_claim` names the claim with the groups of a person, or the path to it (`realm_access.roles`). With
    `trust_emails`, an address counts as verified unless the provider says that it is not. `ca_bundle` is a file with
    the authorities that certify the provider.
    """

    name: ClassVar[str] = "oidc"

    issuer_url: str
    client_id: Annotated[str, Length(at_least=1)]
    client_secret: str | None = attrs.field(default=None, repr=False)
    scopes: tuple[str, ...] = ()
    groups_claim: str | None = None
    trust_emails: bool = False
    ca_bundle: Path | None = None

    def __attrs_post_init__(self) -> None:
        if not is_safe_url(self.issuer_url, loopback=True) or "?" in self.issuer_url:
            raise option_error("issuer_url", "expected an address of https, such as https://accounts.example.org")
        if any(not scope or " " in scope or not scope.isprintable() for scope in self.scopes):
            raise option_error("scopes", "expected a list of names without spaces")
        self._client = WebClient(self.ca_bundle)
        self._rules = ClaimRules(groups_claim=self.groups_claim, trust_emails=self.trust_emails)
        self._document: ProviderDocument | None = None
        self._keys: SigningKeys | None = None
        self._problem: str | None = "the provider has not been asked yet"

    @property
    def problem(self) -> str | None:
        """Why the provider cannot be used yet."""
        return self._problem if self._document is None else None

    async def run(self) -> None:
        """Asks the provider for its addresses until it answers, and again every hour."""
        pause = _FIRST_PAUSE_SECS
        while True:
            if await self._discover():
                pause = _FIRST_PAUSE_SECS
                await asyncio.sleep(_REFRESH_SECS)
            else:
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE_SECS)

    async def begin(self, redirect_uri: str, state: str) -> Redirect:
        """The address of the provider's page."""
        document, _ = self._ready()
        nonce, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(dict.fromkeys((*_SCOPES, *self.scopes))),
            "state": state,
            "nonce": nonce,
            "code_challenge": _challenge(verifier),
            "code_challenge_method": "S256",
        }
        url = _with_query(document.authorization_endpoint, query)
        return Redirect(url=url, memory={"nonce": nonce, "verifier": verifier})

    async def finish(self, callback: Callback) -> ExternalIdentity:
        """The person whose code comes back."""
        document, keys = self._ready()
        self._check_issuer(callback.query, document)
        if error := callback.query.get("error"):
            detail = callback.query.get("error_description", "")
            raise SignInRefused(f"the provider answers {one_line(f'{error} {detail}'.strip())[:_SHOWN]!r}")
        code = callback.query.get("code")
        if not code or not code.isascii() or not code.isprintable():
            raise SignInRefused("the callback has no code")
        tokens = await self._exchange(document, code, callback)
        expected = Expected(
            issuer=document.issuer, client_id=self.client_id, nonce=callback.memory.get("nonce", secrets.token_hex())
        )
        id_token = tokens.get("id_token")
        claims = await verify(id_token, keys, expected)
        if self._rules.lacks(claims) and document.userinfo_endpoint is not None:
            claims = await self._completed(claims, document.userinfo_endpoint, tokens.get("access_token"))
        hint = id_token if isinstance(id_token, str) and len(id_token) <= _LONGEST_HINT else None
        return self._rules.identity(claims, hint)

    def logout_url(self, back: str, hint: str | None) -> str | None:
        """The provider's page of RP-initiated logout, if it has one."""
        if self._document is None or self._document.end_session_endpoint is None:
            return None
        query = {"client_id": self.client_id, "post_logout_redirect_uri": back}
        return _with_query(self._document.end_session_endpoint, query | ({"id_token_hint": hint} if hint else {}))

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.close()

    async def _discover(self) -> bool:
        try:
            document = await discover(self._client, self.issuer_url)
        except SignInUnavailable as error:
            problem = str(error)
            if problem != self._problem and self._document is None:
                _log.warning("nobody can sign in by %s yet, which is tried again: %s", self.issuer_url, problem)
            self._problem = problem
            return False
        if self._document is None:
            _log.info("people can sign in by %s", self.issuer_url)
        if self._document is None or self._document.jwks_uri != document.jwks_uri:
            self._keys = SigningKeys(self._client, document.jwks_uri)
        self._document, self._problem = document, None
        return True

    def _ready(self) -> tuple[ProviderDocument, SigningKeys]:
        if self._document is None or self._keys is None:
            raise SignInUnavailable(self._problem or "the provider has not been asked yet")
        return self._document, self._keys

    def _check_issuer(self, query: Mapping[str, str], document: ProviderDocument) -> None:
        """Raises `SignInRefused` for the answer of another provider (RFC 9207)."""
        issuer = query.get("iss")
        if (issuer is None and document.names_itself) or (issuer is not None and issuer != document.issuer):
            raise SignInRefused(f"the callback comes from another issuer: {one_line(str(issuer))[:_SHOWN]!r}")

    async def _exchange(self, document: ProviderDocument, code: str, callback: Callback) -> Mapping[str, Any]:
        """The tokens for a code."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": callback.redirect_uri,
            "code_verifier": callback.memory.get("verifier", ""),
        }
        headers = {}
        if self.client_secret is None:
            form["client_id"] = self.client_id
        elif document.takes_basic:
            both = f"{quote(self.client_id, safe='')}:{quote(self.client_secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(both.encode()).decode()}"
        else:
            form |= {"client_id": self.client_id, "client_secret": self.client_secret}
        answer = await self._client.post_form(document.token_endpoint, form, headers)
        if answer.status >= 500:
            raise SignInUnavailable(f"the provider answers the code with {answer.error!r}")
        if answer.status != 200:
            raise SignInRefused(f"the provider answers the code with {answer.error!r}")
        return answer.members

    async def _completed(self, claims: Mapping[str, Any], url: str, token: object) -> Mapping[str, Any]:
        """Claims with those of the userinfo endpoint that they lack. The address comes with its `email_verified`."""
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            return claims
        answer = await self._client.get(url, token)
        if answer.status != 200:
            raise SignInUnavailable(f"the provider's userinfo answers with {answer.error!r}")
        subject = answer.members.get("sub")
        if not isinstance(subject, str) or not hmac.compare_digest(subject.encode(), claims["sub"].encode()):
            raise SignInRefused("the provider's userinfo is that of another person")
        more = {name: value for name, value in answer.members.items() if name not in ("iss", "aud", "email_verified")}
        if "email" not in claims and "email_verified" in answer.members:
            more["email_verified"] = answer.members["email_verified"]
        own = claims if "email" in claims else {k: v for k, v in claims.items() if k != "email_verified"}
        return {**more, **own}


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _with_query(url: str, query: Mapping[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"
