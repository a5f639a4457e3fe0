"""A step as the server hands it out."""

import uuid
from collections.abc import Mapping
from typing import Any, NamedTuple

import attrs
import cattrs

from stroem.definitions.action import Action
from stroem.definitions.values import Json, is_json

LIBRARIES = "_libraries"


class ClaimUnreadable(Exception):
    """The claim is not what the protocol says. The message says where."""


_converter = cattrs.Converter()
_converter.register_structure_hook_func(is_json, lambda value, _: value)


class StepKey(NamedTuple):
    """One attempt of one step."""

    job_id: str
    step: str
    attempt: int


@attrs.frozen(kw_only=True)
class Claim:
    """One attempt of a step that this worker is to run."""

    job_id: uuid.UUID
    workspace: str
    revision: str | None
    task: str
    step: str
    attempt: int
    action_name: str
    action: Action
    input: Json
    runner: str


def key_of(document: Mapping[str, Any]) -> StepKey:
    """The attempt that a claim names. Raises `KeyError` when it names none."""
    return StepKey(str(document["job_id"]), str(document["step_name"]), int(document.get("attempt") or 0))


def parse_claim(document: Mapping[str, Any]) -> Claim:
    """Reads a claim object. Raises `ClaimUnreadable`."""
    key = key_of(document)
    try:
        return _structure(key, document)
    except cattrs.BaseValidationError as error:
        raise ClaimUnreadable(f"The claim cannot be read: {'; '.join(cattrs.transform_error(error))}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise ClaimUnreadable(f"The claim cannot be read: {error!r}") from error


def _structure(key: StepKey, document: Mapping[str, Any]) -> Claim:
    spec = {"type": document["action_type"], **(document.get("action_spec") or {})}
    if document.get("action_image") is not None:
        spec["image"] = document["action_image"]
    action = _converter.structure(spec, Action)
    runner = document.get("runner")
    return Claim(
        job_id=uuid.UUID(key.job_id),
        workspace=document["workspace"],
        revision=document.get("revision"),
        task=document.get("task_name") or "",
        step=key.step,
        attempt=key.attempt,
        action_name=document.get("action_name") or "",
        action=action,
        input=document.get("input"),
        runner=action.type if runner in (None, "none") else runner,
    )
