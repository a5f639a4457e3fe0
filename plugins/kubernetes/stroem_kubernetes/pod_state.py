"""The state of a step, read from the status of its pod."""

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from stroem.interfaces.runner import RunnerFailed, RunnerLost
from stroem_kubernetes.container import MAIN
from stroem_kubernetes.workspace import INIT

Pod = Mapping[str, Any]

_AT_ONCE = frozenset({"InvalidImageName", "ErrImageNeverPull"})
_STUCK = {
    "ErrImagePull": "the image cannot be pulled",
    "ImagePullBackOff": "the image cannot be pulled",
    "ImageInspectError": "the image cannot be used",
    "RegistryUnavailable": "the image cannot be pulled",
    "CreateContainerConfigError": "the container cannot be made",
    "CreateContainerError": "the container cannot be made",
    "RunContainerError": "the container cannot be started",
    "CrashLoopBackOff": "a sidecar ends again and again",
}
_NOT_STARTED = frozenset({"StartError", "ContainerCannotRun", "ContainerStatusUnknown"})


@attrs.frozen(kw_only=True)
class Obstacle:
    """Why the main container does not run yet. `kind` tells which bound holds; an obstacle `never` passes."""

    kind: str
    text: str

    @property
    def is_final(self) -> bool:
        return self.kind == "never"


@attrs.frozen(kw_only=True)
class Ended:
    """The end of the main container."""

    exit_code: int
    reason: str
    message: str


def has_started(pod: Pod) -> bool:
    """Whether the main container runs or has run, so that it has a log."""
    state = _state(pod, MAIN)
    return "running" in state or "terminated" in state


def end_of(pod: Pod, name: str = MAIN) -> Ended | None:
    """The end of a container, of the main one by default; None before it."""
    terminated = _state(pod, name).get("terminated")
    if terminated is None:
        return None
    return Ended(
        exit_code=int(terminated.get("exitCode", -1)),
        reason=str(terminated.get("reason") or ""),
        message=str(terminated.get("message") or "").strip(),
    )


def failure_of(pod: Pod) -> RunnerFailed | None:
    """Why the pod as a whole ends without the step's own exit code; None if it does not.

    Its last words are in the log if the main container has run.
    """
    status = pod.get("status") or {}
    reason, message = str(status.get("reason") or ""), str(status.get("message") or "").strip()
    taken = RunnerLost if has_started(pod) else RunnerFailed
    if reason == "Evicted":
        return taken(f"The pod was evicted from its node: {message or 'the node gave no reason'}")
    if disruption := _condition(pod, "DisruptionTarget"):
        why = disruption.get("message") or disruption.get("reason")
        return taken(f"The pod was taken from its node: {why}")
    if failed := _failed_init(pod):
        return RunnerFailed(failed)
    end = end_of(pod)
    if end is not None and end.reason in _NOT_STARTED:
        return RunnerFailed(f"The container cannot be started: {end.message or end.reason}")
    if end is None and status.get("phase") == "Failed":
        words = ": ".join(filter(None, (reason, message))) or "Kubernetes gave no reason"
        return taken(f"The pod failed before its container ended: {words}")
    return None


def obstacle_of(pod: Pod) -> Obstacle | None:
    """Why the main container does not run yet, as far as Kubernetes knows."""
    scheduled = _condition(pod, "PodScheduled", status="False")
    if scheduled is not None and scheduled.get("reason") == "Unschedulable":
        return Obstacle(kind="unschedulable", text=f"no node takes the pod: {scheduled.get('message')}")
    for status in _statuses(pod):
        waiting = (status.get("state") or {}).get("waiting") or {}
        reason, message = str(waiting.get("reason") or ""), str(waiting.get("message") or "").strip()
        if reason in _AT_ONCE:
            return Obstacle(kind="never", text=f"the image {status.get('image')!r} cannot be used: {message or reason}")
        if reason in _STUCK:
            named = f"{_STUCK[reason]} ({status.get('image')})"
            return Obstacle(kind="stuck", text=f"{named}: {message or reason}")
    return None


def _failed_init(pod: Pod) -> str | None:
    if has_started(pod):  # sidecars have ended with it
        return None
    for status in (pod.get("status") or {}).get("initContainerStatuses") or ():
        terminated = (status.get("state") or {}).get("terminated")
        if terminated is None or not terminated.get("exitCode"):
            continue
        words = str(terminated.get("message") or terminated.get("reason") or "").strip()
        if status.get("name") == INIT:
            return f"The files of the workspace could not be fetched: {words}"
        return f"The init container {status.get('name')!r} failed with exit code {terminated['exitCode']}: {words}"
    return None


def _state(pod: Pod, name: str) -> Mapping[str, Any]:
    for status in _statuses(pod):
        if status.get("name") == name:
            state: Mapping[str, Any] = status.get("state") or {}
            return state
    return {}


def _statuses(pod: Pod) -> Iterator[Mapping[str, Any]]:
    status = pod.get("status") or {}
    yield from status.get("initContainerStatuses") or ()
    yield from status.get("containerStatuses") or ()


def _condition(pod: Pod, kind: str, status: str = "True") -> Mapping[str, Any] | None:
    for condition in (pod.get("status") or {}).get("conditions") or ():
        if condition.get("type") == kind and condition.get("status") == status:
            found: Mapping[str, Any] = condition
            return found
    return None
