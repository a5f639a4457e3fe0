"""Keys of the fires of requests."""

import hashlib
from collections.abc import Mapping

import attrs

from stroem.definitions.values import Json
from stroem.errors import BadRequest, StroemError
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
        text = await self._text(delivery, template)
        if not text:
            return delivery
        fire = attrs.evolve(delivery.fire, key=f"dedup:{text}")
        return attrs.evolve(delivery, fire=fire, is_keyed=True)

    async def _text(self, delivery: Delivery, template: str) -> str:
        """The text of a template over the whole request; its SHA-256 if it depends on what is not stored."""
        stored = delivery.fire.context
        if delivery.unredacted is None or delivery.unredacted == stored:
            return bounded(await self._rendered(template, stored))
        try:
            text = await self._rendered(template, delivery.unredacted)
        except StroemError:
            await self._rendered(template, stored)  # whose error shows nothing of the request's secrets
            raise BadRequest(message="`dedup` fails for a part of the request that is not stored") from None
        try:
            is_shown = text == await self._rendered(template, stored)
        except StroemError:
            is_shown = False
        return bounded(text) if is_shown else digest(text)

    async def _rendered(self, template: str, context: Mapping[str, Json]) -> str:
        value = await self._renderer.render(lambda budget: render(template, context, budget=budget))
        return "" if value is None else text_of(value).strip()


def bounded(text: str) -> str:
    """A text of at most 200 characters; of a longer one the SHA-256."""
    return text if len(text) <= _MOST_CHARS else digest(text)


def digest(text: str) -> str:
    """The SHA-256 of a text; of an empty one nothing."""
    return hashlib.sha256(text.encode(errors="replace")).hexdigest() if text else ""
