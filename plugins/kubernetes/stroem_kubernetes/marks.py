"""Names and labels of the pods of steps."""

import re
import secrets
import uuid
from collections.abc import Mapping

from stroem.interfaces.runner import StepMark, StepOrder

INSTALLATION = "stroem.installation"
RUNNER = "stroem.runner"
"""The label with the id of the runner that watches the pod."""

VOLUME = "stroem.volume"
"""The label with the id of the folder that the steps of a job share."""

CLAIM_PREFIX = "stroem-job-"
_MARK = "stroem.mark"
_LONGEST = 63


def pod_name(order: StepOrder) -> str:
    """A name by job, step and attempt, which no other pod has."""
    slug = re.sub(r"[^a-z0-9]+", "-", f"{order.task}-{order.step}".lower()).strip("-")
    start, end = f"stroem-{order.job_id.hex[:8]}", f"{order.attempt}-{secrets.token_hex(3)}"
    room = _LONGEST - len(start) - len(end) - 2
    return "-".join(part for part in (start, slug[:room].strip("-"), end) if part)


def claim_name(volume: uuid.UUID) -> str:
    """The name of the claim of storage for the folder of a job."""
    return f"{CLAIM_PREFIX}{volume}"


def labels_of(order: StepOrder, runner_id: str) -> Mapping[str, str]:
    """The labels of a step's pod."""
    return {
        RUNNER: runner_id,
        "stroem.job": str(order.job_id),
        "stroem.task": label_value(order.task),
        "stroem.step": label_value(order.step),
        "stroem.workspace": label_value(order.workspace),
        "stroem.attempt": str(order.attempt),
        **({} if order.volume is None else {VOLUME: str(order.volume)}),
        **(_mark_labels(order.mark) if order.mark else {}),
    }


def annotations_of(order: StepOrder) -> Mapping[str, str]:
    """The names as they are: labels take few characters."""
    return {"stroem.task": order.task, "stroem.step": order.step, "stroem.workspace": order.workspace}


def selector_of(mark: StepMark) -> str:
    """The selector that finds the pods with this mark."""
    return ",".join(f"{name}={value}" for name, value in _mark_labels(mark).items())


def mark_of(labels: Mapping[str, str]) -> StepMark | None:
    """The mark in a pod's labels; None for one that is not as this plugin writes it."""
    try:
        job, step, attempt = labels[_MARK].split(".")
        return StepMark(
            installation=labels[INSTALLATION], job_id=uuid.UUID(job), step_id=int(step), attempt=int(attempt)
        )
    except (KeyError, ValueError):
        return None


def label_value(text: str) -> str:
    """A text as a label takes it."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", text)[:_LONGEST].strip("_.-")


def _mark_labels(mark: StepMark) -> Mapping[str, str]:
    return {INSTALLATION: mark.installation, _MARK: f"{mark.job_id}.{mark.step_id}.{mark.attempt}"}
