"""API keys as text."""

from collections.abc import Sequence
from typing import Any

from stroem.cli.output.output import print_list, shown_time
from stroem.cli.output.workspace_report import Facts

_SCOPE = ("workspaces", "tasks", "verbs", "addresses")


def key_facts(key: dict[str, Any]) -> Facts:
    """The expiry of an API key, and what narrows it."""
    yield "expires", shown_time(key["expires_at"]) if key.get("expires_at") else "never"
    for name in _SCOPE:
        yield name, ", ".join(key[name])


def print_keys(keys: Sequence[dict[str, Any]], *, as_json: bool) -> None:
    """Prints API keys as JSON or as a table."""
    print_list(
        keys,
        ("KEY", "NAME", "MADE", "EXPIRES", "LAST USED", *(name.upper() for name in _SCOPE)),
        lambda one: (
            one["prefix"],
            one["name"],
            shown_time(one["created_at"]),
            shown_time(one["expires_at"]) if one.get("expires_at") else "never",
            shown_time(one.get("last_used_at")),
            *(", ".join(one[name]) or "all" for name in _SCOPE),
        ),
        empty="No API keys. Make one with: stroem keys create NAME",
        as_json=as_json,
    )
