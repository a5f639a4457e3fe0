"""Settings from a YAML file and the environment."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import attrs
import cattrs
import yaml

from stroem.errors import FieldError, SettingsError
from stroem.settings.conversion import Mistake, class_hook, field_errors, make_converter, mapping
from stroem.settings.environment import override
from stroem.settings.server import (
    GitAuthSettings,
    LibrarySettings,
    PluginSettings,
    ServerSettings,
    WorkspaceSettings,
)
from stroem.settings.text import StrictLoader
from stroem.settings.worker import WorkerSettings

T = TypeVar("T")


def load_server_settings(path: Path | None, environ: Mapping[str, str]) -> ServerSettings:
    """The settings of a server; without a path, from the environment alone. Raises `SettingsError`."""
    return server_settings(read_file(path) if path else {}, environ)


def load_worker_settings(path: Path | None, environ: Mapping[str, str]) -> WorkerSettings:
    """The settings of a worker; without a path, from the environment alone. Raises `SettingsError`."""
    return worker_settings(read_file(path) if path else {}, environ)


def server_settings(data: Mapping[str, Any], environ: Mapping[str, str]) -> ServerSettings:
    """The settings of a server from plain data. Raises `SettingsError`."""
    return _settings(data, environ, ServerSettings, lambda settings: settings.conflicts())


def worker_settings(data: Mapping[str, Any], environ: Mapping[str, str]) -> WorkerSettings:
    """The settings of a worker from plain data. Raises `SettingsError`."""
    if "workspace_dir" in data and "workspace_cache_dir" not in data:
        data = {"workspace_cache_dir" if key == "workspace_dir" else key: value for key, value in data.items()}
    return _settings(data, environ, WorkerSettings, lambda _: ())


def read_file(path: Path) -> Mapping[str, Any]:
    """The data of a settings file. Raises `SettingsError`, whose text holds nothing of what the file says."""
    try:
        return mapping(yaml.load(path.read_bytes(), Loader=StrictLoader) or {})  # noqa: S506 (a safe loader)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise SettingsError(problems=f"{path} cannot be read: {reason}. Name another with --config.") from None
    except Mistake as mistake:
        raise SettingsError(problems=f"{path}: {mistake}") from None
    except yaml.MarkedYAMLError as error:
        place = f":{error.problem_mark.line + 1}:{error.problem_mark.column + 1}" if error.problem_mark else ""
        problem = re.sub(r"'[^']*'|\"[^\"]*\"", "…", error.problem or "it is not YAML")
        raise SettingsError(problems=f"{path}{place}: {problem}") from None
    except yaml.YAMLError:
        raise SettingsError(problems=f"{path} is not YAML in UTF-8") from None


def _settings(
    data: Mapping[str, Any],
    environ: Mapping[str, str],
    cls: type[T],
    conflicts: Callable[[T], tuple[FieldError, ...]],
) -> T:
    merged, errors = override(data, environ)
    try:
        settings = CONVERTER.structure(merged, cls)
    except (cattrs.BaseValidationError, Mistake) as error:
        raise _refusal((*errors, *field_errors(error))) from None
    if errors := (*errors, *conflicts(settings)):
        raise _refusal(errors)
    return settings


def _refusal(errors: tuple[FieldError, ...]) -> SettingsError:
    problems = "".join(f"\n  {error.field or 'the file'}: {error.message}" for error in errors)
    return SettingsError(problems=problems, fields=errors)


def _source_hook(cls: type, own: tuple[str, ...], converter: cattrs.Converter) -> Callable[[object, object], object]:
    """Makes settings whose other keys are the options of a source."""
    make = class_hook(cls, converter, unknown_keys=False)

    def structure(value: object, target: object) -> object:
        given = mapping(value)
        options = {key: item for key, item in given.items() if key not in own}
        return make({**{key: given[key] for key in own if key in given}, "options": options}, target)

    return structure


def _converter() -> cattrs.Converter:
    converter = make_converter(unknown_keys=False)
    for cls in (PluginSettings, GitAuthSettings, LibrarySettings, WorkspaceSettings):
        own = tuple(field.name for field in attrs.fields(cls) if field.name != "options")
        converter.register_structure_hook(cls, _source_hook(cls, own, converter))
    return converter


CONVERTER = _converter()
