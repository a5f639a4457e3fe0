"""Jobs started by HTTP requests."""

from collections.abc import Sequence

from stroem.hookspecs import hookimpl
from stroem.interfaces.triggers.trigger_type import TriggerType


@hookimpl
def stroem_trigger_types() -> Sequence[type[TriggerType]]:
    from stroem_webhook.webhook import WebhookTrigger  # with its libraries, which workers do not need

    return [WebhookTrigger]
