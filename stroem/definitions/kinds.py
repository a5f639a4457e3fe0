"""Lists of kinds of definitions, hook keys, and templated fields of actions."""

from collections.abc import Mapping
from typing import Final

SECTIONS: Final[Mapping[str, str]] = {
    "task": "tasks",
    "action": "actions",
    "trigger": "triggers",
    "connection": "connections",
    "connection_type": "connection_types",
    "secret": "secrets",
    "mcp_server": "mcp_servers",
    "limit": "limits",
}
"""Sections of `Definitions` by kind, in the order of reports."""

KINDS: Final[Mapping[str, str]] = {section: kind for kind, section in SECTIONS.items()}
"""Kinds of definitions by section of `Definitions`."""

HOOK_KEYS: Final = ("on_success", "on_error", "on_suspended", "on_cancel")
"""Fields of tasks and of workspaces that hold hooks."""

HOOK_TYPES: Final = ("script", "docker", "pod", "task")
"""Types of actions that hooks can run."""

TEXT_FIELDS: Final = ("cmd", "script", "source", "image")
"""Fields of actions with one template each, rendered to a text."""

LIST_FIELDS: Final = ("args", "command", "entrypoint")
"""Fields of actions with lists of templates, rendered to texts."""

STEP_FIELDS: Final = (*TEXT_FIELDS, *LIST_FIELDS, "env", "manifest", "options")
"""Templated fields of actions that are rendered when a worker takes a step, in this order."""

TEMPLATED_FIELDS: Final = (*STEP_FIELDS, "message", "prompt", "system_prompt", "for_", "until", "signal")
"""All templated fields of actions."""

STATE_ROOTS: Final = frozenset({"state", "global_state"})
"""Roots of templates with the state of the task and of the workspace."""


def noun(kind: str) -> str:
    """The kind as messages write it: `connection type`, `MCP server`."""
    return "MCP server" if kind == "mcp_server" else kind.replace("_", " ")
