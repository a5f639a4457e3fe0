"""Events as text, one line each."""

from typing import Any

import click

from stroem.cli.output.output import COLOURS, one_line, shown_time


class EventPainter:
    """Formats events as lines; columns grow to the widest cell so far."""

    def __init__(self) -> None:
        self._subject = self._kind = 0

    def paint(self, event: dict[str, Any]) -> str:
        """Time, subject, kind and message; repetitions and failed deliveries in parentheses."""
        subject = one_line("/".join(filter(None, (event["workspace"], event["library"]))) or "-")
        self._subject, self._kind = max(self._subject, len(subject)), max(self._kind, len(event["kind"]))
        kind = click.style(event["kind"].ljust(self._kind), fg=COLOURS.get(event["severity"]))
        return f"{shown_time(event['last_at'])}  {subject.ljust(self._subject)}  {kind}  {_told(event)}"


def _told(event: dict[str, Any]) -> str:
    remarks = [f"by {event['by']}"] if event["by"] else []
    if event["count"] > 1:
        remarks.append(f"{event['count']} times since {shown_time(event['at'])}")
    for one in event.get("undelivered") or ():
        if one["error"]:
            ended = "" if one["next_try"] else ", given up"
            remarks.append(f"not delivered to {one['sink']}{ended}: {one['error']}")
    message = event["message"] + (f" ({'; '.join(remarks)})" if remarks else "")
    return one_line(message)
