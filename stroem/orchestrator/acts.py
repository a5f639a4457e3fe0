"""Audit rows of what no request under the API does: jobs of triggers, releases, reloads of settings."""

from collections.abc import Mapping, Sequence
from typing import Literal

from stroem.definitions.values import Json
from stroem.records.audit_row import NewAuditRow
from stroem.records.event import EventKind, NewEvent
from stroem.store.audit.rows import RowWithCommit, add_started_later
from stroem.store.jobs.new_job import NewJob
from stroem.store.jobs.option_jobs import OPTIONS
from stroem.store.statement import WITH_COMMIT, Connection

_BY_PEOPLE = frozenset({"api", "rerun", "restart", OPTIONS})
_RELEASES: dict[EventKind, str] = {
    "released": "release.activate",
    "rolled_back": "release.activate",
    "workspace_added": "workspace.add",
    "workspace_changed": "workspace.change",
    "workspace_removed": "workspace.remove",
}


async def note_started(connection: Connection, jobs: Sequence[NewJob]) -> None:
    """Records the start of jobs, in the transaction that creates them.

    Those of a request are facts of its row. Others have rows of their own, with their trigger as the actor.
    """
    request = WITH_COMMIT.get()
    if isinstance(request, RowWithCommit) and request.is_open and not request.is_recorded:
        request.jobs.extend(job.id for job in jobs)
        return
    await add_started_later(connection, [job.id for job in jobs if job.source_type not in _BY_PEOPLE])


def release_rows(events: Sequence[NewEvent]) -> list[NewAuditRow]:
    """The rows of events that tell of releases in effect, and of workspaces that came or went."""
    return [_told(event, verb) for event in events if (verb := _RELEASES.get(event.kind)) is not None]


def reload_row(changed: Sequence[str], before: Mapping[str, Json], after: Mapping[str, Json]) -> NewAuditRow:
    """The row of a reload of the settings file.

    `changed` are the sections that take effect, `before` and `after` the settings in them that differ, without secrets.
    """
    differing = len(before.keys() | after.keys())
    return NewAuditRow(
        actor_kind="system",
        actor="settings",
        verb="settings.reload",
        object_kind="settings",
        object="server",
        before=before,
        after={"changed": list(changed), "settings": differing, **after},
    )


def initial_user_row(verb: Literal["user.create", "user.admin"], email: str) -> NewAuditRow:
    """The row of the administrator of the settings, whom a server creates or makes an administrator at its start."""
    return NewAuditRow(
        actor_kind="system",
        actor="settings",
        verb=verb,
        object_kind="user",
        object=email,
        before=None if verb == "user.create" else {"is_admin": False},
        after={"is_admin": True},
    )


def _told(event: NewEvent, verb: str) -> NewAuditRow:
    release = None if event.release is None else f"{event.workspace}/{event.release}"
    return NewAuditRow(
        actor_kind="system",
        actor=event.by or event.cause or "server",
        verb=verb,
        workspace=event.workspace,
        object_kind="release" if release else "workspace",
        object=release or event.workspace,
        after={"revision": event.revision, "release": event.release, "cause": event.cause},
    )
