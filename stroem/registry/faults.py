"""Faults of what plugins bring."""

from collections.abc import Sequence

import attrs

from stroem.authenticators.internal import Internal
from stroem.conversion.record import Record, key_of
from stroem.definitions.trigger import Trigger
from stroem.interfaces import authenticator
from stroem.interfaces.triggers.consumer_trigger import ConsumerTrigger
from stroem.interfaces.triggers.http_trigger import HttpTrigger
from stroem.interfaces.triggers.job_trigger import JobTrigger
from stroem.interfaces.triggers.stream_trigger import StreamTrigger
from stroem.interfaces.triggers.time_trigger import TimeTrigger
from stroem.interfaces.triggers.trigger_type import TriggerType
from stroem.settings.access import ProviderSettings

ENGINE_KINDS = frozenset({"action", "task", "choice", "block", "loop"})
"""The kinds of nodes that the engine runs itself."""

FORMS: tuple[type[TriggerType], ...] = (TimeTrigger, HttpTrigger, StreamTrigger, ConsumerTrigger, JobTrigger)
"""The forms of types of triggers."""

_PROVIDER_KEYS = {field.name for field in attrs.fields(ProviderSettings)} - {"options"}
_COMMON_KEYS = {key_of(field.name) for field in attrs.fields(Trigger)} - {"options"}


def runner_problem(thing: object) -> str | None:
    """The fault of a runner; None without one."""
    if not isinstance(getattr(thing, "Options", None), type | None):
        return "has `Options` that are no class"
    return class_problem(thing, ("name", "ability"), ("run",))


def source_problem(thing: object) -> str | None:
    """The fault of a source; None without one."""
    return class_problem(thing, ("name",), ("fetch", "read", "changes", "prepare", "floats", "concerns"))


def push_hook_problem(thing: object) -> str | None:
    """The fault of a kind of push hook; None without one."""
    return class_problem(thing, ("name",), ("read",))


def event_sink_problem(thing: object) -> str | None:
    """The fault of a kind of event sink; None without one."""
    return class_problem(thing, ("name",), ("wants", "deliver", "close"))


def secret_store_problem(thing: object) -> str | None:
    """The fault of a kind of secret store; None without one."""
    return class_problem(thing, ("name",), ("read", "close"))


def step_kind_problem(thing: object) -> str | None:
    """The fault of a kind of step; None without one."""
    if getattr(thing, "name", None) in ENGINE_KINDS:
        return "has the name of a kind of the engine"
    return class_problem(thing, ("name",), ("begin", "resume", "expire"))


def dialect_problem(thing: object) -> str | None:
    """The fault of a dialect; None without one."""
    if (problem := class_problem(thing, ("name",), ("parse", "compile"))) is not None:
        return problem
    endings = getattr(thing, "endings", None)
    is_valid = isinstance(endings, tuple) and endings and all(isinstance(one, str) and "." in one for one in endings)
    return None if is_valid else "has no tuple of `endings` with a dot"


def trigger_type_problem(thing: object) -> str | None:
    """The fault of a type of triggers; None without one."""
    if (problem := class_problem(thing, ("name",), ("faults",))) is not None:
        return problem
    if not (isinstance(thing, type) and issubclass(thing, FORMS)):
        return "is of no form: " + ", ".join(form.__name__ for form in FORMS)
    if not attrs.has(thing) or "__attrs_attrs__" not in vars(thing):  # that of a base does not count
        return "is no attrs class"
    if taken := _COMMON_KEYS & {key_of(field.name) for field in attrs.fields(thing)}:
        return f"has the field {min(taken)!r}, a key of all triggers"
    try:
        Record(thing)
    except Exception as error:  # whatever a type of a field is
        return f"has a field whose type YAML cannot give: {type(error).__name__}: {error}"
    return None


def authenticator_problem(thing: object) -> str | None:
    """The fault of an authenticator; None without one."""
    if (problem := class_problem(thing, ("name",), ("run", "close"))) is not None:
        return problem
    if not (isinstance(thing, type) and issubclass(thing, (*authenticator.FORMS, Internal))):
        return "is of no form: " + ", ".join(form.__name__ for form in authenticator.FORMS)
    if not attrs.has(thing) or "__attrs_attrs__" not in vars(thing):  # that of a base does not count
        return "is no attrs class"
    if taken := _PROVIDER_KEYS & {field.name for field in attrs.fields(thing)}:
        return f"has the field {min(taken)!r}, a key of all providers"
    return None


def class_problem(thing: object, texts: Sequence[str], methods: Sequence[str]) -> str | None:
    """The first of these texts and methods that a class lacks; None if it has all."""
    if not isinstance(thing, type):
        return "is not a class"
    for name in texts:
        if not isinstance(getattr(thing, name, None), str):
            return f"has no text `{name}`"
    for name in methods:
        if not callable(getattr(thing, name, None)):
            return f"has no method `{name}`"
    return None
