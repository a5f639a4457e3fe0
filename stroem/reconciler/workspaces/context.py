"""One round of reconciling a workspace."""

import datetime
from collections.abc import MutableMapping, Sequence

import attrs

from stroem.definitions.workspace import Definitions
from stroem.dialects.allowance import Allowance
from stroem.reconciler.following.dependencies import Dependencies
from stroem.reconciler.libraries.libraries import Libraries
from stroem.reconciler.workspaces.state import HeldTask, Workspace
from stroem.records.event import NewEvent
from stroem.records.problem import Problem
from stroem.records.release import Cause, Change, Held
from stroem.store.workspaces.workspaces import WorkspaceRow


@attrs.define(kw_only=True, eq=False)
class Context:
    """What the steps of one round find out. `row` is how the database has the workspace, `texts` are workflow files
    that were read in this round by digest, `allowance` bounds the libraries that are folders of the workspace,
    `manifest` is the list of all files as it is to be stored; `overtaken` says that another replica made a release
    meanwhile.

    `result` are the definitions that a release of this revision would run, `held` those of them that it would keep
    from older releases. `stored` says that the database has what came of the round.
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
    held: tuple[Held, ...] = ()
    held_tasks: dict[str, HeldTask] = attrs.Factory(dict)
    events: list[NewEvent] = attrs.Factory(list)
    polled: bool = False
    overtaken: bool = False
    stored: bool = True

    @property
    def cause(self) -> Cause:
        """Why this round is made."""
        cause: Sequence[str] = ("start", "push", "person", "library", "settings")
        found = self.row.schedule.cause if self.row else None
        return found if found in cause else "poll"  # type: ignore[return-value]

    @property
    def by(self) -> str | None:
        """Who asked for it, if anybody did."""
        return self.row.schedule.asked_by if self.row else None

    @property
    def seen_before(self) -> str | None:
        """The revision that was seen at the source before this round."""
        observed = self.row.report.observed if self.row else None
        return observed.revision if observed else None

    @property
    def now(self) -> datetime.datetime:
        """The database's time at the begin of the round."""
        assert self.row is not None
        return self.row.schedule.now

    def note(self, event: NewEvent) -> None:
        """Has an event recorded with what comes of the round."""
        self.events.append(self.told(event))

    def told(self, event: NewEvent) -> NewEvent:
        """An event with what all those of this round say."""
        workspace = self.workspace
        return attrs.evolve(
            event,
            workspace=workspace.name,
            origin=workspace.source.origin,
            cause=self.cause,
            by=event.by or self.by,
        )
