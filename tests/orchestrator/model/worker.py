"""A worker of the model: it keeps what it has not delivered, and runs steps in no time."""

import itertools
import uuid
from collections.abc import Callable, Sequence

import attrs
import orjson

from stroem.conversion.constraints import Utf8
from stroem.orchestrator.services import Services
from stroem.protocol.claim import Claim
from stroem.protocol.exchange import ExchangeAnswer, ExchangeRequest
from stroem.protocol.steps import AttemptKey, LogLines, Outcome

_runs = itertools.count(1)


@attrs.frozen(kw_only=True)
class Behaviour:
    """Behaviour of steps: failing attempts, by name and number, and the number of exchanges that a step takes."""

    failing: frozenset[tuple[str, int]] = frozenset()
    takes: int = 0


@attrs.define(kw_only=True)
class Run:
    """An attempt of a step on a worker. `number` is unique: each execution has another one."""

    claim: Claim
    worker_id: uuid.UUID
    number: int
    fails: bool
    left: int
    chunk: int = 0
    is_cancelled: bool = False

    @property
    def is_over(self) -> bool:
        """True if the process has ended."""
        return self.is_cancelled or self.left <= 0

    def lines(self, chunk: int) -> list[str]:
        """The texts of a chunk of its log."""
        return [f"{self.number}/{chunk}/{line}" for line in range(2)]

    def news(self) -> tuple[LogLines, Outcome | None]:
        """The next lines, and the outcome if it is over."""
        texts = self.lines(self.chunk)
        documents = [{"ts": "t", "stream": "stdout", "step": self.claim.step_name, "line": text} for text in texts]
        data = b"".join(orjson.dumps(document) + b"\n" for document in documents)
        names = {field: getattr(self.claim.step, field) for field in ("job_id", "step_name", "step_id", "attempt")}
        lines = LogLines(**names, chunk=self.chunk, lines=len(texts), data=Utf8(data))
        if not self.is_over:
            return lines, None
        return lines, Outcome(
            **names,
            exit_code=None if self.is_cancelled else int(self.fails),
            output=None if self.fails or self.is_cancelled else {"run": self.number},
            cancelled=self.is_cancelled,
        )


class ModelWorker:
    """A worker that moves by exchanges. `all_runs` gets each execution that begins on it."""

    def __init__(self, worker_id: uuid.UUID, behaviour: Behaviour, all_runs: list[Run]) -> None:
        self.id = worker_id
        self._behaviour = behaviour
        self._all_runs = all_runs
        self._held: dict[AttemptKey, Run] = {}
        self._owes_inventory = False

    @property
    def is_idle(self) -> bool:
        """True if nothing is left to run or to deliver."""
        return not self._held

    async def exchange(self, services: Services, pass_answer: Callable[[], bool] = lambda: True) -> None:
        """Delivers lines and outcomes, and takes steps. The answer is lost unless `pass_answer` is true."""
        news = [(run, *run.news()) for run in self._held.values()]
        outcomes = tuple([outcome for _, _, outcome in news if outcome is not None])
        needs_inventory = self._owes_inventory or not outcomes
        self._owes_inventory = True  # unless an answer comes
        answer = await services.exchange.run(
            ExchangeRequest(
                worker_id=self.id,
                capabilities=("script",),
                max_steps=16,
                wait_secs=0,
                outcomes=outcomes,
                logs=tuple([lines for _, lines, _ in news]),
                holding=tuple([run.claim.step for run in self._held.values()]) if needs_inventory else None,
            )
        )
        if pass_answer():
            self._owes_inventory = False
            self._confirm(news)
            self._apply(answer)

    def _confirm(self, news: Sequence[tuple[Run, LogLines, Outcome | None]]) -> None:
        for run, _, outcome in news:
            run.chunk += 1
            run.left -= 1
            if outcome is not None:
                del self._held[run.claim.step.key]

    def _apply(self, answer: ExchangeAnswer) -> None:
        for one in answer.cancel:
            run = self._held.get(one.key)
            if run is not None and not run.is_over:
                run.is_cancelled = True
        for claim in answer.steps or ():
            assert claim.step.key not in self._held, f"{claim.step} was handed out again to the worker that runs it"
            run = Run(
                claim=claim,
                worker_id=self.id,
                number=next(_runs),
                fails=(claim.step_name, claim.attempt) in self._behaviour.failing,
                left=self._behaviour.takes,
                chunk=claim.log_chunk,
            )
            self._held[claim.step.key] = run
            self._all_runs.append(run)
