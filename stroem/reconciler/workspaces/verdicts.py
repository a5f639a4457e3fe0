"""Verdicts on a revision of a workspace or a library."""

from collections.abc import Sequence

from stroem.reconciler.workspaces.catalog import describe, describe_all
from stroem.records.event import NewEvent
from stroem.records.problem import Problem
from stroem.records.release import Held, Release
from stroem.store.workspaces.libraries import LibraryRow


def rejection(revision: str, mistakes: Sequence[Problem], current: Release | None) -> str:
    """Why a revision is not current."""
    stays = f"Release {current.number} stays current" if current else "There is no release before it"
    return f"Revision {revision[:12]} is not valid: {describe_all(mistakes)}. {stays}."


def holding(revision: str, held: Sequence[Held], first: Problem) -> str:
    """What a revision that is current in part keeps back."""
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
