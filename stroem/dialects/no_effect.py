"""Keys of workflow files without effect yet; they are read and checked."""

from collections.abc import Mapping
from typing import Final

from stroem.conversion.mistake import Mistake
from stroem.definitions.action import Action
from stroem.definitions.values import Path
from stroem.definitions.workspace import Definitions

_NO_AGENT = "no agent runs yet"

NO_EFFECT: Final[Mapping[tuple[type, str], str]] = {
    (Definitions, "mcp_servers"): "no agent calls their tools yet",
    (Action, "provider"): _NO_AGENT,
    (Action, "model"): _NO_AGENT,
    (Action, "system_prompt"): _NO_AGENT,
    (Action, "prompt"): _NO_AGENT,
    (Action, "temperature"): _NO_AGENT,
    (Action, "max_tokens"): _NO_AGENT,
    (Action, "tools"): _NO_AGENT,
    (Action, "max_turns"): _NO_AGENT,
    (Action, "interactive"): _NO_AGENT,
}
"""The behaviour instead, by class and field. Values below such a field have no effect either."""

NO_EFFECT_LOCALLY: Final[Mapping[str, str]] = {
    "workdir": "without a container, scripts run at the top of the workspace",
}
"""The behaviour instead, by field of a script that runs as a process of the worker."""

LIMITS_OF_CONTAINERS: Final = ("pids", "shm")
"""Fields of `resources` that no worker offers; without a container they limit nothing."""

TYPES_WITHOUT_EFFECT: Final[Mapping[str, str]] = {"agent": "a task that uses it cannot be started yet"}
"""The behaviour instead, by type of action."""

CONTAINERS: Final = "no installed plugin runs it; the step waits for a worker that does"
"""The reason for actions with a runner that this version lacks."""


def no_effect(what: str, reason: str, path: Path, needle: str | None = None) -> Mistake:
    """The warning about one use, at the key of its path or at the match of `needle` in the value."""
    message = f"{what} has no effect yet: {reason}"
    at_key = needle is None
    return Mistake(code="no-effect", message=message, path=path, at_key=at_key, needle=needle, severity="warning")
