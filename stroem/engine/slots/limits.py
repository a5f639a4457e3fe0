"""Limits that a plan names, and the keys of their slots.

A key has its scope in front, so that none is that of another: `task:WORKSPACE/TASK/KEY`, `workspace:WORKSPACE/NAME`,
`trigger:WORKSPACE/NAME`, `server:NAME`.
"""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Literal

import attrs

from stroem.definitions.limit import MOST_SLOTS, SERVER_PREFIX, Limit
from stroem.definitions.workspace import Definitions
from stroem.engine.changes import SlotRequest
from stroem.engine.graph import Graph
from stroem.engine.plan import TaskPlan
from stroem.engine.values.state import JobState
from stroem.errors import NotRunnable
from stroem.interfaces.nodes import ROOT

SCOPES = ("task:", "workspace:", "trigger:", "server:")
_LONGEST_KEY = 200


def limit_key(workspace: str, name: str) -> str:
    """The key of a named limit."""
    if name.startswith(SERVER_PREFIX):
        return f"server:{name.removeprefix(SERVER_PREFIX)}"
    return f"workspace:{workspace}/{name}"


def concurrency_key(workspace: str, task: str, rendered: str) -> str:
    """The key of a task's concurrency. A long rendered one is shortened, with a digest."""
    if len(rendered) > _LONGEST_KEY:
        digest = hashlib.sha256(rendered.encode(errors="replace")).hexdigest()
        rendered = f"{rendered[: _LONGEST_KEY - 17]}~{digest[:16]}"
    return f"task:{workspace}/{task}/{rendered}"


def trigger_key(workspace: str, name: str) -> str:
    """The key of the jobs of a trigger."""
    return f"trigger:{workspace}/{name}"


def named_limits(task: str, own: Iterable[str], drawn: Graph, definitions: Definitions) -> dict[str, Limit]:
    """The limits of the workspace that a task and its nodes name. Raises NotRunnable for an unknown one."""
    names = {*own, *(name for node in drawn.nodes for name in node.limits)}
    found: dict[str, Limit] = {}
    for name in sorted(names):
        if name in definitions.limits:
            found[name] = definitions.limits[name]
        elif not name.startswith(SERVER_PREFIX):
            raise NotRunnable(task=task, reason=f"names the limit {name!r}, which this workspace does not define")
    return found


def held_keys(plan: TaskPlan, job: JobState, node: int) -> frozenset[str]:
    """The keys of the slots that the job of a node, the scopes around it and their ancestors have."""
    found = {*job.shared, *(slot.key for slot in job.slots)}
    at = node
    while at != ROOT:
        found.update(limit_key(job.workspace, name) for name in plan.node(at).limits)
        at = plan.node(at).parent
    return frozenset(found)


def requests_of(plan: TaskPlan, job: JobState, step: int, node: int) -> Iterator[SlotRequest]:
    """The requests of a step for its named limits, in their order. What is held around it is shared."""
    parent = plan.node(node).parent
    around = held_keys(plan, job, parent)
    for name in sorted(plan.node(node).limits):
        key = limit_key(job.workspace, name)
        if key not in around:
            yield request(step, key, plan.limits.get(name))


def request(step: int, key: str, limit: Limit | None) -> SlotRequest:
    """The request for a slot of a named limit; without the limit, the size is that which is stored."""
    if limit is None:
        return SlotRequest(step=step, key=key, size=None)
    return SlotRequest(step=step, key=key, size=limit.max or MOST_SLOTS, rate=limit.rate)


@attrs.frozen(kw_only=True)
class KeyPlace:
    """The place of a key: its scope, the name of the limit, task or trigger, and of a task's key what was rendered."""

    scope: Literal["task", "workspace", "trigger", "server"]
    name: str
    key: str = ""


def place_of(key: str, workspace: str | None = None) -> KeyPlace | None:
    """The place of a key, whose workspace may be given; None for a key that is not scoped."""
    scope, _, rest = key.partition(":")
    if scope == "server":
        return KeyPlace(scope="server", name=rest)
    if scope not in ("task", "workspace", "trigger"):
        return None
    inner = rest.partition("/")[2] if workspace is None else rest.removeprefix(f"{workspace}/")
    if scope != "task":
        return KeyPlace(scope="trigger" if scope == "trigger" else "workspace", name=inner)
    name, _, rendered = inner.partition("/")
    return KeyPlace(scope="task", name=name, key=rendered)


def limit_of(place: KeyPlace | None, definitions: Definitions) -> Limit | None:
    """The limit of a key of a workspace. None if it is limited no more."""
    if place is not None and place.scope == "trigger":
        return Limit(max=1)
    if place is not None and place.scope == "workspace":
        return definitions.limits.get(place.name)
    task = None if place is None else definitions.tasks.get(place.name)
    return None if task is None or task.concurrency is None else Limit(max=task.concurrency.limit)


def limit_noun(key: str) -> str:
    """The limit of a key, as people know it."""
    place = place_of(key)
    if place is None:
        return repr(key)
    if place.scope == "task":
        of = f" with the key {place.key!r}" if place.key else ""
        return f"the concurrency of task {place.name!r}{of}"
    if place.scope == "trigger":
        return f"the concurrency of trigger {place.name!r}"
    return f"the limit {place.name!r}" + (" of the server" if place.scope == "server" else "")
