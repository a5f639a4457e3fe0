"""Sessions as a table."""

from collections.abc import Sequence
from typing import Any

from stroem.cli.output.output import print_list, shown_time


def print_sessions(sessions: Sequence[dict[str, Any]], *, as_json: bool) -> None:
    """Prints sessions as JSON or as a table."""
    print_list(
        sessions,
        ("SESSION", "BEGUN", "LAST USED", "GOOD UNTIL", "FROM", "BY"),
        lambda one: (
            one["session_id"],
            shown_time(one["created_at"]),
            shown_time(one["last_used_at"]),
            shown_time(one["expires_at"]),
            one["address"] or "-",
            one["user_agent"] or "-",
        ),
        empty="No sessions.",
        as_json=as_json,
    )
