"""The steps that an earlier run of this worker has left running."""

import asyncio
import logging

from stroem.protocol.exchange import ExchangeRequest
from stroem.worker.exchange.registration import BACKOFF, WorkerRegistration
from stroem.worker.http.client import ServerAway, ServerClient
from stroem.worker.steps.in_flight_steps import InFlightSteps

logger = logging.getLogger(__name__)


async def resume(client: ServerClient, registration: WorkerRegistration, steps: InFlightSteps) -> None:
    """Goes on with the steps that the server believes to be here: with an empty inventory it sends them all again.

    Tries until the server answers. Raises `Refused`.
    """
    offer, failures = registration.offer, 0
    request = ExchangeRequest(
        worker_id=registration.worker_id,
        capabilities=offer.capabilities,
        tags=offer.tags,
        exclusive=offer.exclusive,
        max_steps=0,
        holding=(),
    )
    while True:
        try:
            answer = await client.post("/worker/jobs/claim", request)
            break
        except ServerAway as error:
            failures += 1
            logger.debug("%s; trying again", error)
            await asyncio.sleep(BACKOFF.secs(failures))
    documents = answer.get("steps") or ()
    if documents:
        logger.info("%d steps of the last run are adopted, where that is possible", len(documents))
    steps.adopt(documents)
    steps.cancel(answer.get("cancel") or ())
