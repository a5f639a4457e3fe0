"""A plan of a job with all values."""

from collections.abc import Mapping

import attrs

from stroem.definitions.values import Json
from stroem.engine.plan import TaskPlan
from stroem.orchestrator.plans.plan_cache import CachedPlan
from stroem.orchestrator.plans.plan_secrets import Read
from stroem.redaction.log_redactor import LogRedactor
from stroem.redaction.output_secrets import hide_output_lines
from stroem.redaction.redactor import Redactor, Withholder
from stroem.store.jobs.jobs import JobFacts
from stroem.templating.errors import Withheld


@attrs.frozen(kw_only=True)
class JobPlan:
    """A job's plan and input with all values, and the redaction of its secrets and those of the job that it comes from.

    With an `error` the values are unavailable: no step can run, and all output is withheld. `environment` are the
    values of variables that are references to secrets, `read` the secrets of stores that it was made with.
    """

    cached: CachedPlan
    plan: TaskPlan
    input: Mapping[str, Json]
    redactor: Redactor
    logs: LogRedactor
    secrets: tuple[Json, ...] = ()
    error: str | None = None
    environment: Mapping[str, str | Withheld] = attrs.field(factory=dict, repr=False)
    read: Read = attrs.Factory(dict)
    workspace: str = ""

    def redact_lines(self, data: bytes) -> bytes:
        """A chunk of the log without secrets; of printed outputs, also without those that are declared secret."""
        data = self.logs.apply(data)
        keys = self.cached.secret_output_keys
        return hide_output_lines(data, keys) if keys else data

    @property
    def unread(self) -> str | None:
        """The reason why the first secret that cannot be read has no value."""
        unread = [(one, value.reason) for one, value in self.read.items() if value.value is None]
        return next((f"secret {one.place!r}: store {one.store!r} {reason}" for one, reason in unread), None)

    @property
    def is_withheld(self) -> bool:
        """True if it may have been given secrets that are not known now: all output is withheld."""
        return isinstance(self.redactor, Withholder)

    def withheld(self) -> "JobPlan":
        """The same with all output withheld."""
        withholder = Withholder()
        return attrs.evolve(self, redactor=withholder, logs=LogRedactor(withholder))


def failed_plan(cached: CachedPlan, fact: JobFacts, error: str) -> JobPlan:
    """The plan of a job whose values cannot be had."""
    withholder = Withholder()
    return JobPlan(
        cached=cached,
        plan=cached.plan,
        input=fact.input or {},
        redactor=withholder,
        logs=LogRedactor(withholder),
        error=error,
    )
