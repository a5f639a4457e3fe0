"""Settings from a YAML file and the environment."""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import attrs
import cattrs

from stroem.conversion.constraints import Seconds
from stroem.conversion.mistake import path_text
from stroem.conversion.structure import (
    InvalidValue,
    at_key,
    class_hook,
    field_errors,
    make_converter,
    mapping,
    settings_error,
)
from stroem.conversion.yaml import MAX_BYTES, Flaw, Unreadable, read_yaml
from stroem.errors import FieldError, SettingsError
from stroem.settings.access import ProviderSettings
from stroem.settings.empty_sections import empty_sections
from stroem.settings.environment import override
from stroem.settings.job_limits import JobLimitSettings
from stroem.settings.secret_stores import SecretStoreSettings
from stroem.settings.server import (
    GitAuthSettings,
    LibrarySettings,
    PluginSettings,
    ServerSettings,
    WorkspaceSettings,
)
from stroem.settings.worker import WorkerSettings

T = TypeVar("T")

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_SAFE_MESSAGES = {
    "duplicate-key": "the same key stands here for the second time",
    "invalid-key": "a key is a map or a list",
    "unknown-tag": "a tag means nothing here",
}
"""By code of a flaw: a message that contains nothing of the file."""


@attrs.frozen(kw_only=True, eq=False)
class SettingsFile:
    """A server's settings file. `environ` goes before it, `base` behind it; `asked` requests that it is read again.

    The workspaces of `base` join those of the file, and go before those of the same names.
    """

    path: Path
    environ: Mapping[str, str] = attrs.field(repr=False)
    base: Mapping[str, Any] = attrs.field(factory=dict, repr=False)
    asked: asyncio.Event = attrs.field(factory=asyncio.Event, repr=False)

    def read(self) -> bytes:
        """The bytes of the file. Raises `SettingsError`."""
        return read_bytes(self.path)

    def settings(self, data: bytes) -> ServerSettings:
        """The settings in such bytes. Raises `SettingsError`."""
        given = {**self.base, **parse_file(self.path, data)}
        if isinstance(given.get("workspaces"), Mapping):
            given["workspaces"] = {**given["workspaces"], **self.base.get("workspaces", {})}
        return server_settings(given, self.environ)


def load_server_settings(path: Path | None, environ: Mapping[str, str]) -> ServerSettings:
    """The settings of a server; without a path, from the environment alone. Raises `SettingsError`."""
    return server_settings(read_file(path) if path else {}, environ)


def load_worker_settings(path: Path | None, environ: Mapping[str, str]) -> WorkerSettings:
    """The settings of a worker; without a path, from the environment alone. Raises `SettingsError`."""
    return worker_settings(read_file(path) if path else {}, environ)


def server_settings(data: Mapping[str, Any], environ: Mapping[str, str]) -> ServerSettings:
    """The settings of a server from plain data. Raises `SettingsError`."""

    def conflicts(settings: ServerSettings, merged: Mapping[str, Any]) -> tuple[FieldError, ...]:
        return (*empty_sections(merged), *settings.conflicts())

    return _settings(data, environ, ServerSettings, conflicts)


def worker_settings(data: Mapping[str, Any], environ: Mapping[str, str]) -> WorkerSettings:
    """The settings of a worker from plain data. Raises `SettingsError`."""
    if "workspace_dir" in data and "workspace_cache_dir" not in data:
        data = {"workspace_cache_dir" if key == "workspace_dir" else key: value for key, value in data.items()}
    return _settings(data, environ, WorkerSettings, lambda settings, _merged: settings.conflicts())


def read_file(path: Path) -> Mapping[str, Any]:
    """The data of a settings file. Raises `SettingsError`, whose text contains nothing of the file."""
    return parse_file(path, read_bytes(path))


def read_bytes(path: Path) -> bytes:
    """The bytes of a settings file. Raises `SettingsError`."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise SettingsError(problems=f"{path} cannot be read: {reason}. Name another with --config.") from None
    if len(data) > MAX_BYTES:
        raise SettingsError(problems=f"{path} is larger than {MAX_BYTES} bytes")
    return data


def parse_file(path: Path, data: bytes) -> Mapping[str, Any]:
    """The data of a settings file. Raises `SettingsError`, whose text contains nothing of the file."""
    try:
        document = read_yaml(data)
        found = mapping(document.value or {})
    except InvalidValue as mistake:
        raise SettingsError(problems=f"{path}: {mistake}") from None
    except Unreadable as error:
        if error.code == "not-text":
            raise SettingsError(problems=f"{path} is not YAML in UTF-8") from None
        problem = _QUOTED.sub("…", error.problem).replace("the file", "it", 1)
        raise SettingsError(problems=f"{path}:{error.line}:{error.column}: {problem}") from None
    if document.flaws:
        raise _flawed(path, document.flaws)
    return found


def _flawed(path: Path, flaws: Sequence[Flaw]) -> SettingsError:
    told = [(flaw, _SAFE_MESSAGES.get(flaw.code, flaw.message)) for flaw in flaws]
    lines = [f"{path}:{flaw.line}:{flaw.column}: {message}" for flaw, message in told]
    fields = tuple(FieldError(field=path_text(flaw.path), message=message) for flaw, message in told)
    return SettingsError(problems="\n  ".join(lines), fields=fields)


def _settings(
    data: Mapping[str, Any],
    environ: Mapping[str, str],
    cls: type[T],
    conflicts: Callable[[T, Mapping[str, Any]], tuple[FieldError, ...]],
) -> T:
    merged, errors = override(data, environ)
    try:
        settings = CONVERTER.structure(merged, cls)
    except (cattrs.BaseValidationError, InvalidValue) as error:
        raise settings_error((*errors, *field_errors(error))) from None
    if errors := (*errors, *conflicts(settings, merged)):
        raise settings_error(errors)
    return settings


def _plugin_hook(cls: Any, converter: cattrs.Converter) -> Callable[[object, object], object]:
    """The hook for settings whose other keys are the options of a plugin's class."""
    make = class_hook(cls, converter, unknown_keys=False)
    own = {field.name for field in attrs.fields(cls)} - {"options"}

    def structure(value: object, target: object) -> object:
        given = dict(mapping(value))
        errors: list[Exception] = []
        if "poll_interval_secs" in own and "poll_interval" in given:
            try:
                given["poll_interval_secs"] = _interval(given, converter)
            except InvalidValue as mistake:
                errors.append(at_key(mistake, "poll_interval"))
            del given["poll_interval"]
        options = {key: given.pop(key) for key in [*given] if key not in own}
        try:
            made = make({**given, "options": options}, target)
        except cattrs.ClassValidationError as group:
            errors.extend(error for error in group.exceptions if isinstance(error, Exception))
        if errors:
            raise cattrs.ClassValidationError("", errors, cls)
        return made

    return structure


def _limit_hook(converter: cattrs.Converter) -> Callable[[object, object], object]:
    """The hook for limits: a number alone is the `max`."""
    make = class_hook(JobLimitSettings, converter, unknown_keys=False)

    def structure(value: object, target: object) -> object:
        return make({"max": value} if type(value) is int else value, target)

    return structure


def _interval(given: Mapping[str, object], converter: cattrs.Converter) -> object:
    """The seconds of `poll_interval`, the spelling of `poll_interval_secs` as a duration."""
    if "poll_interval_secs" in given:
        raise InvalidValue("cannot stand beside poll_interval_secs; remove one of them")
    return converter.structure(given["poll_interval"], Seconds)


def _converter() -> cattrs.Converter:
    converter = make_converter(unknown_keys=False)
    for cls in (
        PluginSettings,
        ProviderSettings,
        GitAuthSettings,
        LibrarySettings,
        SecretStoreSettings,
        WorkspaceSettings,
    ):
        converter.register_structure_hook(cls, _plugin_hook(cls, converter))
    converter.register_structure_hook(JobLimitSettings, _limit_hook(converter))
    return converter


CONVERTER = _converter()
