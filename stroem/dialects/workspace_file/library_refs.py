"""Declarations of libraries in a workspace."""

import posixpath
import re
import urllib.parse
from collections.abc import Mapping
from typing import Any

import attrs

from stroem.conversion import scalars
from stroem.conversion.constraints import Range
from stroem.conversion.mistake import Mistake, Mistakes, missing_key
from stroem.conversion.record import Record
from stroem.conversion.scalars import WRONG, Convert, wrong_type
from stroem.definitions.library import LIBRARIES
from stroem.definitions.values import Json, Path

LIBRARY_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
COMMON = ("type", "poll_interval", "poll_interval_secs")
MAX_LIBRARIES = 100

_MAX_NAME = 100
_CREDENTIALS = frozenset(
    {"token", "password", "username", "user", "key", "ssh_key", "key_path", "private_key", "secret", "credentials"}
)
_AUTH_HINT = "add an entry to `git_auth:` in the server's settings and write its name: `auth: NAME`"
_WEB_SCHEMES = frozenset({"http", "https"})
_NOT_IN_URLS = re.compile(r"[\x00-\x20\x7f]")
_NOT_IN_PATHS = re.compile(r"[\\\x00-\x1f\x7f]")


@attrs.frozen(kw_only=True)
class GitLibrary:
    """A library in a git repository. `auth` names an entry of `git_auth` in the server's settings."""

    url: str
    ref: str | None = None
    path: str | None = None
    auth: str | None = None


@attrs.frozen(kw_only=True)
class FolderLibrary:
    """A library in a folder of the workspace itself; `path` begins at the workspace's root."""

    path: str


def convert_library(value: object, path: Path, mistakes: Mistakes) -> Any:
    """The type, options and poll interval of a library, `(str, dict, int | None)`, or `WRONG`."""
    if type(value) is not dict:
        return wrong_type("a mapping", value, path, mistakes, "like { type: git, url: …, ref: … }")
    before = len(mistakes)
    if len(str(path[-1])) > _MAX_NAME or not LIBRARY_NAME.fullmatch(str(path[-1])):
        message = f"{scalars.shown(path[-1])!r} cannot be the name of a library"
        hint = "use letters, digits, - and _; begin with a letter or digit"
        mistakes.append(Mistake(code="invalid-name", message=message, path=path, hint=hint, at_key=True))
    if value.get("type") is None:
        mistakes.append(missing_key("type", path, f"one of {', '.join(OPTIONS)}, or a source that a plugin brings"))
        return WRONG
    kind = scalars.text(value["type"], (*path, "type"), mistakes)
    interval = _poll_interval(value, path, mistakes)
    given = {key: entry for key, entry in value.items() if key not in COMMON}
    options = _options(kind, given, path, mistakes)
    return WRONG if len(mistakes) > before else (kind, options, interval)


def _poll_interval(value: Mapping[str, Json], path: Path, mistakes: Mistakes) -> int | None:
    given = [key for key in COMMON[1:] if value.get(key) is not None]
    if len(given) > 1:
        message = "'poll_interval' and 'poll_interval_secs' exclude each other"
        mistakes.append(Mistake(code="conflicting-keys", message=message, path=(*path, given[1]), at_key=True))
    found = [_interval(value[key], (*path, key), mistakes) for key in given]
    return found[0] if found and found[0] is not WRONG else None


def _options(kind: Any, given: Mapping[str, Json], path: Path, mistakes: Mistakes) -> dict[str, Json]:
    secret = [key for key in given if key in _CREDENTIALS]
    for key in secret:
        _credentials(
            f"{key!r} is a credential, which does not belong into the files of a workspace", key, path, mistakes
        )
    if "auth" in given and type(given["auth"]) is not str:
        message = "'auth' is the name of credentials, not the credentials themselves"
        _credentials(message, "auth", path, mistakes)
        secret.append("auth")
    rest = {key: entry for key, entry in given.items() if key not in secret}
    record = OPTIONS.get(kind) if isinstance(kind, str) else None
    if record is None:
        return rest
    options: dict[str, Json] = record.fields(rest, path, mistakes)
    record.complete(options, given, path, mistakes)
    return options


def _credentials(message: str, key: str, path: Path, mistakes: Mistakes) -> None:
    mistakes.append(
        Mistake(code="inline-credentials", message=message, path=(*path, key), hint=_AUTH_HINT, at_key=True)
    )


def _url(value: object, path: Path, mistakes: Mistakes) -> Any:
    url = scalars.text(value, path, mistakes)
    if not isinstance(url, str):
        return WRONG
    if not url or url.startswith("-") or _NOT_IN_URLS.search(url):
        message = "this cannot be the address of a repository"
        hint = "write it like https://git.example.com/team/library.git"
        mistakes.append(Mistake(code="invalid-value", message=message, path=path, hint=hint))
        return WRONG
    if _has_credentials(url):
        message = "the address holds credentials, which do not belong into the files of a workspace"
        mistakes.append(Mistake(code="inline-credentials", message=message, path=path, hint=_AUTH_HINT))
        return WRONG
    return url


def _has_credentials(url: str) -> bool:
    """Whether an address holds a password, or a web address a user, who may be a token."""
    try:
        parts = urllib.parse.urlsplit(url)
    except ValueError:
        return "@" in url
    user, at, _ = parts.netloc.rpartition("@")
    return bool(at) and (":" in user or parts.scheme.lower() in _WEB_SCHEMES)


def _ref(value: object, path: Path, mistakes: Mistakes) -> Any:
    ref = scalars.text(value, path, mistakes)
    if isinstance(ref, str) and (not ref or ref.startswith("-") or _NOT_IN_URLS.search(ref)):
        message = f"{scalars.shown(ref)!r} cannot be a ref"
        hint = "write a branch, a tag or a commit"
        mistakes.append(Mistake(code="invalid-value", message=message, path=path, hint=hint))
        return WRONG
    return ref


def _path(value: object, path: Path, mistakes: Mistakes) -> Any:
    written = scalars.text(value, path, mistakes)
    if not isinstance(written, str):
        return WRONG
    if not written or written.startswith("/") or ".." in written.split("/") or _NOT_IN_PATHS.search(written):
        message = f"{scalars.shown(written)!r} cannot be the path of a library"
        hint = "write a path below the root, without `..`"
        mistakes.append(Mistake(code="invalid-value", message=message, path=path, hint=hint))
        return WRONG
    return posixpath.normpath(written)


def _own_path(value: object, path: Path, mistakes: Mistakes) -> Any:
    written = _path(value, path, mistakes)
    if written == "." or (isinstance(written, str) and written.split("/")[0] == LIBRARIES):
        message = "a library cannot be the workspace itself, or in its folder `_libraries`"
        hint = "move it into a folder like libraries/NAME"
        mistakes.append(Mistake(code="invalid-value", message=message, path=path, hint=hint))
        return WRONG
    return written


_interval: Convert = scalars.within(Range(at_least=1), scalars.duration)
OPTIONS: Mapping[str, Record] = {
    "git": Record(GitLibrary, url=_url, ref=_ref, path=_path),
    "folder": Record(FolderLibrary, path=_own_path),
}
