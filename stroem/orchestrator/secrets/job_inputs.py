"""Inputs of jobs that hold secrets: encrypted when they are stored, decrypted when they are read."""

import logging
import uuid
from collections.abc import Mapping

import attrs
import orjson

from stroem.definitions.values import Json
from stroem.engine.plan import TaskPlan
from stroem.errors import Conflict
from stroem.redaction.job_secrets import hide_secret_fields
from stroem.redaction.redactor import Redactor
from stroem.secrets.envelope import CannotOpen, KeyRing, unpacked
from stroem.store.jobs.jobs import JobFacts, JobRow
from stroem.store.jobs.new_job import NewJob, SealedInput

_log = logging.getLogger(__name__)
_PLACE = "jobs.sealed_input"


class JobInputs:
    """Encrypts raw inputs of new jobs, if it `encrypts`; decrypts those that are encrypted in any case.

    The id of the job is authenticated: an input that is moved to another job cannot be read.
    """

    def __init__(self, keys: KeyRing | None, *, encrypts: bool) -> None:
        self._keys = keys
        self._encrypts = encrypts and keys is not None
        self._has_warned = False

    def sealed(self, job: NewJob, plan: TaskPlan, redactor: Redactor) -> NewJob:
        """The job with its raw input encrypted, if that holds secrets: of the redactor, or in fields of the plan."""
        if not isinstance(job.raw_input, Mapping):
            return job
        if not self._encrypts or self._keys is None:
            self._warn_of_plain_text(plan, job.raw_input)
            return job
        shown = redactor.value(hide_secret_fields(plan, job.raw_input))
        if shown == job.raw_input:
            return job
        envelope = self._keys.seal(orjson.dumps(job.raw_input), *_identity(job.id)).packed
        return attrs.evolve(job, sealed_input=SealedInput(shown=shown, envelope=envelope))

    def _warn_of_plain_text(self, plan: TaskPlan, raw_input: Mapping[str, Json]) -> None:
        """Warns once of the first input whose secret is stored as it is."""
        if self._keys is None or self._has_warned:
            return
        if any(field.secret and raw_input.get(name) is not None for name, field in plan.input.items()):
            self._has_warned = True
            _log.warning(
                "secret inputs of jobs are stored in plain text: set `encryption.key_file`, or `encryption.key_env`"
            )

    def opened(self, row: JobRow) -> JobRow:
        """The row with the whole raw input. Raises Conflict."""
        if row.sealed_input is None:
            return row
        try:
            return attrs.evolve(row, raw_input=self._open(row.id, row.sealed_input), sealed_input=None)
        except CannotOpen as error:
            raise Conflict(message=_fault(f"The input of job {row.id}", error)) from None

    def opened_facts(self, job_id: uuid.UUID, facts: JobFacts) -> JobFacts:
        """The facts with the whole raw input, or with the reason why it cannot be decrypted."""
        if facts.sealed_input is None:
            return facts
        try:
            return attrs.evolve(facts, raw_input=self._open(job_id, facts.sealed_input), sealed_input=None)
        except CannotOpen as error:
            return attrs.evolve(facts, input_fault=_fault("The job's input", error))

    def rewrapped(self, job_id: uuid.UUID, envelope: bytes) -> bytes:
        """The encrypted input with its data key encrypted by the current key. Raises CannotOpen."""
        return self._ring().rewrap(unpacked(envelope), *_identity(job_id)).packed

    def _open(self, job_id: uuid.UUID, envelope: bytes) -> Json:
        value: Json = orjson.loads(self._ring().open(unpacked(envelope), *_identity(job_id)))
        return value

    def _ring(self) -> KeyRing:
        if self._keys is None:
            raise CannotOpen("this server has no key")
        return self._keys


def _identity(job_id: uuid.UUID) -> tuple[str, str]:
    return _PLACE, str(job_id)


def _fault(what: str, error: CannotOpen) -> str:
    return f"{what} cannot be decrypted: {error}. The keys are those of `encryption` in the server's settings."
