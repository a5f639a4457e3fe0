"""The outcomes that a trigger hears, as its key `on` names them."""

import re
from collections.abc import Iterator
from typing import Annotated, Literal

import attrs

from stroem.conversion.constraints import Range, Seconds
from stroem.interfaces.triggers.job_trigger import EndedJob, HeardTask
from stroem.interfaces.triggers.trigger_type import OptionFault

Status = Literal["completed", "failed", "cancelled", "skipped"]
MOST_IN_A_ROW = 100
MOST_PARTS = 20
"""Most tasks of one trigger."""
_IN_A_ROW = re.compile(r"([0-9]{1,4})( in a row)?")


@attrs.frozen(kw_only=True)
class Part:
    """A task whose outcome a join waits for. Without `workspace` and `status`, those of `on` hold."""

    task: str
    workspace: str | None = None
    status: Status | tuple[Status, ...] | None = None


@attrs.frozen(kw_only=True)
class Outcome:
    """Outcomes of jobs: of one `task` or any of several, or of `all_of` several tasks `within` a time.

    Without `workspace`, the tasks are those of the trigger's own. `for` is `any`, or a number of jobs in a row like
    `3 in a row`. Jobs that steps of other jobs start count with `children`.
    """

    task: str | tuple[str, ...] = ()
    workspace: str | None = None
    status: Status | tuple[Status, ...] = "completed"
    for_: int | str = "any"
    all_of: tuple[str | Part, ...] = ()
    within: Annotated[Seconds, Range(at_least=1, at_most=30 * 24 * 3600)] | None = None
    children: bool = False

    @property
    def parts(self) -> tuple[Part, ...]:
        """The tasks, each with its workspace, if it is another, and its statuses."""
        named = self.all_of or ((self.task,) if isinstance(self.task, str) else self.task)
        parts = (Part(task=one) if isinstance(one, str) else one for one in named)
        return tuple(
            Part(
                task=_reference(one.task),
                workspace=one.workspace or self.workspace,
                status=_listed(one.status or self.status),
            )
            for one in parts
        )

    @property
    def in_a_row(self) -> int:
        """The number of jobs in a row; 1 for any."""
        found = _IN_A_ROW.fullmatch(str(self.for_))
        return int(found[1]) if found else 1

    def heard(self, workspace: str) -> Iterator[HeardTask]:
        """The tasks with their places below `on`. `workspace` is that of the trigger."""
        for index, part in enumerate(self.parts):
            place: tuple[str | int, ...] = ("task",)
            if self.all_of:
                place = ("all_of", index) if isinstance(self.all_of[index], str) else ("all_of", index, "task")
            elif not isinstance(self.task, str):
                place = ("task", index)
            yield HeardTask(workspace=part.workspace or workspace, task=part.task, path=("on", *place))

    def part_of(self, ended: EndedJob, workspace: str) -> int | None:
        """The index of the task of a job; None if it is none of these."""
        for index, part in enumerate(self.parts):
            if (part.workspace or workspace, part.task) == (ended.workspace, ended.task):
                return index
        return None

    def faults(self) -> Iterator[OptionFault]:
        """Faults that the types of the fields do not show."""
        parts = self.parts
        if bool(self.task) == bool(self.all_of):
            message = "`task` and `all_of` exclude each other" if self.task else "needs one of `task` and `all_of`"
            yield OptionFault(path=(), message=message, hint="write `task: NAME`, or `all_of: [NAME, NAME]`")
        elif len(parts) > MOST_PARTS:
            yield OptionFault(path=(), message=f"names {len(parts)} tasks", hint=f"name at most {MOST_PARTS}")
        elif len({(part.workspace, part.task) for part in parts}) < len(parts):
            yield OptionFault(path=(), message="`all_of` names a task twice", hint="name it once")
        if any(not part.status for part in parts):
            yield OptionFault(path=("status",), message="lists no status", hint="leave it out for `completed`")
        yield from self._count_faults()

    def _count_faults(self) -> Iterator[OptionFault]:
        if self.for_ != "any" and not _IN_A_ROW.fullmatch(str(self.for_)):
            yield OptionFault(path=("for",), message="is no number in a row", hint="write `any`, or `3 in a row`")
        elif not 1 <= self.in_a_row <= MOST_IN_A_ROW:
            yield OptionFault(path=("for",), message="is out of range", hint=f"write 1 to {MOST_IN_A_ROW}")
        elif self.all_of and self.in_a_row > 1:
            yield OptionFault(path=("for",), message="cannot stand beside `all_of`", hint="leave one of them out")
        if len(self.all_of) == 1:
            yield OptionFault(path=("all_of",), message="names one task", hint="write `task:` instead")
        if self.within is not None and not self.all_of:
            yield OptionFault(path=("within",), message="`within` is for `all_of`", hint="leave it out")


def _listed(status: Status | tuple[Status, ...]) -> tuple[Status, ...]:
    return (status,) if isinstance(status, str) else status


def _reference(task: str) -> str:
    """The name of a task; that of a library's may be written `library/name`."""
    return task.replace("/", ".", 1)
