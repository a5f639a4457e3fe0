"""Triggers that answer HTTP requests."""

from collections.abc import Sequence

from stroem.hookspecs import hookimpl
from stroem.interfaces.triggers.trigger_type import TriggerType


@hookimpl
def stroem_trigger_types() -> Sequence[type[TriggerType]]:
    """The type of triggers of this plugin."""
    from stroem_webhook.webhook import WebhookTrigger  # loaded on use

    return [WebhookTrigger]
