"""The exchange loop: requests that deliver outcomes and log lines, and claim steps."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from stroem.definitions.backoff import Backoff
from stroem.protocol.exchange import ExchangeRequest
from stroem.worker.exchange.batch import BatchItem, has_only_lines, next_batch
from stroem.worker.exchange.inventory import InventorySchedule
from stroem.worker.exchange.log_uploader import TOKEN
from stroem.worker.exchange.registration import UnknownWorker, WorkerRegistration
from stroem.worker.exchange.rejection import replace_item
from stroem.worker.exchange.request_builder import RequestBuilder
from stroem.worker.http.client import Refused, ServerAway, ServerClient
from stroem.worker.steps.in_flight_step import InFlightStep
from stroem.worker.steps.in_flight_steps import InFlightSteps

logger = logging.getLogger(__name__)

POLL_SECS = 25
"""The longest wait of a long poll: a request that delivers nothing and that the server holds until there is a step."""

LINGER_SECS = 0.004
"""The pause between an answer with steps and the next long poll, for their first lines or outcomes."""

LAST_LINES_SECS = 0.0015
"""The wait of lines for the outcome that often follows them, so that one request delivers both."""

UNKNOWN_WORKER = 404
UNRENDERED = 422


class ExchangeLoop:
    """Sends requests that deliver a batch and claim steps for the free slots.

    At most one request with a batch is under way. A request without one is a long poll, which a newer request ends.
    `settle` gets the verdicts on steps that began here.
    """

    def __init__(
        self,
        client: ServerClient,
        registration: WorkerRegistration,
        steps: InFlightSteps,
        *,
        settle: Callable[[Sequence[Mapping[str, Any]]], None],
        longest_pause_secs: float,
    ) -> None:
        self._client = client
        self._settle = settle
        self._registration = registration
        self._steps = steps
        self._backoff = Backoff(first_secs=0.1, longest_secs=longest_pause_secs)
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()
        self._polls: set[asyncio.Task[None]] = set()
        self._polled_slots = -1
        self._quiet_until = 0.0
        self._poll_after = 0.0
        self._failures = 0
        self._requests = 0
        self._empty_answers = 0
        self._inventory = InventorySchedule(self._loop.time)
        self._builder = RequestBuilder(registration, steps, self._inventory)
        self._claims_under_way = 0
        self._answered = asyncio.Event()
        self._alone = 0
        self._probing = False
        self._fatal: BaseException | None = None
        steps.on_change = self._wake.set
        client.on_change(self._on_server_change)

    def stop_claiming(self) -> None:
        """Asks for no more steps from now on, and gives back those that have not begun. The others are delivered."""
        self._builder.claiming = False
        self._steps.give_back_waiting()
        self._wake.set()

    async def all_claimed(self) -> None:
        """Waits, after `stop_claiming`, until no answer can bring a step, or the server is away."""
        while self._claims_under_way or (self._inventory.is_owed and not self._client.away):
            self._answered.clear()
            await self._answered.wait()

    def forgotten(self) -> None:
        """Ends the loop: the server does not know this worker."""
        self._fatal = UnknownWorker()
        self._wake.set()

    def request_inventory(self) -> None:
        """Sends an inventory now: the server may have given up steps that are in flight here."""
        self._restart_polls()
        self._wake.set()

    async def run(self) -> None:
        """Exchanges until it is cancelled. Raises `Refused` and `UnknownWorker`."""
        try:
            while self._fatal is None:
                await self._run_once()
            raise self._fatal
        finally:
            for task in self._polls:
                task.cancel()
            await asyncio.gather(*self._polls, return_exceptions=True)

    async def _run_once(self) -> None:
        self._wake.clear()
        now = self._loop.time()
        if now < self._quiet_until:
            return await self._wait(self._quiet_until - now)
        await self._wait_for_outcomes()
        if self._probing:
            return await self._probe()
        if returned := self._steps.to_return:
            return await self._give_back(returned)
        if batch := next_batch(self._steps, alone=bool(self._alone)):
            return await self._deliver(batch)
        if not self._needs_poll():
            return await self._wait(self._inventory.secs_left)
        if now < self._poll_after:
            return await self._wait(self._poll_after - now)
        self._start_poll()

    async def _wait_for_outcomes(self) -> None:
        """Waits a moment for an outcome while there are only lines to deliver."""
        until = self._loop.time() + LAST_LINES_SECS
        while has_only_lines(self._steps) and (left := until - self._loop.time()) > 0:
            self._wake.clear()
            await self._wait(left)

    async def _wait(self, seconds: float | None) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return

    def _needs_poll(self) -> bool:
        if not self._polls or self._inventory.secs_left <= 0:
            return True
        free = self._builder.free_slots
        return free > self._polled_slots or (free == 0 and self._polled_slots > 0)

    def _start_poll(self) -> None:
        self._polled_slots = self._builder.free_slots
        task = asyncio.create_task(self._poll(self._builder.poll(POLL_SECS)))
        self._polls.add(task)
        task.add_done_callback(self._on_poll_over)

    def _on_poll_over(self, task: "asyncio.Task[None]") -> None:
        self._polls.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._fatal = error
        self._wake.set()

    async def _poll(self, request: ExchangeRequest) -> None:
        asked_at = self._loop.time()
        number = self._requests = self._requests + 1
        try:
            was_useful = await self._send(request)
        except ServerAway as error:
            self._on_away(error)
        except Refused as error:
            self._on_refused((), error)
        else:
            if number == self._requests:
                self._adapt_polls(was_useful or self._loop.time() - asked_at > POLL_SECS / 2)

    def _adapt_polls(self, was_useful: bool) -> None:
        """Polls less and less often a server that answers at once without anything."""
        self._empty_answers = 0 if was_useful else self._empty_answers + 1
        if self._empty_answers > 1:
            self._poll_after = self._loop.time() + self._backoff.secs(self._empty_answers)

    async def _deliver(self, batch: tuple[BatchItem, ...]) -> None:
        self._requests += 1
        try:
            was_useful = await self._send(self._builder.delivery(batch, alone=bool(self._alone)))
        except ServerAway as error:
            self._put_back(batch)
            self._on_away(error)
            if error.may_concern_body:
                self._suspect(batch, error)
        except Refused as error:
            self._put_back(batch)
            self._on_refused(batch, error)
        else:
            self._on_delivered(batch)
            self._empty_answers = 0
            self._poll_after = self._loop.time() + LINGER_SECS if was_useful else 0
        for item in batch:
            self._steps.upload_if_large(item.step)

    async def _send(self, request: ExchangeRequest) -> bool:
        """Sends a request and applies its answer; True if that brought steps or ended some."""
        brings_steps = bool(request.max_steps) or request.holding is not None
        self._claims_under_way += brings_steps
        try:
            answer = await self._client.post("/worker/jobs/claim", request, wait_secs=request.wait_secs)
        except BaseException:
            self._inventory.owe()  # the answer may have brought steps
            raise
        finally:
            self._claims_under_way -= brings_steps
            self._answered.set()
        self._failures = 0
        return self._apply(answer)

    def _apply(self, answer: Mapping[str, Any]) -> bool:
        self._registration.learn_lease(answer)
        self._settle(answer.get("begun") or ())
        steps = answer.get("steps") or ()
        self._steps.accept(steps)
        return self._steps.cancel(answer.get("cancel") or ()) or bool(steps)

    async def _give_back(self, steps: Sequence[InFlightStep]) -> None:
        """Gives steps back that have not begun; repeated until the server has answered."""
        self._requests += 1
        try:
            await self._send(self._builder.returns(steps))
        except ServerAway as error:
            self._on_away(error)
        except Refused as error:
            self._on_refused((), error)
        else:
            for step in steps:
                self._steps.forget(step)

    def _on_delivered(self, batch: Sequence[BatchItem]) -> None:
        self._alone = max(0, self._alone - 1)
        for item in batch:
            item.step.failures.clear()
            if item.chunk:
                item.step.log.confirm()
            if item.outcome:
                self._steps.forget(item.step)

    def _put_back(self, batch: Sequence[BatchItem]) -> None:
        for item in batch:
            if item.chunk:
                item.step.log.put_back()

    def _on_away(self, error: ServerAway) -> None:
        logger.debug("%s; steps continue, their logs and outcomes are kept", error)
        self._failures += 1
        self._quiet_until = self._loop.time() + self._backoff.secs(self._failures)

    def _on_server_change(self) -> None:
        if not self._client.away:
            self._quiet_until = 0.0
            self._restart_polls()
        self._answered.set()
        self._wake.set()

    def _restart_polls(self) -> None:
        """Cancels the long polls, since their connections may be dead; an inventory follows."""
        self._inventory.owe()
        for task in self._polls - {asyncio.current_task()}:
            task.cancel()

    def _on_refused(self, batch: Sequence[BatchItem], error: Refused) -> None:
        if error.status == UNKNOWN_WORKER:
            self._fatal = UnknownWorker(str(error))
        elif error.status == UNRENDERED and not batch:
            self._adapt_polls(was_useful=False)  # the templates of a step failed, and the step with them
        elif error.status in TOKEN or not batch:
            self._fatal = error
        elif not self._alone:
            self._isolate(batch)
        else:
            self._alone = max(1, self._alone)
            replace_item(batch[0], self._steps, error)

    def _isolate(self, batch: Sequence[BatchItem]) -> None:
        """Delivers items one by one for a while: one of them may be the cause of the failure."""
        self._alone = max(self._alone, len(batch))
        self._steps.move_to_end(batch[0].step)

    def _suspect(self, batch: Sequence[BatchItem], error: ServerAway) -> None:
        """Replaces an item that fails alone repeatedly, while other requests succeed."""
        was_alone = self._alone > 0
        self._isolate(batch)
        if was_alone:
            self._probing = True
            if batch[0].step.failures.add(self._client.successes):
                replace_item(batch[0], self._steps, error)

    async def _probe(self) -> None:
        """Sends a request without a batch: an answer shows that the server works, and may bring steps."""
        self._probing = False
        self._requests += 1
        try:
            await self._send(self._builder.poll())
        except ServerAway as error:
            self._on_away(error)
        except Refused as error:
            self._on_refused((), error)
