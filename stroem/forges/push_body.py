"""What push hooks read out of a body, without trusting its shape."""

import re
import urllib.parse
from collections.abc import Sequence

import attrs

from stroem.conversion.json_value import NotJson, NotKept, read_json
from stroem.definitions.values import Json
from stroem.interfaces.push_hook import PushRequest, PushUnreadable
from stroem.records.push import Push

MAX_REFS = 1000
"""So many refs of one push are told one by one; of more only that something moved."""

MAX_TEXT = 4096
_MAX_NAME = 255
_MAX_FORM_FIELDS = 16
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_LOGIN = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*://)([^/]*)@")


@attrs.frozen
class PushBody:
    """A part of a body. `path` leads to it (`repository.name`)."""

    value: Json
    path: str = ""

    @property
    def place(self) -> str:
        """How messages name it."""
        return self.path or "the body"

    def part(self, *names: str) -> "PushBody":
        """What lies under a key, and a key of that, …; a part that holds None when there is nothing.
        Raises `PushUnreadable` when there is no map on the way.
        """
        found = self
        for name in names:
            if not isinstance(found.value, dict | None):
                raise PushUnreadable(f"{found.place} is not a map, so it has no {name!r}")
            found = PushBody((found.value or {}).get(name), f"{found.path}.{name}".lstrip("."))
        return found

    def text(self, *names: str) -> str | None:
        """The text there, None when there is nothing or an empty one. Raises `PushUnreadable`."""
        found = self.part(*names)
        if found.value is None or found.value == "":
            return None
        if not isinstance(found.value, str) or len(found.value) > MAX_TEXT or _has_controls(found.value):
            raise PushUnreadable(f"{found.place} is not a text of one line with at most {MAX_TEXT} characters")
        return found.value

    def needed(self, *names: str) -> str:
        """The text there. Raises `PushUnreadable` also when there is none."""
        text = self.text(*names)
        if text is None:
            raise PushUnreadable(f"{self.part(*names).place} is missing")
        return text

    def items(self, *names: str) -> list["PushBody"]:
        """The parts of a list, none when there is none. Raises `PushUnreadable`."""
        found = self.part(*names)
        if found.value is None:
            return []
        if not isinstance(found.value, list):
            raise PushUnreadable(f"{found.place} is not a list")
        return [PushBody(item, f"{found.path}[{index}]") for index, item in enumerate(found.value)]

    def name(self, *ways: tuple[str, ...]) -> str | None:
        """What somebody is called, at the first of these places that tells it; made fit for one line."""
        for way in ways:
            value = self.part(*way).value
            if isinstance(value, str) and (text := " ".join(value.split())):
                return "".join(sign for sign in text if sign.isprintable())[:_MAX_NAME] or None
        return None

    def commit(self, *names: str) -> str | None:
        """The commit there; None when there is none, or only zeros as for a deleted ref. Raises `PushUnreadable`."""
        text = self.text(*names)
        if text is None or (set(text) == {"0"} and len(text) in (40, 64)):
            return None
        if not _COMMIT.fullmatch(text.lower()):
            raise PushUnreadable(f"{self.part(*names).place} is not the full id of a commit")
        return text.lower()

    def urls(self, *ways: tuple[str, ...]) -> tuple[str, ...]:
        """The addresses at these places, each once, without passwords. Raises `PushUnreadable` when there is none."""
        found = [text for way in ways if (text := self.text(*way))]
        if not found:
            places = ", ".join(".".join(way) for way in ways)
            raise PushUnreadable(f"{self.place} names no address of the repository: there is none of {places}")
        return tuple(dict.fromkeys(map(without_password, found)))


def payload_of(request: PushRequest) -> bytes:
    """The JSON of a request, also where it comes in the field `payload` of a form. Raises `PushUnreadable`."""
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
    """The payload, which has to be a map in JSON. Raises `PushUnreadable`."""
    try:
        value = read_json(payload)
    except NotJson as error:
        raise PushUnreadable(f"the body is not JSON: {error}") from error
    except NotKept as error:
        raise PushUnreadable(str(error)) from error
    if not isinstance(value, dict):
        raise PushUnreadable("the body is not a map")
    return PushBody(value)


def bounded(pushes: Sequence[Push]) -> Sequence[Push]:
    """The pushes, or when there are more than `MAX_REFS` one that says of no ref where it is."""
    if len(pushes) <= MAX_REFS:
        return pushes
    return [Push(urls=tuple(dict.fromkeys(url for push in pushes[:MAX_REFS] for url in push.urls)), by=pushes[0].by)]


def branch_or_tag(kind: str | None, name: str) -> str:
    """The full name of a ref that is named by its kind and its short name. Raises `PushUnreadable`."""
    folders = {"branch": "heads", "named_branch": "heads", "bookmark": "heads", "tag": "tags"}
    if kind not in folders:
        raise PushUnreadable("a ref is neither a branch nor a tag")
    return f"refs/{folders[kind]}/{name}"


def without_password(url: str) -> str:
    """An address as it can be shown: over ssh the user stays, over http nothing of the login."""
    return _LOGIN.sub(_shown_login, url)


def _shown_login(login: "re.Match[str]") -> str:
    scheme, user = login[1], login[2].partition(":")[0]
    return scheme if scheme.lower().startswith("http") or not user else f"{scheme}{user}@"


def _has_controls(text: str) -> bool:
    return any(sign < " " or sign == "\x7f" for sign in text)
