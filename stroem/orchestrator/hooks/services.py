"""Construction of the services of hooks."""

import attrs

from stroem.orchestrator.hooks.deliverer import HookDeliverer
from stroem.orchestrator.hooks.delivery_log import DeliveryLog
from stroem.orchestrator.hooks.finder import HookFinder
from stroem.orchestrator.hooks.fire_batches import FireBatches
from stroem.orchestrator.hooks.keys import DeliveryKeys
from stroem.orchestrator.hooks.redeliverer import Redeliverer
from stroem.orchestrator.hooks.request_files import RequestFiles
from stroem.orchestrator.hooks.tester import HookTester
from stroem.orchestrator.plans.renderer import Renderer
from stroem.orchestrator.secrets.sealed_values import SealedValues
from stroem.orchestrator.triggers.options import TriggerOptions
from stroem.orchestrator.triggers.services import TriggerServices
from stroem.store.database import Database


@attrs.frozen(kw_only=True)
class HookServices:
    """The services of requests to hooks."""

    finder: HookFinder
    batches: FireBatches
    deliverer: HookDeliverer
    redeliverer: Redeliverer
    tester: HookTester


def build_hooks(
    files: RequestFiles,
    renderer: Renderer,
    triggers: TriggerServices,
    options: TriggerOptions,
    database: Database,
    rows: SealedValues,
) -> HookServices:
    """Builds the services. `rows` encrypts recorded requests."""
    finder = HookFinder(database, triggers.live, options.refresh)
    keys, batches = DeliveryKeys(renderer), FireBatches(triggers.firer)
    log = DeliveryLog(database, triggers.counters)
    deliverer = HookDeliverer(database, batches, log, keys, files, finder.refreshed, rows)
    return HookServices(
        finder=finder,
        batches=batches,
        deliverer=deliverer,
        redeliverer=Redeliverer(database, triggers.live, deliverer, rows),
        tester=HookTester(database, triggers.firer, keys),
    )
