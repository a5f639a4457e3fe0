"""Notices of a live stream that its client may see."""

import attrs
from aiohttp import web

from stroem.orchestrator.live.notice import Notice
from stroem.rights.reach import Reach
from stroem.rights.verbs import Verb
from stroem.server.api.rights.live_rights import reach_for
from stroem.server.api.rights.visible_source import visible_source
from stroem.server.keys import CATALOG

_VERBS: dict[str, Verb] = {
    "job": "job.read",
    "step": "job.read",
    "approval": "job.read",
    "trigger": "trigger.read",
    "workspace": "workspace.read",
    "event": "event.read",
    "worker": "worker.read",
}


class VisibleNotices:
    """Chooses notices by the rights in effect when they are sent. `task` is that of the job whose steps are told."""

    def __init__(self, request: web.Request, task: tuple[str, str] | None) -> None:
        self._request = request
        self._task = task

    def shown(self, notice: Notice) -> Notice | None:
        """A notice as the client may see it, those about the stream itself always; None for one that is hidden."""
        verb = _VERBS.get(notice.kind)
        reach = None if verb is None else reach_for(self._request, verb)
        if reach is None:
            return notice
        if not self._reaches(reach, notice):
            return None
        source_id = visible_source(notice.source_type, notice.source_id, notice.workspace or "", reach)
        return attrs.evolve(notice, source_id=source_id)

    def _reaches(self, reach: Reach, notice: Notice) -> bool:
        if notice.kind == "step":
            return self._task is not None and reach.includes(*self._task)
        if notice.workspace is None:
            return reach.server
        if notice.kind == "workspace":
            return reach.touches(notice.workspace)
        if notice.kind == "trigger":
            return reach.includes(notice.workspace, self._task_of(notice.workspace, notice.trigger))
        return reach.includes(notice.workspace, notice.task)

    def _task_of(self, workspace: str, trigger: str | None) -> str | None:
        live = self._request.app[CATALOG].get(workspace)
        triggers = {} if live is None or live.definitions is None else live.definitions.triggers
        return triggers[trigger].target if trigger in triggers else None
