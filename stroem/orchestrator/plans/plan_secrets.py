"""Plans with the secrets that their workspace keeps in stores."""

from collections.abc import Iterator, Mapping

import attrs

from stroem.definitions.secret_reference import InvalidReference, SecretReference, reference_of
from stroem.definitions.values import Json
from stroem.engine.plan import TaskPlan
from stroem.orchestrator.secrets.values import SecretValue, SecretValues
from stroem.redaction.redactor import MARKER, leaves
from stroem.store.jobs.jobs import JobFacts
from stroem.templating.errors import Withheld

Read = Mapping[SecretReference, SecretValue]


@attrs.frozen(kw_only=True)
class FilledPlan:
    """A plan with the values of its references; the place of one that cannot be read is `Withheld`.

    `environment` has the values for variables of actions that are references, by text; `read` is what all were made
    from.
    """

    plan: TaskPlan
    environment: Mapping[str, str | Withheld] = attrs.field(factory=dict, repr=False)
    read: Read = attrs.Factory(dict)

    @property
    def masked(self) -> tuple[str, ...]:
        """All values that were read, former ones too."""
        return tuple(one for value in self.read.values() for one in value.known)

    @property
    def given(self) -> tuple[SecretReference, ...]:
        """The references with a value."""
        return tuple(one for one, value in self.read.items() if value.value is not None)

    @property
    def unknown(self) -> tuple[SecretReference, ...]:
        """The references of which this server has never had a value."""
        return tuple(one for one, value in self.read.items() if not value.known)


@attrs.frozen(kw_only=True)
class MissingSecrets:
    """The secrets that a plan needs and that must be read first."""

    references: tuple[SecretReference, ...]


class PlanSecrets:
    """Fills plans with secrets of stores."""

    def __init__(self, values: SecretValues) -> None:
        self.values = values

    def fill(self, plan: TaskPlan, facts: JobFacts, *, fresh: bool) -> FilledPlan | MissingSecrets:
        """The plan of a job with its secrets, from memory. Values that are not `fresh` may be of any age."""
        texts = {text: reference for text in _texts_of(plan) if (reference := _read(text)) is not None}
        if not texts:
            return FilledPlan(plan=plan)
        wanted = dict.fromkeys(one for one in texts.values() if isinstance(one, SecretReference))
        found = {one: self.values.get(facts.workspace, one, fresh=fresh) for one in wanted}
        if missing := tuple(one for one, value in found.items() if value is None):
            return MissingSecrets(references=missing)
        read = {one: value for one, value in found.items() if value is not None}
        values = {text: _value_of(one, read, plan, facts) for text, one in texts.items()}
        return FilledPlan(plan=_with_secrets(plan, values), environment=values, read=read)

    def is_current(self, workspace: str, read: Read, *, fresh: bool) -> bool:
        """Whether the same was read last, and need not be read again."""
        return all(self.values.get(workspace, one, fresh=fresh) is value for one, value in read.items())


def without_references(plan: TaskPlan) -> TaskPlan:
    """The plan with the marker in the place of secrets of stores: their values are read when a step starts."""
    references = {text: MARKER for text in _texts_of(plan) if _read(text) is not None}
    return _with_secrets(plan, references) if references else plan


def references_replaced(secrets: Mapping[str, Json], by: str | Withheld) -> dict[str, Json]:
    """Secrets with something else in the place of those of stores."""
    texts = [leaf for leaf in leaves(secrets) if isinstance(leaf, str)]
    values = {text: by for text in texts if _read(text) is not None}
    return {name: _replaced(value, values) for name, value in secrets.items()}


def _texts_of(plan: TaskPlan) -> Iterator[str]:
    """Secrets of the plan, and variables of its actions that are references as they are written."""
    yield from (leaf for leaf in leaves(plan.secrets) if isinstance(leaf, str))
    for action in plan.actions.values():
        yield from (value for value in action.env.values() if value.startswith("ref+"))


def _read(text: str) -> SecretReference | Withheld | None:
    try:
        return reference_of(text)
    except InvalidReference as error:
        return Withheld(f"a secret of this workspace {error}")


def _value_of(one: SecretReference | Withheld, read: Read, plan: TaskPlan, facts: JobFacts) -> str | Withheld:
    if isinstance(one, Withheld):
        return one
    found = read[one]
    if found.value is not None:
        return found.value
    asked = f"asked by task {plan.task!r} of workspace {facts.workspace!r}"
    return Withheld(f"secret {one.place!r}: store {one.store!r} {found.reason} ({asked})")


def _with_secrets(plan: TaskPlan, values: Mapping[str, str | Withheld]) -> TaskPlan:
    return attrs.evolve(plan, secrets={name: _replaced(value, values) for name, value in plan.secrets.items()})


def _replaced(value: Json, values: Mapping[str, str | Withheld]) -> Json:
    if isinstance(value, str):
        return values.get(value, value)  # type: ignore[return-value]  # the place of a value that cannot be had
    if isinstance(value, Mapping):
        return {key: _replaced(entry, values) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_replaced(entry, values) for entry in value]
    return value
