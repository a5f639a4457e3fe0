"""The one conversation with the server: news go there, steps come back."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from stroem.definitions.backoff import Backoff
from stroem.worker.exchange.batch import Item, chunk_fields, collect, only_lines, outcome_fields
from stroem.worker.exchange.client import Refused, ServerAway, ServerClient
from stroem.worker.exchange.giving_in import give_in
from stroem.worker.exchange.inventory import Recount
from stroem.worker.exchange.log_uploader import TOKEN
from stroem.worker.exchange.registration import Membership
from stroem.worker.exchange.suspicion import blames_news
from stroem.worker.steps.in_flight import HeldSteps

logger = logging.getLogger(__name__)

HOLD_SECS = 25
"""How long the server may keep a request that has no news until there is something to answer."""

LINGER_SECS = 0.004
"""How long a worker that was just given steps waits for their news before it asks the server to hold a request."""

LAST_WORD_SECS = 0.0015
"""How long lines wait for the outcome that often follows them, so that both travel together."""

UNKNOWN_WORKER = 404
UNRENDERED = 422


class UnknownWorker(Exception):
    """The server does not know this worker any more."""


class Journey:
    """Requests that carry news and ask for as many steps as there are free slots.

    At most one request with news is under way, so that what happens meanwhile travels together. A request
    without news is held by the server; a newer request makes it answer at once.
    """

    def __init__(
        self, *, client: ServerClient, membership: Membership, steps: HeldSteps, longest_pause_secs: float
    ) -> None:
        self._client = client
        self._membership = membership
        self._steps = steps
        self._backoff = Backoff(first_secs=0.1, longest_secs=longest_pause_secs)
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()
        self._held: set[asyncio.Task[None]] = set()
        self._held_free = -1
        self._quiet_until = 0.0
        self._hold_after = 0.0
        self._failures = 0
        self._requests = 0
        self._empty_answers = 0
        self._recount = Recount(self._loop.time)
        self._asking = 0
        self._answered = asyncio.Event()
        self._alone = 0
        self._probing = False
        self._fatal: BaseException | None = None
        self._claiming = True
        steps.on_news = self._wake.set
        client.on_change(self._on_change)

    def stop_claiming(self) -> None:
        """Asks for no more steps from now on; news still travel."""
        self._claiming = False
        self._wake.set()

    async def all_handed_out(self) -> None:
        """Waits, after `stop_claiming`, until no answer can bring a step any more, or the server is away."""
        while self._asking or (self._recount.is_owed and not self._client.away):
            self._answered.clear()
            await self._answered.wait()

    def forgotten(self) -> None:
        """The server said elsewhere that it does not know this worker."""
        self._fatal = UnknownWorker()
        self._wake.set()

    def recount(self) -> None:
        """The server may have given up steps that are here: asks it at once."""
        self._ask_anew()
        self._wake.set()

    async def run(self) -> None:
        """Goes on until it is cancelled. Raises `Refused` when the server will not have this worker, and
        `UnknownWorker` when it has forgotten it.
        """
        try:
            while self._fatal is None:
                await self._go_once()
            raise self._fatal
        finally:
            for task in self._held:
                task.cancel()
            await asyncio.gather(*self._held, return_exceptions=True)

    async def _go_once(self) -> None:
        self._wake.clear()
        now = self._loop.time()
        if now < self._quiet_until:
            return await self._wait(self._quiet_until - now)
        await self._last_words()
        if self._probing:
            return await self._probe()
        if parcel := collect(self._steps, alone=bool(self._alone)):
            return await self._deliver(parcel)
        if not self._needs_holding():
            return await self._wait(self._recount.secs_left)
        if now < self._hold_after:
            return await self._wait(self._hold_after - now)
        self._hold()

    async def _last_words(self) -> None:
        """When there are lines and no outcome, waits a moment for one."""
        until = self._loop.time() + LAST_WORD_SECS
        while only_lines(self._steps) and (left := until - self._loop.time()) > 0:
            self._wake.clear()
            await self._wait(left)

    async def _wait(self, seconds: float | None) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return

    def _needs_holding(self) -> bool:
        if not self._held or self._recount.secs_left <= 0:
            return True
        free = self._free
        return free > self._held_free or (free == 0 and self._held_free > 0)

    @property
    def _free(self) -> int:
        return self._steps.free_slots if self._claiming else 0

    def _hold(self) -> None:
        self._held_free = self._free
        task = asyncio.create_task(self._ask_and_wait(self._body((), HOLD_SECS)))
        self._held.add(task)
        task.add_done_callback(self._on_held_over)

    def _on_held_over(self, task: "asyncio.Task[None]") -> None:
        self._held.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._fatal = error
        self._wake.set()

    async def _ask_and_wait(self, body: Mapping[str, object]) -> None:
        asked = self._loop.time()
        number = self._requests = self._requests + 1
        try:
            brought = await self._ask(body, HOLD_SECS)
        except ServerAway as error:
            self._on_away(error)
        except Refused as error:
            self._on_refused((), error)
        else:
            if number == self._requests:
                self._slow_down(brought or self._loop.time() - asked > HOLD_SECS / 2)

    def _slow_down(self, worth_it: bool) -> None:
        """A server that does not hold requests is asked less and less often."""
        self._empty_answers = 0 if worth_it else self._empty_answers + 1
        if self._empty_answers > 1:
            self._hold_after = self._loop.time() + self._backoff.secs(self._empty_answers)

    async def _deliver(self, parcel: tuple[Item, ...]) -> None:
        self._requests += 1
        try:
            brought = await self._ask(self._body(parcel, 0), 0)
        except ServerAway as error:
            self._put_back(parcel)
            self._on_away(error)
            if blames_news(error.status):
                self._suspect(parcel, error)
        except Refused as error:
            self._put_back(parcel)
            self._on_refused(parcel, error)
        else:
            self._on_kept(parcel)
            self._empty_answers = 0
            self._hold_after = self._loop.time() + LINGER_SECS if brought else 0
        for item in parcel:
            self._steps.sender.send_if_large(item.step)

    def _body(self, parcel: Sequence[Item], wait_secs: float) -> dict[str, object]:
        """One request. News that go alone ask for no steps: if it is refused, that is for their sake."""
        body: dict[str, object] = {
            "worker_id": self._membership.worker_id,
            **self._membership.offer,
            "max_steps": 0 if parcel and self._alone else self._free,
            "wait_secs": wait_secs,
            "outcomes": [outcome_fields(item) for item in parcel if item.outcome],
            "logs": [chunk_fields(item) for item in parcel if item.chunk],
        }
        if self._recount.take():
            body["holding"] = [
                {"job_id": step.key.job_id, "step_name": step.key.step, "attempt": step.key.attempt}
                for step in self._steps
            ]
        return body

    async def _ask(self, body: Mapping[str, object], wait_secs: float) -> bool:
        """Sends a request and does what follows from its answer; whether that is anything at all."""
        brings_steps = bool(body["max_steps"]) or "holding" in body
        self._asking += brings_steps
        try:
            answer = await self._client.post("/worker/jobs/claim", body, wait_secs=wait_secs)
        except BaseException:
            self._recount.owe()  # the answer may have brought steps
            raise
        finally:
            self._asking -= brings_steps
            self._answered.set()
        self._failures = 0
        return self._take(answer)

    def _take(self, answer: Mapping[str, Any]) -> bool:
        self._membership.learn_lease(answer)
        steps = answer.get("steps") or ()
        self._steps.accept(steps)
        return self._steps.cancel(answer.get("cancel") or ()) or bool(steps)

    def _on_kept(self, parcel: Sequence[Item]) -> None:
        self._alone = max(0, self._alone - 1)
        for item in parcel:
            item.step.suspicion.clear()
            if item.chunk:
                item.step.log.confirm()
            if item.outcome:
                self._steps.forget(item.step)

    def _put_back(self, parcel: Sequence[Item]) -> None:
        for item in parcel:
            if item.chunk:
                item.step.log.put_back()

    def _on_away(self, error: ServerAway) -> None:
        logger.debug("%s; steps go on, what they say is kept", error)
        self._failures += 1
        self._quiet_until = self._loop.time() + self._backoff.secs(self._failures)

    def _on_change(self) -> None:
        if not self._client.away:
            self._quiet_until = 0.0
            self._ask_anew()
        self._answered.set()
        self._wake.set()

    def _ask_anew(self) -> None:
        """Gives up the requests that the server holds: their connections may be dead, and nobody would tell."""
        self._recount.owe()
        for task in self._held - {asyncio.current_task()}:
            task.cancel()

    def _on_refused(self, parcel: Sequence[Item], error: Refused) -> None:
        if error.status == UNKNOWN_WORKER:
            self._fatal = UnknownWorker(str(error))
        elif error.status == UNRENDERED and not parcel:
            self._slow_down(worth_it=False)  # a step of another's making is broken, and failed over there
        elif error.status in TOKEN or not parcel:
            self._fatal = error
        elif not self._alone:
            self._single_out(parcel)
        else:
            self._alone = max(1, self._alone)
            give_in(parcel[0], self._steps, error)

    def _single_out(self, parcel: Sequence[Item]) -> None:
        """One step's news may spoil a request for all: each goes alone for a while, in turn."""
        self._alone = max(self._alone, len(parcel))
        self._steps.move_to_end(parcel[0].step)

    def _suspect(self, parcel: Sequence[Item], error: ServerAway) -> None:
        """News that fail alone repeatedly, while other requests succeed, are given up."""
        was_alone = self._alone > 0
        self._single_out(parcel)
        if was_alone:
            self._probing = True
            if parcel[0].step.suspicion.confirmed(self._client.kept):
                give_in(parcel[0], self._steps, error)

    async def _probe(self) -> None:
        """Asks without news: an answer says that the server works, and may bring steps."""
        self._probing = False
        self._requests += 1
        try:
            await self._ask(self._body((), 0), 0)
        except ServerAway as error:
            self._on_away(error)
        except Refused as error:
            self._on_refused((), error)
