"""Commit statuses derived from events."""

import re
import string
import urllib.parse
from collections.abc import Mapping
from typing import Any, Literal

import attrs

from stroem.definitions.values import Json
from stroem.forges.git_hosts import canonical_host
from stroem.interfaces.options import option_error
from stroem.records.event import Event

State = Literal["pending", "success", "failure", "error"]

PLACEHOLDERS = ("workspace", "revision", "release", "event")
"""Names allowed in braces in the context and the link of a status."""

_STATES: Mapping[str, State] = {
    "fetched": "pending",
    "waiting": "pending",
    "released": "success",
    "unchanged": "success",
    "recovered": "success",
    "rejected": "failure",
    "failed": "error",
}
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SCP = re.compile(r"(?:[^@/:]+@)?([^@/:]+):(?!//)(.+)")


@attrs.frozen(kw_only=True)
class CommitStatus:
    """A status of a commit. `repository` is a path like `acme/flows`; `context` identifies the reporter."""

    repository: str
    commit: str
    state: State
    description: str
    context: str
    link: str | None = None

    @property
    def common_fields(self) -> Mapping[str, Json]:
        """Description and link, under the field names common to all hosts."""
        return {"description": self.description, **({"target_url": self.link} if self.link else {})}


@attrs.frozen
class Repository:
    """A repository's canonical host without port, and its path without `.git`."""

    host: str
    path: str


def state_of(event: Event) -> State | None:
    """The state of the event's commit; None when the event is about no commit."""
    if event.workspace is None or event.revision is None or not _COMMIT.fullmatch(event.revision):
        return None
    if event.kind == "recovered" and event.release is None:
        return None
    return _STATES.get(event.kind)


def description_of(event: Event, length: int) -> str:
    """The event as one line of at most `length` characters."""
    if event.kind == "fetched":
        return shortened("Strøm is looking at it", length)
    mistakes, first = event.data.get("mistakes"), event.data.get("first")
    if event.kind == "rejected" and isinstance(mistakes, int) and first:
        return shortened(f"1 mistake: {first}" if mistakes == 1 else f"{mistakes} mistakes, first {first}", length)
    return shortened(event.message, length)


def shortened(text: Json, length: int) -> str:
    """Text as one line of at most `length` characters. GitHub refuses characters beyond the BMP: they are replaced."""
    line = "".join(
        char if char.isprintable() and char <= "\uffff" else "\ufffd" for char in " ".join(str(text).split())
    )
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def repository_of(origin: str | None) -> Repository | None:
    """Parses a git URL of any form; None for local paths.

    A folder inside the repository may follow in parentheses.
    """
    if origin is None:
        return None
    address = origin.partition(" (")[0]
    try:
        parts = urllib.parse.urlsplit(address)
        host, path = parts.hostname, urllib.parse.unquote(parts.path)
    except ValueError:
        return None
    if not host and (written := _SCP.fullmatch(address)):
        host, path = written[1].lower(), written[2]
    path = path.strip("/").removesuffix(".git")
    return Repository(canonical_host(host), path) if host and is_path(path) else None


def is_path(text: str) -> bool:
    """True for the path of a repository: an owner and a name, with any groups between them."""
    parts = text.split("/")
    return len(parts) > 1 and all(part.strip() and part not in (".", "..") for part in parts)


def fill_template(template: str, event: Event, *, in_url: bool = False) -> str:
    """Replaces the placeholders of a template; values that the event lacks are empty."""
    facts = {"workspace": event.workspace, "revision": event.revision, "release": event.release, "event": event.id}
    texts = {name: "" if fact is None else str(fact) for name, fact in facts.items()}
    if in_url:
        texts = {name: urllib.parse.quote(text, safe="") for name, text in texts.items()}
    return template.format_map(texts)


def check_template(_: object, attribute: "attrs.Attribute[Any]", value: str | None) -> None:
    """Validator for `attrs.field`: braces contain only placeholders. None is valid."""
    if value is None:
        return
    try:
        found = [part[1:] for part in string.Formatter().parse(value) if part[1] is not None]
    except ValueError as error:
        raise option_error(attribute.name, "has a brace without its other one") from error
    if strange := [name for name, form, conversion in found if name not in PLACEHOLDERS or form or conversion]:
        known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
        raise option_error(attribute.name, f"has an unknown placeholder {{{strange[0]}}}; known are {known}")
