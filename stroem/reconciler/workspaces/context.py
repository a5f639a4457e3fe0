"""Context of one run of the pipeline."""

import datetime
from collections.abc import MutableMapping, Sequence

import attrs

from stroem.definitions.workspace import Definitions
from stroem.dialects.size_budget import Allowance
from stroem.reconciler.following.dependencies import Dependencies
from stroem.reconciler.libraries.libraries import Libraries
from stroem.reconciler.workspaces.state import HeldTask, Workspace
from stroem.records.event import NewEvent
from stroem.records.problem import Problem
from stroem.records.release import Cause, Change, Held
from stroem.rights.workspace_rules import RulesFile
from stroem.store.workspaces.workspaces import WorkspaceRow


@attrs.define(kw_only=True, eq=False)
class Context:
    """Results of the stages of one run.

    `row` is the workspace's row in the database, `texts` are the workflow files read in this run, by digest,
    `allowance` bounds the libraries that are folders of the workspace, and `manifest` is the list of all files to
    store. `overtaken` is set when another replica made a release meanwhile.

    `result` are the definitions that a release of this revision would run, `rules` its rules of rights, `held` those
    definitions that it would keep from older releases. `rules_from` is the workspace whose rules counted. `polled` is
    set when the source was fetched, `stored` unless the result could not be stored.
    """

    deps: Dependencies
    libraries: Libraries
    workspace: Workspace
    row: WorkspaceRow | None = None
    texts: MutableMapping[str, bytes] = attrs.Factory(dict)
    allowance: Allowance = attrs.Factory(Allowance)
    manifest: bytes | None = None
    problems: tuple[Problem, ...] = ()
    warnings: list[str] = attrs.Factory(list)
    changes: tuple[Change, ...] = ()
    result: Definitions | None = None
    rules: RulesFile | None = None
    rules_from: str | None = None
    held: tuple[Held, ...] = ()
    held_tasks: dict[str, HeldTask] = attrs.Factory(dict)
    events: list[NewEvent] = attrs.Factory(list)
    polled: bool = False
    overtaken: bool = False
    stored: bool = True

    @property
    def cause(self) -> Cause:
        """The cause of this run."""
        cause: Sequence[str] = ("start", "push", "person", "pin", "resume", "approval", "library", "settings")
        found = self.row.schedule.cause if self.row else None
        return found if found in cause else "poll"  # type: ignore[return-value]

    @property
    def by(self) -> str | None:
        """The name of the person or push hook that asked for this run, if any."""
        return self.row.schedule.asked_by if self.row else None

    @property
    def seen_before(self) -> str | None:
        """The revision at the source before this run."""
        observed = self.row.report.observed if self.row else None
        return observed.revision if observed else None

    @property
    def now(self) -> datetime.datetime:
        """The database's time at the start of the run."""
        assert self.row is not None
        return self.row.schedule.now

    def note(self, event: NewEvent) -> None:
        """Adds an event that is recorded with the result of the run."""
        self.events.append(self.told(event))

    def told(self, event: NewEvent) -> NewEvent:
        """An event with the fields that all events of this run share."""
        workspace = self.workspace
        return attrs.evolve(
            event,
            workspace=workspace.name,
            origin=workspace.source.origin,
            cause=self.cause,
            by=event.by or self.by,
        )
