"""Plans of consumers of event sources."""

from collections.abc import Collection, Mapping

import attrs

from stroem.definitions.values import Json
from stroem.engine.plan import TaskPlan
from stroem.templating.template import references


def consumer_plan(plan: TaskPlan, env: Mapping[str, str], known: Collection[str]) -> TaskPlan:
    """The plan of a task as a consumer: with further variables of its actions, templates over `known` secrets.

    It has no retry: the policy of its trigger starts it again. The secrets that `env` reads have no values.
    """
    read = references(dict(env))
    names = set(known) if ("secret",) in read else {path[1] for path in read if path[0] == "secret"}
    secrets: dict[str, Json] = dict.fromkeys(names.intersection(known), None)
    actions = {name: attrs.evolve(action, env={**action.env, **env}) for name, action in plan.actions.items()}
    return attrs.evolve(plan, actions=actions, secrets={**secrets, **plan.secrets}, retry=None)
