"""Input of a re-run, with the values of its source in the place of the marker."""

from collections.abc import Mapping

from stroem.definitions.field import PRIMITIVE_TYPES
from stroem.definitions.values import Json
from stroem.engine.plan import TaskPlan
from stroem.redaction.redactor import MARKER


def reused_input(plan: TaskPlan, given: Mapping[str, Json], source: Mapping[str, Json]) -> dict[str, Json]:
    """The input, with the source's values where the marker is: in secret and connection fields and secret properties.

    A field that the source does not have is left out: its default applies.
    """
    reused: dict[str, Json] = {}
    for name, value in given.items():
        field = plan.input.get(name)
        if field is None or not (field.secret or field.type not in PRIMITIVE_TYPES):
            reused[name] = value
        elif value != MARKER:
            former = source.get(name)
            reused[name] = _reused_properties(value, former if isinstance(former, Mapping) else {})
        elif name in source:
            reused[name] = source[name]
    return reused


def _reused_properties(value: Json, source: Mapping[str, Json]) -> Json:
    if not isinstance(value, Mapping):
        return value
    kept = {name: one for name, one in value.items() if one != MARKER}
    return {**kept, **{name: source[name] for name in (value.keys() - kept.keys()) & source.keys()}}
