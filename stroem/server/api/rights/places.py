"""The places that requests are about."""

import uuid

from aiohttp import web

from stroem.errors import NotFound
from stroem.rights.place import SERVER, Place
from stroem.server.api.rights.task_paths import place_of_task, place_of_workspace
from stroem.server.http.requests import path_value
from stroem.server.http.route import Route
from stroem.server.keys import CATALOG, SERVICES
from stroem.store.hooks import deliveries
from stroem.store.jobs import jobs

Found = tuple[Place, NotFound]
"""A place, and the error of a request for what is missing there."""


async def place_of(request: web.Request, route: Route) -> Found:
    """The place of what the path of a request names. Raises `NotFound`, and `BadRequest` for an invalid path."""
    given, types = request.match_info, route.path_parameters
    if "job_id" in given:
        job_id = path_value(request, "job_id", uuid.UUID)
        assert isinstance(job_id, uuid.UUID)
        async with request.app[SERVICES].database.read() as connection:
            found = (await jobs.tasks_of(connection, [job_id])).get(job_id)
        return known_place_of_job(request.app, job_id, found)
    if "number" in given and "workspace" not in given:
        number = path_value(request, "number", types["number"])
        assert isinstance(number, int)
        return await _place_of_delivery(request.app, number)
    if "workspace" not in given:
        return SERVER, NotFound(kind="Path", name=request.path)
    workspace, catalog = given["workspace"], request.app[CATALOG]
    if "task" in given:
        task = given["task"]
        return place_of_task(catalog, workspace, task), NotFound(kind="Task", name=task)
    if "trigger" in given:
        return _place_of_trigger(request.app, workspace, given["trigger"])
    return place_of_workspace(catalog, workspace), NotFound(kind="Workspace", name=workspace)


def known_place_of_job(app: web.Application, job_id: uuid.UUID, task: tuple[str, str] | None) -> Found:
    """The place of a job: that of its task, which has been read. Raises `NotFound` for None, an unknown job."""
    missing = NotFound(kind="Job", name=job_id)
    if task is None:
        raise missing
    return place_of_task(app[CATALOG], *task), missing


async def _place_of_delivery(app: web.Application, number: int) -> Found:
    missing = NotFound(kind="Delivery", name=number)
    async with app[SERVICES].database.read() as connection:
        found = await deliveries.trigger_of(connection, number)
    if found is None:
        raise missing
    return _place_of_trigger(app, *found)[0], missing


def _place_of_trigger(app: web.Application, workspace: str, trigger: str) -> Found:
    live = app[CATALOG].get(workspace)
    found = None if live is None or live.definitions is None else live.definitions.triggers.get(trigger)
    place = Place(workspace=workspace, task=trigger, is_workspace_gone=live is None, is_task_gone=True)
    if found is not None:
        place = place_of_task(app[CATALOG], workspace, found.target)
    return place, NotFound(kind="Trigger", name=trigger)
