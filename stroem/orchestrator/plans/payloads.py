"""Checks of the payloads of signals."""

from collections.abc import Mapping

from stroem.definitions.values import Json
from stroem.engine.plan import TaskPlan
from stroem.engine.values.forms import form_of, with_form
from stroem.engine.values.inputs import CheckedInput, check_input
from stroem.errors import FieldError, InvalidInput
from stroem.interfaces.nodes import Node
from stroem.orchestrator.plans.renderer import Renderer


class Payloads:
    """Checks payloads against the fields that nodes declare."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer

    async def check(self, plan: TaskPlan, node: Node, payload: Json) -> CheckedInput:
        """The payload, complete and of the declared types. Raises InvalidInput with every mistake."""
        given = {} if payload is None else payload
        if not isinstance(given, Mapping):
            message = f"must be an object with the fields {', '.join(form_of(node))}"
            wrong = FieldError(field="payload", message=message)
            raise InvalidInput(problems=f"payload {message}", fields=(wrong,))
        declared, owner = with_form(plan, node), f"the signal of step {node.name!r}"
        return await self._renderer.render(lambda budget: check_input(declared, given, budget, of=owner, key="payload"))
