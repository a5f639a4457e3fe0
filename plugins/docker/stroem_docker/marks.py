"""Marks of attempts as labels of their containers."""

import uuid
from collections.abc import Mapping

from stroem.interfaces.runner import StepMark

INSTALLATION = "stroem.installation"
_MARK = "stroem.mark"


def labels_of(mark: StepMark) -> Mapping[str, str]:
    """The labels of a container with this mark."""
    return {INSTALLATION: mark.installation, _MARK: f"{mark.job_id}/{mark.step_id}/{mark.attempt}"}


def filter_of(mark: StepMark) -> list[str]:
    """The filter of labels that finds the containers with this mark."""
    return [f"{name}={value}" for name, value in labels_of(mark).items()]


def mark_of(labels: Mapping[str, str]) -> StepMark | None:
    """The mark in a container's labels; None for one that is not as this plugin writes it."""
    try:
        job, step, attempt = labels[_MARK].split("/")
        return StepMark(
            installation=labels[INSTALLATION], job_id=uuid.UUID(job), step_id=int(step), attempt=int(attempt)
        )
    except (KeyError, ValueError):
        return None
