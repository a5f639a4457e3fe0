"""Base of types of triggers."""

import datetime
from collections.abc import Collection, Iterator, Mapping
from typing import ClassVar

import attrs

from stroem.definitions.values import Json

COMMON_FACTS = ("name", "workspace", "type", "scheduled_at", "previous_at", "fired_by")
"""The keys of `trigger` in templates over a fire of any type."""


@attrs.frozen(kw_only=True)
class OptionFault:
    """A fault in the options of a trigger: the key, or the path below it, the reason, and the remedy.

    `code` is the code of the mistake in reports. A name among `names` that is like the value goes before the remedy.
    """

    path: tuple[str | int, ...]
    message: str
    hint: str | None = None
    code: str = "invalid-value"
    names: Collection[str] = ()


@attrs.frozen(kw_only=True)
class Fire:
    """An event at a trigger, which starts at most one job.

    `key` is unique among the fires of its trigger: a second one with it changes nothing. `input` are inputs of the job,
    which replace those of the trigger's `input:`. `context` are roots of the templates in that, such as `trigger` and
    `body`. `scheduled_at` is the instant of a schedule.
    """

    key: str
    input: Mapping[str, Json] = attrs.Factory(dict)
    context: Mapping[str, Json] = attrs.Factory(dict)
    scheduled_at: datetime.datetime | None = None


class TriggerType:
    """A type of triggers: an attrs class, frozen, with only keywords.

    Its fields are the YAML keys beside `type`, `task`, `input`, `enabled`, `force_refresh`, `concurrency`, `if` and
    `debounce`. Their docs, validation and JSON Schema follow from the annotations: scalars, `Annotated` with a rule of
    `stroem.conversion.constraints`, `Seconds`, `Literal`, tuples, mappings, further attrs classes, `Json`. Metadata of
    `stroem.definitions.trigger_options` marks names of tasks, secrets and templates. Methods are called on an object
    whose templates over secrets are rendered.

    A type implements one of its forms: `TimeTrigger`, `HttpTrigger`, `StreamTrigger`, `ConsumerTrigger`, `JobTrigger`.

    `one_of` are keys of which exactly one is given; `faults` tells if it is not so.

    A type that `consumes` runs the trigger's own `task` to find events; these start another task. `source_type` is that
    of its jobs. `roots` are the roots of templates over its fires, `gives` the inputs that its fires bring beside
    `input:`; `facts` are the keys of `trigger` beside those that all types have, None if they are not known.
    """

    name: ClassVar[str]
    one_of: ClassVar[tuple[str, ...]] = ()
    source_type: ClassVar[str] = "trigger"
    roots: ClassVar[frozenset[str]] = frozenset({"trigger"})
    gives: ClassVar[frozenset[str]] = frozenset()
    facts: ClassVar[frozenset[str] | None] = None
    consumes: ClassVar[bool] = False

    def faults(self) -> Iterator[OptionFault]:
        """Faults that the types of the fields do not show."""
        return iter(())
