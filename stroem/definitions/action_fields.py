"""Fields of actions by type."""

from collections.abc import Mapping

_COMMON = frozenset({"type", "name", "description", "tags", "input", "output", "retry"})
_FILES = frozenset({"artifacts", "cache", "stroem_token"})
_CONTAINER = _FILES | frozenset({"image", "cmd", "command", "entrypoint", "env", "workdir", "resources", "options"})
_SCRIPT = _FILES | frozenset(
    {"script", "source", "runner", "options", "language", "dependencies", "interpreter", "args", "env"}
    | {"workdir", "resources", "image", "manifest"}
)
_AGENT = frozenset(
    {"provider", "model", "system_prompt", "prompt", "temperature", "max_tokens", "tools", "max_turns", "interactive"}
)
ACTION_FIELDS: Mapping[str, frozenset[str]] = {
    "script": _COMMON | _SCRIPT,
    "docker": _COMMON | _CONTAINER,
    "pod": _COMMON | _CONTAINER | {"manifest"},
    "task": _COMMON | {"task", "workspace", "wait"},
    "agent": _COMMON | _AGENT,
    "approval": _COMMON
    | {"message", "on_reject", "on_timeout", "remind", "remind_hooks", "approvers", "quorum", "four_eyes"},
    "wait": _COMMON | {"for", "until"},
    "signal": _COMMON | {"signal", "payload"},
}
"""The fields that an action of a type may have."""
