"""Languages of scripts, as abilities of workers."""

from collections.abc import Collection

from stroem.definitions.action import Action

LANGUAGES = ("python", "javascript", "typescript", "go")
"""Those that a worker may lack; each has the shell."""

_PREFIX = "lang:"


def language_ability(action: Action) -> str | None:
    """The ability `lang:go` for a script that the worker's own programs run; None if any worker for scripts will do."""
    is_found_on_path = action.interpreter is None and "PATH" not in action.env
    return f"{_PREFIX}{action.language}" if action.language in LANGUAGES and is_found_on_path else None


def with_languages(capabilities: tuple[str, ...], languages: Collection[str] | None) -> tuple[str, ...]:
    """Capabilities with those of the languages. A worker that does not tell its languages counts as having all."""
    if "script" not in capabilities:
        return capabilities
    known = [one for one in LANGUAGES if languages is None or one in languages]
    return (*capabilities, *(f"{_PREFIX}{one}" for one in known))


def without_languages(capabilities: Collection[str]) -> tuple[str, ...]:
    """The capabilities that a worker has told."""
    return tuple([one for one in capabilities if not one.startswith(_PREFIX)])


def languages_in(capabilities: Collection[str]) -> tuple[str, ...]:
    """The languages of a worker."""
    return tuple([one.removeprefix(_PREFIX) for one in capabilities if one.startswith(_PREFIX)])
