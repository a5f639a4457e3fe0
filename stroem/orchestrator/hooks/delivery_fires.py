"""Requests to webhooks as they are stored: encrypted, if this server encrypts."""

from stroem.definitions.values import Json
from stroem.orchestrator.secrets.sealed_values import Place, SealedValues
from stroem.store.hooks.deliveries import DeliveryRow, NewDelivery


def sealed_fire(rows: SealedValues, record: NewDelivery, fire: bytes) -> str:
    """The JSON text of what a redelivery of the request needs, as it is stored."""
    return rows.sealed_text(fire, Place.DELIVERY, record.workspace, record.trigger, record.at)


def opened_fire(rows: SealedValues, row: DeliveryRow, stored: Json) -> Json:
    """Decrypt the stored request, for a redelivery. Raises CannotOpen."""
    return rows.opened(stored, Place.DELIVERY, row.workspace, row.trigger, row.at)
