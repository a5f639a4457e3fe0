"""Token with which one attempt of a step calls the API. The server signs it, in the claim."""

import hashlib
import hmac
import uuid

import attrs

from stroem.protocol.signed_fields import sign_fields, signed_fields

API_TOKEN = "strs_"  # noqa: S105 (how such tokens begin)


@attrs.frozen(kw_only=True)
class ApiGrant:
    """The right of an attempt to `verbs` in a workspace, as long as it runs. `step_name` is its path."""

    workspace: str
    job_id: uuid.UUID
    step_id: int
    attempt: int
    step_name: str
    verbs: tuple[str, ...]


def api_secret(server_key: bytes) -> bytes:
    """The secret with which a server signs such tokens."""
    return hmac.digest(server_key, b"stroem step api token", hashlib.sha256)


def sign_api_token(grant: ApiGrant, secret: bytes) -> str:
    """The token of a grant."""
    fields = [grant.workspace, str(grant.job_id), grant.step_id, grant.attempt, grant.step_name, list(grant.verbs)]
    return sign_fields(API_TOKEN, fields, secret)


def api_grant_of(token: str, secret: bytes) -> ApiGrant | None:
    """The grant in a token; None if this server has not signed it."""
    fields = signed_fields(API_TOKEN, token, secret)
    if fields is None:
        return None
    workspace, job_id, step_id, attempt, step_name, verbs = fields
    return ApiGrant(
        workspace=workspace,
        job_id=uuid.UUID(job_id),
        step_id=step_id,
        attempt=attempt,
        step_name=step_name,
        verbs=tuple(verbs),
    )
