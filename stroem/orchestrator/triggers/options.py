"""Options of the services of triggers."""

import attrs

from stroem.orchestrator.triggers.live_triggers import CurrentWorkspace, Names
from stroem.orchestrator.triggers.refresher import Poll
from stroem.orchestrator.triggers.stream_loop import StreamPlace


def no_release(workspace: str) -> None:
    """The release of a workspace on a server without any."""


async def no_refresh(workspace: str) -> None:
    """The poll of the source of a workspace on a server without any."""


@attrs.frozen(kw_only=True)
class TriggerOptions:
    """Options of the services of triggers.

    `current_workspace` finds the release and definitions of one of the `workspaces`; `refresh` polls the source of a
    workspace; fires are kept for `fire_days`; streams are read from `place`.
    """

    current_workspace: CurrentWorkspace = no_release
    workspaces: Names = tuple
    refresh: Poll = no_refresh
    fire_days: float = 30
    place: StreamPlace = attrs.Factory(StreamPlace)
