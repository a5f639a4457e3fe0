"""Marks of attempts as labels of their containers, or as names of those that were made before their attempt."""

import re
import secrets
import time
import uuid
from collections.abc import Mapping
from typing import Any

from stroem.interfaces.runner import StepMark

INSTALLATION = "stroem.installation"
OWNER = "stroem.pool_folder"
"""The label of a container that is kept ready: its worker's own folder, which no other worker uses."""

START_SECS = 60
"""Seconds within which a container starts after it was made, unless its worker is gone."""

_MARK = "stroem.mark"
_MEMBER = "stroem-pool-"
_NAME = re.compile(r"stroem-([0-9a-f]{32})-(\d+)-(\d+)-[0-9a-f]+")


def labels_of(mark: StepMark) -> Mapping[str, str]:
    """The labels of a container with this mark."""
    return {INSTALLATION: mark.installation, _MARK: f"{mark.job_id}/{mark.step_id}/{mark.attempt}"}


def name_of(mark: StepMark | None, job_id: uuid.UUID) -> str:
    """A name of a container; with a mark it tells the mark, for one whose labels are older than its step."""
    known = job_id.hex[:8] if mark is None else f"{mark.job_id.hex}-{mark.step_id}-{mark.attempt}"
    return f"stroem-{known}-{secrets.token_hex(8)}"


def member_name() -> str:
    """A name for a container that no step has yet."""
    return f"{_MEMBER}{secrets.token_hex(8)}"


def is_member(listed: Mapping[str, Any]) -> bool:
    """Whether a listed container was made before its step, and has none."""
    return first_name(listed).startswith(_MEMBER)


def is_spent(listed: Mapping[str, Any]) -> bool:
    """Whether a listed container was kept ready for steps and serves none any more: its agent ended with its worker."""
    is_left = listed["State"] == "created" and listed["Created"] < time.time() - START_SECS
    return is_member(listed) and (is_left or listed["State"] in ("exited", "dead"))


def mark_of(listed: Mapping[str, Any]) -> StepMark | None:
    """The mark of a listed container; None for one that has none as this plugin writes it."""
    labels: Mapping[str, str] = listed["Labels"]
    named = _NAME.fullmatch(first_name(listed))
    try:
        job, step, attempt = named.groups() if named else labels[_MARK].split("/")
        return StepMark(
            installation=labels[INSTALLATION], job_id=uuid.UUID(job), step_id=int(step), attempt=int(attempt)
        )
    except (KeyError, ValueError):
        return None


def first_name(listed: Mapping[str, Any]) -> str:
    """The name of a listed container, which has one unless it is just being removed."""
    return next((str(name).lstrip("/") for name in listed.get("Names") or ()), "")
