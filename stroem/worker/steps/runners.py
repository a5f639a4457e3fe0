"""The runners of this worker, and the options of steps for them."""

from collections.abc import Mapping
from typing import Any

import attrs
import cattrs

from stroem import errors
from stroem.definitions.values import Json, is_json
from stroem.interfaces.runner import Runner, RunnerFailed
from stroem.registry.registry import Registry
from stroem.settings.worker import WorkerSettings

OTHER_WORDS = {"shell": "script"}
"""Abilities by their names in older workflows."""


def _texts(value: object, _: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise TypeError("a list of texts is expected")
    return tuple(map(str, value))


_converter = cattrs.Converter(forbid_extra_keys=True)
_converter.register_structure_hook_func(is_json, lambda value, _: value)
_converter.register_structure_hook_func(lambda kind: kind == tuple[str, ...], _texts)


class Runners:
    """The runners for the abilities in the worker's settings, one instance each."""

    def __init__(self, settings: WorkerSettings, registry: Registry) -> None:
        """Raises `SettingsError` for an unknown ability and for invalid options of a runner."""
        self.abilities = tuple(dict.fromkeys(OTHER_WORDS.get(word, word) for word in settings.capabilities))
        loaded = registry.runners
        _check_abilities(self.abilities, loaded)
        _check_names(settings.runners, loaded)
        self._runners = {
            name: _make(runner, settings.runners.get(name, {}))
            for name, runner in loaded.items()
            if runner.ability in self.abilities
        }

    @property
    def change_user(self) -> bool:
        """Whether steps of a runner run as another user of this machine."""
        return any(getattr(runner, "user", None) is not None for runner in self._runners.values())

    def get(self, name: str) -> Runner:
        """The runner of that name. Raises `RunnerFailed` when this worker does not have it."""
        if name not in self._runners:
            offered = ", ".join(sorted(self._runners))
            raise RunnerFailed(f"This worker has no runner {name!r}; it offers {offered}.")
        return self._runners[name]


def step_options(runner: Runner, options: Mapping[str, Json]) -> object:
    """The action's options as the runner's `Options`. Raises `RunnerFailed` when they are not valid."""
    if runner.Options is None:
        return None
    try:
        return _converter.structure(options, runner.Options)
    except Exception as error:
        raise RunnerFailed(f"The options of the action are not valid: {_problems(error)}") from error


def _check_abilities(wanted: tuple[str, ...], loaded: Mapping[str, type[Runner]]) -> None:
    abilities = {runner.ability for runner in loaded.values()}
    for ability in wanted:
        if ability not in abilities:
            raise errors.SettingsError(
                problems=f"capabilities: no loaded runner offers {ability!r}; loaded runners offer "
                f"{', '.join(sorted(abilities)) or 'nothing'}. `stroem plugins` says what is loaded."
            )


def _check_names(options: Mapping[str, object], loaded: Mapping[str, type[Runner]]) -> None:
    for name in options:
        if name not in loaded:
            known = ", ".join(sorted(loaded)) or "none"
            raise errors.SettingsError(problems=f"runners.{name}: there is no such runner; loaded: {known}.")


def _make(runner: type[Runner], options: Mapping[str, Json]) -> Runner:
    try:
        made: Any = _converter.structure(options, runner) if attrs.has(runner) else runner(**options)
    except Exception as error:
        raise errors.SettingsError(problems=f"runners.{runner.name}: {_problems(error)}") from error
    instance: Runner = made
    return instance


def _problems(error: Exception) -> str:
    if isinstance(error, cattrs.BaseValidationError):
        return "; ".join(map(_placed, cattrs.transform_error(error, format_exception=_words)))
    return str(error)


def _placed(problem: str) -> str:
    """A problem of cattrs, `words @ $.option`, as `option: words`."""
    words, _, path = problem.rpartition(" @ $")
    return f"{path.removeprefix('.')}: {words}" if path else words or problem


def _words(error: BaseException, target: type | None) -> str:
    """The runner's message about a combination of options, else that of cattrs."""
    return str(error) if target is None and isinstance(error, ValueError) else cattrs.v.format_exception(error, target)
