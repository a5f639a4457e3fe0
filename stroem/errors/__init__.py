"""Every exception of Strøm. The docstring of a class is its message, with the facts in braces."""

import inspect
from typing import ClassVar

import attrs


@attrs.frozen(kw_only=True)
class FieldError:
    """One mistake in a request: where it is (`input.count`), what is wrong, and what to do."""

    field: str
    message: str


class StroemError(Exception):
    """Something went wrong."""

    status: ClassVar[int] = 500

    def __init__(self, *, fields: tuple[FieldError, ...] = (), **facts: object) -> None:
        self.facts = facts
        self.fields = fields
        super().__init__(inspect.cleandoc(type(self).__doc__ or "").replace("\n", " ").format(**facts).rstrip())


class BadRequest(StroemError):
    """{message}"""

    status = 400


class InvalidInput(BadRequest):
    """The input is not valid: {problems}."""


class NotRunnable(BadRequest):
    """Task {task!r} cannot run: {reason}."""


NO_SIGN_IN = "Nobody signs in at this server: its settings have no section `auth`"
"""Message of `Unauthorized` for requests about accounts of an open server."""


class Unauthorized(StroemError):
    """{message}"""

    status = 401


class Forbidden(StroemError):
    """{message}"""

    status = 403


class NotFound(StroemError):
    """{kind} {name!r} not found.{hint}"""

    status = 404

    def __init__(self, *, kind: str, name: object, hint: str = "") -> None:
        super().__init__(kind=kind, name=str(name), hint=f" {hint}" if hint else "")


class Conflict(StroemError):
    """{message}"""

    status = 409


class TooLarge(StroemError):
    """The request body is larger than {limit} bytes."""

    status = 413


class LimitExceeded(StroemError):
    """{message}"""

    status = 413


class UnsupportedMediaType(StroemError):
    """The body must be {expected}, said by the header Content-Type."""

    status = 415


class TemplateFailed(StroemError):
    """Template {template!r} failed at line {line}: {reason}. {available}"""

    status = 422


class TooManyRequests(StroemError):
    """{message}"""

    status = 429


class Unavailable(StroemError):
    """{message}"""

    status = 503


class SettingsError(StroemError):
    """The settings are not valid: {problems}"""


class SourceFailed(StroemError):
    """The source of workspace {workspace!r} failed: {reason}."""


class LibraryUnavailable(StroemError):
    """Library {library!r} ({origin}) cannot be used: {reason}. The last good release stays."""


class DatabaseFailed(StroemError):
    """{message}"""


class CannotListen(StroemError):
    """Cannot listen on {host}:{port}: {reason}. Choose another address with `listen`."""


class FolderUnusable(StroemError):
    """The folder {folder} cannot be used: {reason}. Name another in `{setting}`, or correct its rights."""


class KeyFileUnusable(StroemError):
    """The key in {file} cannot be used: {reason}. Name another file in `{setting}`, or correct this one."""


class KeyVariableUnusable(StroemError):
    """The keys in the variable {variable} cannot be used: {reason}. Correct it, or name another in
    `encryption.key_env`."""


class PluginConflict(StroemError):
    """{kind} {name!r} is claimed by two plugins: {first} and {second}. Uninstall one of them, for example with
    `pip uninstall {second}`."""


class BlobMissing(StroemError):
    """The blob store holds no object {digest}."""

    status = 404


class BlobCorrupt(StroemError):
    """Object {digest} of the blob store is damaged: its bytes are not those that were stored."""


class PlanUnreadable(StroemError):
    """The plan of the job cannot be read: its row in the database is damaged, or of another version."""


class WorkerRefused(StroemError):
    """The server does not accept this worker: {reason}. Look at {settings}."""

    status = 401


class LeaseLost(StroemError):
    """The step's lease is no longer held by this worker: {step}."""

    status = 409
