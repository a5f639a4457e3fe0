"""Messages for refusals of the server."""

import re
from typing import Any

from stroem.cli.output.output import one_line
from stroem.errors import NO_SIGN_IN

_NEEDED = re.compile(r"the right (\S+) is needed for (?:the server|(?:workspace|task) (\S+))$")
"""End of the message of a refusal for lack of a right."""


def fields_of(document: Any) -> list[Any]:
    """The invalid fields in an error answer."""
    found = document.get("fields") if isinstance(document, dict) else None
    return found if isinstance(found, list) else []


def refusal(url: str, status: int, document: Any) -> str:
    """Message of a refusal: the server's error, its invalid fields, and its address."""
    if not isinstance(document, dict):
        return f"The server at {url} answered {status}."
    lines = [one_line(str(document.get("error") or f"The server answered {status}."))]
    for mistake in fields_of(document):
        lines.append(one_line(f"  {mistake.get('field')}: {mistake.get('message')}"))
    if status == 401 and document.get("error") != NO_SIGN_IN:
        lines.append("Sign in with `stroem login`, or give a token with --token or STROEM_TOKEN.")
    if needed := _NEEDED.search(lines[0]):
        verb, place = needed.groups(default="")
        lines.append(f"Ask an administrator for it, or see what decides: stroem auth explain {verb} {place}".rstrip())
    lines.append(f"Server: {url}")
    return "\n".join(lines)
