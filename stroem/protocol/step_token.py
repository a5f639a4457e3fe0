"""Token with which one attempt of a step fetches its files and sends back what it has made, and nothing else.

The server signs it, in the claim. Workers sign it with the shared token if a server of an older version does not.
"""

import hashlib
import hmac
import uuid

import attrs

from stroem.protocol.signed_fields import sign_fields, signed_fields

PREFIX = "step."


@attrs.frozen(kw_only=True)
class StepGrant:
    """The right of an attempt to the files that `revision` names and to the state of `task`, as long as it runs."""

    workspace: str
    revision: str
    task: str = ""
    job_id: uuid.UUID
    step_id: int
    attempt: int


def grant_secret(server_key: bytes) -> bytes:
    """The secret with which a server signs grants."""
    return hmac.digest(server_key, b"stroem step grant", hashlib.sha256)


def sign(grant: StepGrant, secret: bytes) -> str:
    """The token of a grant. It does not tell the secret: the server's, or the shared token of older workers."""
    fields = [grant.workspace, grant.revision, str(grant.job_id), grant.step_id, grant.attempt, grant.task]
    return sign_fields(PREFIX, fields, secret)


def grant_of(token: str, secret: bytes) -> StepGrant | None:
    """The grant in a token; None if it is not signed with this secret."""
    fields = signed_fields(PREFIX, token, secret)
    if fields is None:
        return None
    workspace, revision, job_id, step_id, attempt, *task = fields
    return StepGrant(
        workspace=workspace,
        revision=revision,
        task=task[0] if task else "",  # older workers name none
        job_id=uuid.UUID(job_id),
        step_id=step_id,
        attempt=attempt,
    )
