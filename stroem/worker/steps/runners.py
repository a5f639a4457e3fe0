"""The runners of this worker, and the options of steps for them."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

import attrs
import cattrs

from stroem import errors
from stroem.conversion.structure import KINDS, expected, located, make_converter, settings_error
from stroem.definitions.values import Json, is_json
from stroem.interfaces.runner import (
    AdoptingRunner,
    ConnectedRunner,
    LeftoverRunner,
    PoolPlace,
    PoolRunner,
    Runner,
    RunnerFailed,
    VolumeKeeper,
)
from stroem.registry.registry import Registry
from stroem.settings.worker import WorkerSettings

logger = logging.getLogger(__name__)

LOOK_SECS = 15
"""Seconds between looks at the systems that runners need."""

OPEN_SECS = 10
"""Seconds within which such a system must have answered."""

_REASON_CHARACTERS = 500

OTHER_WORDS = {"shell": "script"}
"""Abilities by their names in older workflows."""


def _texts(value: object, _: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise TypeError("a list of texts is expected")
    return tuple(map(str, value))


def _written(value: object, _: object) -> str:
    """A text, or a number that stands for one, such as a `user` or `cpu`."""
    if isinstance(value, str) or type(value) in (int, float):
        return str(value)
    raise expected(KINDS[str], value)


_converter = cattrs.Converter(forbid_extra_keys=True)
_converter.register_structure_hook_func(is_json, lambda value, _: value)
_converter.register_structure_hook_func(lambda kind: kind == tuple[str, ...], _texts)

_settings_converter = make_converter(unknown_keys=False)
_settings_converter.register_structure_hook(str, _written)


class Runners:
    """The runners for the abilities in the worker's settings, one instance each.

    The steps of a runner go to one that stands in for it, as long as the system of that is there.
    """

    def __init__(self, settings: WorkerSettings, registry: Registry, *, away_level: int = logging.WARNING) -> None:
        """Raises `SettingsError` for an unknown ability and for invalid options of a runner.

        A runner that cannot be offered is logged at `away_level`.
        """
        wanted = tuple(dict.fromkeys(OTHER_WORDS.get(word, word) for word in settings.capabilities))
        loaded = registry.runners
        _check_abilities(wanted, loaded)
        _check_names(settings.runners, loaded)
        self._wanted = wanted
        self._runners = {
            name: _make(runner, {**_older_options(name, settings), **settings.runners.get(name, {})})
            for name, runner in loaded.items()
            if runner.ability in wanted
        }
        self._away: dict[str, str] = {}
        self.languages: tuple[str, ...] = ()
        """The languages of scripts that this machine had programs for when it was looked at last."""
        self._away_level = away_level

    @property
    def change_user(self) -> bool:
        """Whether steps of a runner run as another user of this machine."""
        return any(getattr(runner, "user", None) is not None for runner in self._runners.values())

    @property
    def abilities(self) -> tuple[str, ...]:
        """The abilities of the runners that can run steps now."""
        offered: dict[str, None] = {}
        for name, runner in self._runners.items():
            if name not in self._away:
                offered |= dict.fromkeys((runner.ability, *_stands_in_for(runner)))
        return tuple(dict.fromkeys([*(ability for ability in self._wanted if ability in offered), *offered]))

    @property
    def missing(self) -> dict[str, str]:
        """The abilities of the settings that cannot be offered now, each with the reason."""
        offered = self.abilities
        return {
            self._runners[name].ability: why
            for name, why in self._away.items()
            if self._runners[name].ability not in offered
        }

    @property
    def with_leftovers(self) -> list[LeftoverRunner]:
        """The runners whose system is there now, and may have what killed workers left."""
        here = [runner for name, runner in self._runners.items() if name not in self._away]
        return [runner for runner in here if isinstance(runner, LeftoverRunner)]

    @property
    def with_volumes(self) -> list[VolumeKeeper]:
        """The runners whose system is there now, and that keep folders of jobs in it."""
        here = [runner for name, runner in self._runners.items() if name not in self._away]
        return [runner for runner in here if isinstance(runner, VolumeKeeper)]

    @property
    def may_adopt(self) -> bool:
        """Whether a runner can go on with steps of an earlier run of this worker."""
        return any(isinstance(runner, AdoptingRunner) for runner in self._runners.values())

    async def look(self) -> None:
        """Finds out which runners can run steps now, and logs what has changed. All are asked at the same time."""
        self.languages = tuple([one for runner in self._runners.values() for one in getattr(runner, "languages", ())])
        connected = {name: runner for name, runner in self._runners.items() if isinstance(runner, ConnectedRunner)}
        found = await asyncio.gather(*map(_reason_away, connected.values()))
        for name, why in zip(connected, found, strict=True):
            before = self._away.pop(name, None)
            if why is not None:
                self._away[name] = why
                if before is None:
                    logger.log(self._away_level, "steps in %s are not offered, and it is tried again: %s", name, why)
            elif before is not None:
                logger.info("steps in %s are offered", name)

    async def keep_looking(self, on_change: Callable[[], object]) -> None:
        """Looks again and again until it is cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECS)
            before = (dict(self._away), self.languages)
            await self.look()
            if (self._away, self.languages) != before:
                on_change()

    async def keep_pools(self, place: PoolPlace) -> None:
        """Has runners keep containers ready until it is cancelled. One that fails keeps no other from it."""
        pooling = [(name, runner) for name, runner in self._runners.items() if isinstance(runner, PoolRunner)]
        await asyncio.gather(*(_keep_pool(name, runner, place) for name, runner in pooling))

    async def close(self) -> None:
        """Closes the connections of all runners, once no step runs any more."""
        for name, runner in self._runners.items():
            if isinstance(runner, ConnectedRunner):
                try:
                    await runner.close()
                except Exception:
                    logger.exception("the runner %s was not closed", name)

    def get(self, name: str) -> Runner:
        """The runner of that name. Raises `RunnerFailed` when this worker does not have it."""
        for stand_in, runner in self._runners.items():
            if name in _stands_in_for(runner) and stand_in not in self._away:
                return runner
        if name not in self._runners:
            offered = ", ".join(sorted(self._runners))
            raise RunnerFailed(f"This worker has no runner {name!r}; it offers {offered}.")
        return self._runners[name]


def _stands_in_for(runner: Runner) -> tuple[str, ...]:
    """Names of runners whose steps this one runs too; each is the name of an ability as well."""
    return tuple(getattr(runner, "stands_in_for", ()))


async def _reason_away(runner: ConnectedRunner) -> str | None:
    """Why the runner cannot run steps now; None if it can."""
    try:
        async with asyncio.timeout(OPEN_SECS):
            await runner.open()
    except TimeoutError:
        return f"no answer within {OPEN_SECS} s"
    except RunnerFailed as failure:
        return _line(str(failure))
    except Exception as error:
        logger.exception("a runner failed")
        return _line(repr(error))
    return None


async def _keep_pool(name: str, runner: PoolRunner, place: PoolPlace) -> None:
    try:
        await runner.keep_pool(place)
    except Exception:
        logger.exception("the runner %s keeps nothing ready any more", name)


def _line(text: str) -> str:
    return " ".join(text.split())[:_REASON_CHARACTERS]


def _older_options(name: str, settings: WorkerSettings) -> dict[str, Json]:
    """Options by their older settings."""
    older: dict[str, Json] = {}
    if name == "docker":
        older = {"host": settings.docker.host if settings.docker else None, "image": settings.runner_image}
    elif name == "pod":
        pods = attrs.asdict(settings.kubernetes) if settings.kubernetes else {}
        pods["startup_configmap"] = pods.pop("runner_startup_configmap", None)
        older = {**pods, "image": settings.runner_image}
    return {key: value for key, value in older.items() if value is not None}


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
            offered = ", ".join(sorted(abilities)) or "nothing"
            message = f"no loaded runner offers {ability!r}; loaded runners offer {offered}. See `stroem plugins`."
            raise settings_error([errors.FieldError(field="capabilities", message=message)])


def _check_names(options: Mapping[str, object], loaded: Mapping[str, type[Runner]]) -> None:
    known = ", ".join(sorted(loaded)) or "none"
    unknown = [name for name in options if name not in loaded]
    if unknown:
        message = f"there is no such runner; loaded: {known}."
        raise settings_error([errors.FieldError(field=f"runners.{name}", message=message) for name in unknown])


def _make(runner: type[Runner], options: Mapping[str, Json]) -> Runner:
    try:
        made: Any = _settings_converter.structure(options, runner) if attrs.has(runner) else runner(**options)
    except Exception as error:
        mistakes = located(error, ("runners", runner.name), told=ValueError)
        raise settings_error([one.field_error for one in mistakes]) from error
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
