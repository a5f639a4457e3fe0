"""Roles: named sets of verbs."""

from collections.abc import Mapping

from stroem.rights.verbs import VERBS, Verb

_READ: frozenset[Verb] = frozenset(
    {
        "artifact.read",
        "cache.read",
        "event.read",
        "hook.read",
        "job.read",
        "library.read",
        "logs.read",
        "output.read",
        "plugin.read",
        "queue.read",
        "source.read",
        "state.read",
        "task.read",
        "trigger.read",
        "worker.read",
        "workspace.read",
    }
)
_OPERATE: frozenset[Verb] = frozenset(
    {
        "hook.redeliver",
        "job.cancel",
        "job.pause",
        "job.run",
        "job.signal",
        "trigger.fire",
        "trigger.pause",
        "trigger.retry",
    }
)
_STEER: frozenset[Verb] = frozenset(
    {
        "cache.clear",
        "library.sync",
        "secret.read",
        "secret.write",
        "state.write",
        "workspace.approve",
        "workspace.pin",
        "workspace.rollback",
        "workspace.suspend",
        "workspace.sync",
    }
)
ROLES: Mapping[str, frozenset[Verb]] = {
    "viewer": _READ,
    "operator": _READ | _OPERATE,
    "approver": _READ | {"job.approve"},
    "editor": _READ | _OPERATE | _STEER | {"job.approve"},
    "admin": frozenset(VERBS),
}
"""The roles that every server has."""
