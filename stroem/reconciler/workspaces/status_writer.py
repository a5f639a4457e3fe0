"""Writes the status of workspaces: in memory, and in the database for other servers and later starts."""

import logging
from collections.abc import Sequence

import attrs

from stroem.conversion.text import one_line
from stroem.definitions.backoff import next_delay, random_share
from stroem.reconciler.following.dependencies import Dependencies
from stroem.reconciler.workspaces.catalog import Catalog, LiveWorkspace, WorkspaceStatus
from stroem.reconciler.workspaces.conditions import Facts, conditions, conditions_before_any_look
from stroem.reconciler.workspaces.context import Context
from stroem.reconciler.workspaces.state import Workspace
from stroem.records.event import NewEvent
from stroem.records.problem import Problem, describe, describe_all, shown_problems
from stroem.records.release import Commit, Held, Release
from stroem.store import blob_garbage
from stroem.store.batch_isolation import is_outage, level_of, reason_of
from stroem.store.workspaces import workspaces
from stroem.store.workspaces.libraries import LibraryRow
from stroem.store.workspaces.workspaces import Observed, WorkspaceReport, WorkspaceRow

log = logging.getLogger(__name__)

_MOST_PROBLEMS = 500


@attrs.frozen(kw_only=True)
class Failure:
    """The reason of a failed run. With `stalled` a retry does not help; `revision` is the one at fault, if any."""

    message: str
    stalled: bool = False
    revision: str | None = None


class StatusWriter:
    """The only writer of the status of workspaces."""

    def __init__(self, catalog: Catalog, deps: Dependencies) -> None:
        self.catalog = catalog
        self._deps = deps

    async def report(self, context: Context, failure: Failure | None) -> bool:
        """Writes the result of a run; True when it differs from the last one."""
        workspace, row = context.workspace, context.row
        if row is None:  # the database could not even be asked
            context.stored = False
            self._put(workspace, _unread(workspace, failure), workspace.row)
            return False
        report = self._report_of(context, failure)
        news = report != row.report
        _note_failure(context, failure, row)
        until = report.waiting.until if report.waiting else None
        if (
            news
            or context.events
            or row.schedule.cause is not None
            or (until is not None and until < row.schedule.due_at)
        ):
            try:
                row = await self._store(context, report, row)
            except Exception as error:  # the status in memory is right, and is stored after the next run
                log.log(
                    level_of(error), "the status of workspace %s could not be stored", workspace.name, exc_info=error
                )
                context.stored = not is_outage(error)
                report = attrs.evolve(report, error=_refused(workspace, error)) if context.stored else report
        else:
            row = attrs.evolve(row, report=report)
        workspace.row = row
        self._put(workspace, report, row)
        return news

    def refuse(self, workspace: Workspace, error: Exception) -> None:
        """Shows that the database refuses the row of a workspace, which concerns no other."""
        log.error("the row of workspace %s cannot be read or written", workspace.name, exc_info=error)
        report = _unread(workspace, Failure(message=_refused(workspace, error)))
        self._put(workspace, report, workspace.row)

    def show(self, workspace: Workspace, row: WorkspaceRow) -> None:
        """Shows a workspace as the database has it."""
        workspace.row = row
        self._put(workspace, row.report, row)

    async def _store(self, context: Context, report: WorkspaceReport, row: WorkspaceRow) -> WorkspaceRow:
        workspace = context.workspace
        waiting = report.waiting
        secs = next_delay(report.failures, workspace.interval, random_share)
        if waiting is not None and waiting.until is not None:
            secs = min(secs, max((waiting.until - context.now).total_seconds(), 1))
        async with self._deps.database.begin() as connection:
            times = await workspaces.report_workspace(
                connection, workspace.name, report, asks=row.schedule.asks, next_secs=secs
            )
            if gone := _forgotten(row.report.observed, report.observed):
                await blob_garbage.drop_manifests(connection, [gone])
            if context.events:
                await self._deps.record(connection, context.events)
        due_at, changed_at = times or (row.schedule.due_at, row.changed_at)
        schedule = attrs.evolve(row.schedule, cause=None, asked_by=None, due_at=due_at)
        return attrs.evolve(row, report=report, changed_at=changed_at, schedule=schedule)

    def _report_of(self, context: Context, failure: Failure | None) -> WorkspaceReport:
        workspace, row = context.workspace, context.row
        assert row is not None
        evaluation, before = workspace.evaluation, row.report
        observed = _observed(context, before.observed)
        error = failure.message if failure else (evaluation.error if evaluation else None)
        problems = evaluation.problems if evaluation else before.problems
        if error is None and evaluation is not None and evaluation.held and evaluation.waiting is None:
            first = next(problem for problem in problems if problem.severity == "error")
            error = holding(evaluation.revision, evaluation.held, first)
        if not workspace.is_followed and failure is None:
            error, problems = before.error, before.problems
        waiting = evaluation.waiting if evaluation else (before.waiting if failure else None)
        facts = Facts(
            release=workspace.release,
            revision=observed.revision if observed else None,
            evaluation=evaluation,
            failure=failure.message if failure else None,
            stalled=failure is not None and failure.stalled,
            overrides=workspace.overrides,
        )
        return WorkspaceReport(
            observed=observed,
            error=error,
            problems=shown_problems(problems, _MOST_PROBLEMS),
            warnings=tuple(dict.fromkeys(context.warnings)) if context.polled else before.warnings,
            conditions=conditions(facts, before.conditions, context.now),
            waiting=waiting if workspace.is_followed else None,
            failures=before.failures + 1 if failure else (0 if context.polled else before.failures),
        )

    def _put(self, workspace: Workspace, report: WorkspaceReport, row: WorkspaceRow | None) -> None:
        commit: Commit | None = report.observed.commit if report.observed else None
        schedule = row.schedule if row else None
        status = WorkspaceStatus(
            name=workspace.name,
            release=workspace.release,
            revision=report.observed.revision if report.observed else None,
            commit=commit,
            error=report.error,
            problems=report.problems,
            source_warnings=report.warnings,
            checked_at=schedule.checked_at if schedule else None,
            next_at=schedule.due_at if schedule else None,
            conditions=report.conditions or (conditions_before_any_look(schedule.now) if schedule else ()),
            waiting=report.waiting,
            overrides=workspace.overrides,
            failures=report.failures,
            looks=schedule.polls if schedule else 0,
            origin=workspace.source.origin,
            ref=workspace.followed_ref,
            libraries=workspace.library_keys,
        )
        self._log_change(status)
        held = {name: (task.release, task.definitions) for name, task in workspace.held.items()}
        live = LiveWorkspace(status=status, definitions=workspace.definitions, rules=workspace.rules, held=held)
        self.catalog.put(live)

    def _log_change(self, status: WorkspaceStatus) -> None:
        """Logs a workspace whose error is another than before, once for each."""
        live = self.catalog.get(status.name)
        before = live.status.error if live else None
        if status.error == before:
            return
        if status.error:
            log.warning("workspace %s: %s", status.name, one_line(status.error))
        else:
            log.info("workspace %s has no error any more", status.name)


def _forgotten(before: Observed | None, now: Observed | None) -> tuple[str, str | None] | None:
    """The list of files that is no longer the last one seen, with the one that is."""
    if before is None or before.manifest is None or (now is not None and now.manifest == before.manifest):
        return None
    return before.manifest, now.manifest if now else None


def _observed(context: Context, before: Observed | None) -> Observed | None:
    workspace = context.workspace
    if not context.polled or workspace.snapshot is None:
        return before
    snapshot, merged = workspace.snapshot, workspace.merged
    known = merged is not None and merged.snapshot is snapshot
    return Observed(
        revision=snapshot.revision,
        manifest=merged.manifest if merged is not None and known else None,
        commit=snapshot.commit,
    )


def _note_failure(context: Context, failure: Failure | None, row: WorkspaceRow) -> None:
    if failure is not None:
        data = {"attempt": row.report.failures + 1}
        context.note(
            NewEvent(kind="failed", severity="error", message=failure.message, revision=failure.revision, data=data)
        )
    elif row.report.failures and context.polled:
        release, seen = context.workspace.release, context.workspace.snapshot
        current = release if release is not None and seen is not None and release.revision == seen.revision else None
        context.note(
            NewEvent(
                kind="recovered",
                message=f"The source is there again after {row.report.failures} failures",
                revision=current.revision if current else None,
                release=current.number if current else None,
            )
        )


def _refused(workspace: Workspace, error: Exception) -> str:
    return f"The row of workspace {workspace.name!r} in the database cannot be read or written: {reason_of(error)}"


def _unread(workspace: Workspace, failure: Failure | None) -> WorkspaceReport:
    before = workspace.row.report if workspace.row else WorkspaceReport()
    return attrs.evolve(before, error=failure.message if failure else before.error)


def rejection(revision: str, mistakes: Sequence[Problem], current: Release | None) -> str:
    """The reason why a revision is not current."""
    stays = f"Release {current.number} stays current" if current else "There is no release before it"
    return f"Revision {revision[:12]} is not valid: {describe_all(mistakes)}. {stays}."


def holding(revision: str, held: Sequence[Held], first: Problem) -> str:
    """The definitions that a partial release keeps back."""
    named = ", ".join(f"{one.kind} {one.name}" for one in held[:5]) + (" and more" if len(held) > 5 else "")
    return f"Revision {revision[:12]} is current but for {named}, held back by {describe(first)}."


def released(release: Release) -> NewEvent:
    """The event of a release."""
    counts = {kind: sum(1 for one in release.changes if one.change == kind) for kind in ("added", "changed", "removed")}
    said = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count) or "files only"
    held = f", {len(release.held)} held back" if release.held else ""
    return NewEvent(
        kind="released",
        severity="warning" if release.held else "info",
        message=f"Release {release.number} is current at {release.revision[:12]}: {said}{held}",
        revision=release.revision,
        release=release.number,
        by=release.made_by,
        data={"changes": dict(counts), "libraries": {one.name: one.revision for one in release.libraries}},
    )


def library_event(row: LibraryRow, users: Sequence[str]) -> NewEvent:
    """The event of a library that has another state. `users` are the workspaces that use it."""
    said = row.error or f"it is at {row.revision[:12] if row.revision else '?'}"
    return NewEvent(
        kind="library_changed" if row.error is None else "library_failed",
        severity="info" if row.error is None else "error",
        library=row.origin,
        message=f"Library {row.origin}: {said}",
        revision=row.observed_revision,
        origin=row.origin,
        data={"ref": row.ref, "users": list(users[:100])},
    )
