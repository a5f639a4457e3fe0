"""Validated access to the bodies of webhooks."""

import re
import urllib.parse
from collections.abc import Sequence

import attrs

from stroem.conversion.json_value import NotJson, NotKept, read_json
from stroem.definitions.values import Json
from stroem.interfaces.push_hook import PushRequest, PushUnreadable
from stroem.records.push import Push

MAX_REFS = 1000
"""Pushes with more refs are reported as one push without a ref."""

MAX_TEXT = 4096
_MAX_NAME = 255
_MAX_FORM_FIELDS = 16
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_LOGIN = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*://)([^/]*)@")


@attrs.frozen
class PushBody:
    """A part of a body at `path` (`repository.name`). All readers raise `PushUnreadable` for values of another type."""

    value: Json
    path: str = ""

    @property
    def label(self) -> str:
        """The path as messages show it."""
        return self.path or "the body"

    def part(self, *names: str) -> "PushBody":
        """The part at a path of keys; its value is None if a key is absent."""
        found = self
        for name in names:
            if not isinstance(found.value, dict | None):
                raise PushUnreadable(f"{found.label} is not a map, so it has no {name!r}")
            found = PushBody((found.value or {}).get(name), f"{found.path}.{name}".lstrip("."))
        return found

    def text(self, *names: str) -> str | None:
        """The text at a path of keys; None if absent or empty."""
        found = self.part(*names)
        if found.value is None or found.value == "":
            return None
        if not isinstance(found.value, str) or len(found.value) > MAX_TEXT or _has_controls(found.value):
            raise PushUnreadable(f"{found.label} is not a text of one line with at most {MAX_TEXT} characters")
        return found.value

    def needed(self, *names: str) -> str:
        """The text at a path of keys, which must not be empty."""
        text = self.text(*names)
        if text is None:
            raise PushUnreadable(f"{self.part(*names).label} is missing")
        return text

    def items(self, *names: str) -> list["PushBody"]:
        """The items of a list; empty if absent."""
        found = self.part(*names)
        if found.value is None:
            return []
        if not isinstance(found.value, list):
            raise PushUnreadable(f"{found.label} is not a list")
        return [PushBody(item, f"{found.path}[{index}]") for index, item in enumerate(found.value)]

    def name(self, *paths: tuple[str, ...]) -> str | None:
        """The first non-empty text at these paths, as one line of at most 255 characters; None without one."""
        for path in paths:
            value = self.part(*path).value
            if isinstance(value, str) and (text := " ".join(value.split())):
                return "".join(char for char in text if char.isprintable())[:_MAX_NAME] or None
        return None

    def commit(self, *names: str) -> str | None:
        """The commit id at a path of keys; None if absent or all zeros, as for a deleted ref."""
        text = self.text(*names)
        if text is None or (set(text) == {"0"} and len(text) in (40, 64)):
            return None
        if not _COMMIT.fullmatch(text.lower()):
            raise PushUnreadable(f"{self.part(*names).label} is not the full id of a commit")
        return text.lower()

    def urls(self, *paths: tuple[str, ...]) -> tuple[str, ...]:
        """The distinct URLs at these paths, without passwords. Raises `PushUnreadable` if all are absent."""
        found = [text for path in paths if (text := self.text(*path))]
        if not found:
            tried = ", ".join(".".join(path) for path in paths)
            raise PushUnreadable(f"{self.label} names no address of the repository: there is none of {tried}")
        return tuple(dict.fromkeys(map(without_password, found)))


def payload_of(request: PushRequest) -> bytes:
    """The JSON of a request: its body, or the field `payload` of a form. Raises `PushUnreadable`."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        return request.body
    try:
        fields = urllib.parse.parse_qs(request.body, max_num_fields=_MAX_FORM_FIELDS)
    except ValueError as error:
        raise PushUnreadable("the form cannot be read, or has too many fields") from error
    if len(found := fields.get(b"payload", [])) != 1:
        raise PushUnreadable("the form has no field payload, or several")
    return found[0]


def read_payload(payload: bytes) -> PushBody:
    """Parses a payload, which must be a JSON object. Raises `PushUnreadable`."""
    try:
        value = read_json(payload)
    except NotJson as error:
        raise PushUnreadable(f"the body is not JSON: {error}") from error
    except NotKept as error:
        raise PushUnreadable(str(error)) from error
    if not isinstance(value, dict):
        raise PushUnreadable("the body is not a map")
    return PushBody(value)


def push_of(body: PushBody, urls: tuple[str, ...], by: str | None) -> Push:
    """The push of a body in GitHub's format, which Gitea shares.

    `after` may be the id of an annotated tag; then `head_commit` has the commit.
    """
    ref = body.needed("ref")
    commit = body.commit("after")
    if commit and ref.startswith("refs/tags/"):
        commit = body.commit("head_commit", "id") or commit
    return Push(urls=urls, ref=ref, commit=commit, by=by)


def bounded(pushes: Sequence[Push]) -> Sequence[Push]:
    """The pushes; more than `MAX_REFS` become one push without a ref."""
    if len(pushes) <= MAX_REFS:
        return pushes
    return [Push(urls=tuple(dict.fromkeys(url for push in pushes[:MAX_REFS] for url in push.urls)), by=pushes[0].by)]


def branch_or_tag(kind: str | None, name: str) -> str:
    """The full name of a ref, from its type and short name. Raises `PushUnreadable` for other types."""
    folders = {"branch": "heads", "named_branch": "heads", "bookmark": "heads", "tag": "tags"}
    if kind not in folders:
        raise PushUnreadable("a ref is neither a branch nor a tag")
    return f"refs/{folders[kind]}/{name}"


def without_password(url: str) -> str:
    """Removes credentials from a URL; the user of an ssh URL stays."""
    return _LOGIN.sub(_shown_login, url)


def _shown_login(login: "re.Match[str]") -> str:
    scheme, user = login[1], login[2].partition(":")[0]
    return scheme if scheme.lower().startswith("http") or not user else f"{scheme}{user}@"


def _has_controls(text: str) -> bool:
    return any(char < " " or char == "\x7f" for char in text)
