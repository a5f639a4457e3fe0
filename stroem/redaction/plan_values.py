"""Plans with and without the values of secrets and connections."""

from collections.abc import Mapping

import attrs

from stroem.definitions.action import Action
from stroem.definitions.connection import Connection, ConnectionProperty
from stroem.definitions.field import InputField
from stroem.definitions.workspace import Definitions
from stroem.engine.plan import TaskPlan
from stroem.redaction.redactor import MARKER


def without_values(plan: TaskPlan) -> TaskPlan:
    """The plan as it is stored: names of secrets and connections, the marker for secret values."""
    return attrs.evolve(
        plan,
        secrets=dict.fromkeys(plan.secrets, MARKER),
        connections={name: Connection(type=one.type) for name, one in plan.connections.items()},
        input=_with_defaults(plan.input, None),
        actions={name: _action(action, None) for name, action in plan.actions.items()},
        connection_types={name: _properties(one, None) for name, one in plan.connection_types.items()},
    )


def with_values(plan: TaskPlan, definitions: Definitions) -> TaskPlan:
    """A stored plan with the values of its release. Names that the release lacks are left out."""
    task, types = definitions.tasks.get(plan.hook_of or plan.task), definitions.connection_types
    return attrs.evolve(
        plan,
        secrets={name: definitions.secrets[name] for name in plan.secrets if name in definitions.secrets},
        connections={
            name: definitions.connections[name] for name in plan.connections if name in definitions.connections
        },
        input=_with_defaults(plan.input, task.input if task else {}),
        actions={name: _action(one, definitions.actions.get(name)) for name, one in plan.actions.items()},
        connection_types={name: _properties(one, types.get(name, {})) for name, one in plan.connection_types.items()},
    )


def lacks_values(plan: TaskPlan) -> bool:
    """Whether a stored plan needs values before it can run."""
    fields = [*plan.input.values(), *(field for action in plan.actions.values() for field in action.input.values())]
    properties = [one for kind in plan.connection_types.values() for one in kind.values()]
    declared: list[InputField | ConnectionProperty] = [*fields, *properties]
    has_secret_default = any(one.secret and one.default is not None for one in declared)
    return bool(plan.secrets or plan.connections or has_secret_default)


def _action(action: Action, other: Action | None) -> Action:
    known = None if other is None else other.input
    return attrs.evolve(action, input=_with_defaults(action.input, known)) if action.input else action


def _with_defaults(fields: Mapping[str, InputField], others: Mapping[str, InputField] | None) -> dict[str, InputField]:
    """Secret fields with the defaults of others; with the marker when there are none."""
    return {
        name: attrs.evolve(field, default=MARKER if others is None else others[name].default)
        if field.secret and field.default is not None and (others is None or name in others)
        else field
        for name, field in fields.items()
    }


def _properties(
    properties: Mapping[str, ConnectionProperty], others: Mapping[str, ConnectionProperty] | None
) -> dict[str, ConnectionProperty]:
    return {
        name: attrs.evolve(one, default=MARKER if others is None else others[name].default)
        if one.secret and one.default is not None and (others is None or name in others)
        else one
        for name, one in properties.items()
    }
