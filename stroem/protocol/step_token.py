"""Token with which one attempt of a step fetches its files and sends back what it has made, and nothing else."""

import base64
import binascii
import hashlib
import hmac
import uuid

import attrs
import orjson

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


def sign(grant: StepGrant, worker_token: str) -> str:
    """The token of a grant. It does not tell the workers' token."""
    fields = [grant.workspace, grant.revision, str(grant.job_id), grant.step_id, grant.attempt, grant.task]
    payload = _text(orjson.dumps(fields))
    return f"{PREFIX}{payload}.{_text(_mac(payload, worker_token))}"


def grant_of(token: str, worker_token: str) -> StepGrant | None:
    """The grant in a token; None if no worker of this installation has signed it."""
    payload, _, mac = token.removeprefix(PREFIX).partition(".")
    if not token.startswith(PREFIX) or not token.isascii():
        return None
    if not hmac.compare_digest(mac.encode(), _text(_mac(payload, worker_token)).encode()):
        return None
    try:
        workspace, revision, job_id, step_id, attempt, *task = orjson.loads(base64.urlsafe_b64decode(payload + "=="))
        return StepGrant(
            workspace=workspace,
            revision=revision,
            task=task[0] if task else "",  # older workers name none
            job_id=uuid.UUID(job_id),
            step_id=step_id,
            attempt=attempt,
        )
    except (ValueError, binascii.Error):
        return None


def _mac(payload: str, worker_token: str) -> bytes:
    key = hmac.digest(worker_token.encode(), b"stroem-step-token", hashlib.sha256)
    return hmac.digest(key, payload.encode(), hashlib.sha256)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
