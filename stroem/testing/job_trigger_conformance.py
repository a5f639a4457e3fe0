"""Conformance suite of types of triggers that hear the ends of jobs.

class TestEcho(JobTriggerConformance):
    kind = EchoTrigger
    options = {"of": "extract"}
    ended = ENDED
"""

import datetime
import uuid
from typing import Any, ClassVar

import attrs
import orjson
import pytest

from stroem.interfaces.triggers.job_trigger import EndedJob, Heard, HeardTask, JobTrigger
from stroem.testing.trigger_conformance import TriggerConformance

WORKSPACE = "default"
_AT = datetime.datetime(2026, 1, 31, 12, 0, tzinfo=datetime.UTC)
ENDED = EndedJob(
    id=uuid.UUID("6d1f6f63-3b7c-4a0e-8a6b-0c2f4e1d2b3a"),
    workspace=WORKSPACE,
    task="extract",
    status="completed",
    output={"rows": 3},
    error=None,
    source_type="api",
    source_id=None,
    created_at=_AT,
    started_at=_AT,
    completed_at=_AT,
    url="/api/jobs/6d1f6f63-3b7c-4a0e-8a6b-0c2f4e1d2b3a",
)
ODD_MEMORIES: tuple[Any, ...] = (
    None,
    True,
    7,
    "",
    [],
    [[]],
    {},
    {"rows": 1},
    {"rows": {"default/extract": None}},
    {"parts": []},
    {"parts": {"0": {}, "default/extract": {"completed_at": "x"}, "default/load": {"completed_at": "2026-01-31"}}},
)
_JOBS = 300


class JobTriggerConformance(TriggerConformance):
    """Tests of a type of triggers. `ended` is a job that counts, of a task of the workspace `default` that is heard."""

    ended: ClassVar[EndedJob]

    @property
    def trigger(self) -> JobTrigger:
        """The trigger under test."""
        made: JobTrigger = self.make()
        return made

    def hear(self, ended: EndedJob, memory: Any) -> Heard:
        """The fire and the memory after the end of a job."""
        return self.trigger.hear(ended, memory, WORKSPACE)

    def test_it_names_the_tasks_that_it_hears(self) -> None:
        heard = list(self.trigger.tasks_heard(WORKSPACE))
        assert all(isinstance(one, HeardTask) for one in heard)
        assert (self.ended.workspace, self.ended.task) in [(one.workspace, one.task) for one in heard]

    def test_a_task_without_a_workspace_is_of_its_own(self) -> None:
        assert WORKSPACE not in {one.workspace for one in self.trigger.tasks_heard("elsewhere")}

    def test_it_is_pure(self) -> None:
        """The same end and memory give the same, and the memory stays as it was."""
        memory = self.hear(self.ended, None).memory
        before = orjson.dumps(memory)
        assert self.hear(self.ended, memory) == self.hear(self.ended, orjson.loads(before))
        assert orjson.dumps(memory) == before

    def test_keys_and_memories_can_be_stored(self) -> None:
        memory: Any = None
        keys = []
        for _ in range(_JOBS):
            found = self.hear(attrs.evolve(self.ended, id=uuid.uuid4()), memory)
            memory = orjson.loads(orjson.dumps(found.memory))
            if found.fire is not None:
                keys.append(found.fire.key)
                orjson.dumps(dict(found.fire.context))
                orjson.dumps(dict(found.fire.input))
        assert len(set(keys)) == len(keys)
        assert all(0 < len(key) <= 255 and "\0" not in key for key in keys)

    def test_the_memory_is_bounded(self) -> None:
        """However many jobs end."""
        memory: Any = None
        sizes = []
        for _ in range(_JOBS):
            memory = self.hear(attrs.evolve(self.ended, id=uuid.uuid4()), memory).memory
            sizes.append(len(orjson.dumps(memory)))
        assert max(sizes[_JOBS // 2 :]) <= 2 * max(sizes[: _JOBS // 2])

    def test_jobs_of_other_tasks_change_nothing(self) -> None:
        memory = self.hear(self.ended, None).memory
        other = attrs.evolve(self.ended, task="a task that no trigger hears")
        assert self.hear(other, memory) == Heard(fire=None, memory=memory)

    @pytest.mark.parametrize("memory", ODD_MEMORIES)
    def test_memories_of_other_definitions(self, memory: Any) -> None:
        """After a change of its definition a trigger may find any memory."""
        orjson.dumps(self.hear(self.ended, memory).memory)
