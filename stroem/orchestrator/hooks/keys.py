"""Keys of the fires of requests."""

import hashlib
from collections.abc import Mapping

import attrs

from stroem.definitions.values import Json
from stroem.interfaces.triggers.http_trigger import Delivery
from stroem.orchestrator.plans.renderer import Renderer
from stroem.templating.template import render, text_of

_MOST_CHARS = 200


class DeliveryKeys:
    """Finds the keys of deliveries: by a template of the trigger, else the id of the sender's."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer

    async def keyed(self, delivery: Delivery, template: str | None) -> Delivery:
        """The delivery with its key. Raises TemplateFailed."""
        if template is None:
            return delivery
        context: Mapping[str, Json] = delivery.fire.context
        value = await self._renderer.render(lambda budget: render(template, context, budget=budget))
        text = "" if value is None else text_of(value).strip()
        if not text:
            return delivery
        fire = attrs.evolve(delivery.fire, key=f"dedup:{bounded(text)}")
        return attrs.evolve(delivery, fire=fire, is_keyed=True)


def bounded(text: str) -> str:
    """A text of at most 200 characters; of a longer one the SHA-256."""
    return text if len(text) <= _MOST_CHARS else hashlib.sha256(text.encode(errors="replace")).hexdigest()
