"""Claims about a person, as an identity."""

from collections.abc import Mapping
from typing import Any

import attrs

from stroem.interfaces.authenticator import ExternalIdentity

_LONGEST = 320
_MOST_GROUPS = 1000


@attrs.frozen(kw_only=True)
class ClaimRules:
    """Which claims count: the one with the groups, if any, and whether addresses count without `email_verified`."""

    groups_claim: str | None = None
    trust_emails: bool = False

    def lacks(self, claims: Mapping[str, Any]) -> bool:
        """Whether claims lack the address or the groups."""
        return "email" not in claims or (self.groups_claim is not None and self._groups(claims) is None)

    def identity(self, claims: Mapping[str, Any], logout_hint: str | None) -> ExternalIdentity:
        """The identity in verified claims. A groups claim that is missing or strange means no groups."""
        email = claims.get("email")
        return ExternalIdentity(
            issuer=claims["iss"],
            subject=claims["sub"],
            email=email if isinstance(email, str) and len(email) <= _LONGEST else None,
            is_email_verified=self._is_verified(claims),
            name=next((text for name in ("name", "preferred_username") if (text := _text(claims.get(name)))), None),
            groups=None if self.groups_claim is None else self._groups(claims) or (),
            logout_hint=logout_hint,
        )

    def _is_verified(self, claims: Mapping[str, Any]) -> bool:
        """Some providers write the truth value as a text; one that says false is always believed."""
        value = claims.get("email_verified")
        return value is True or value == "true" or (value is None and self.trust_emails)

    def _groups(self, claims: Mapping[str, Any]) -> tuple[str, ...] | None:
        """The groups at the claim's name, or at its path of names with dots between them."""
        assert self.groups_claim is not None
        value: Any = claims.get(self.groups_claim)
        if value is None:
            value = claims
            for name in self.groups_claim.split("."):
                value = value.get(name) if isinstance(value, Mapping) else None
        if isinstance(value, str):
            return (value,)
        return tuple(one for one in value[:_MOST_GROUPS] if isinstance(one, str)) if isinstance(value, list) else None


def _text(value: object) -> str | None:
    return value[:_LONGEST] if isinstance(value, str) and value.strip() and value.isprintable() else None
