"""Questions about rights: who may do what, and by which rule."""

from collections.abc import Mapping, Sequence
from typing import Annotated, cast

import attrs
from aiohttp import web

from stroem.accounts.authenticator import principal_of as principal_of_account
from stroem.conversion.constraints import Line
from stroem.conversion.suggestions import meant_or_known
from stroem.conversion.unstructure import ABSENT
from stroem.errors import BadRequest, Forbidden, NotFound
from stroem.records.principal import Principal
from stroem.rights.place import SERVER, Place
from stroem.rights.roles import ROLES
from stroem.rights.rules import verbs_of
from stroem.rights.verbs import VERBS, Verb
from stroem.server.api.rights import approval_conditions
from stroem.server.api.rights.live_rights import RIGHTS, may
from stroem.server.api.rights.task_paths import place_of_task, place_of_workspace, task_named
from stroem.server.http.actor import principal_of
from stroem.server.keys import CATALOG, RECONCILER, SERVICES
from stroem.store.accounts.accounts import find_account

_HIDDEN = "there is no such thing, or it may not be seen"


@attrs.frozen(kw_only=True)
class PlaceQuery:
    """A task of a workspace, by name or as `folder/name`, a workspace, or without both the server."""

    workspace: Annotated[str, Line()] | None = None
    task: Annotated[str, Line()] | None = None


@attrs.frozen(kw_only=True)
class CanIQuery(PlaceQuery):
    """A verb at a place. `as` is the e-mail address or the name of somebody else, and needs the right `rights.read`."""

    verb: Annotated[str, Line()]
    as_: Annotated[str, Line()] | None = None


@attrs.frozen(kw_only=True)
class RightsAnswer:
    """Whether it is allowed, and whether the place is visible; `rule` is the place of the rule that decides.

    `missing` says which part of the place does not exist. `conditions` are what the approvals at the place ask for
    beside the right; nothing is allowed whose approvals all exclude the client.
    """

    is_allowed: bool
    is_visible: bool
    rule: str | None = attrs.field(default=None, metadata=ABSENT)
    reason: str
    missing: str | None = attrs.field(default=None, metadata=ABSENT)
    conditions: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class VerbItem:
    """A verb with its description."""

    verb: str
    description: str


@attrs.frozen(kw_only=True)
class VerbsAndRoles:
    """All verbs, and the roles with their verbs: those of every server, those of the settings, and those of the
    workspace that gives rights (`WORKSPACE/ROLE`).
    """

    verbs: tuple[VerbItem, ...]
    roles: Mapping[str, tuple[str, ...]]


@attrs.frozen(kw_only=True)
class MyVerbs:
    """The verbs that the client has at a place."""

    verbs: tuple[str, ...]


async def can_i(request: web.Request, query: CanIQuery) -> RightsAnswer:
    """Whether the client, or somebody else, may do something, and which rule says so."""
    if query.verb not in VERBS:
        raise BadRequest(message=f"There is no verb {query.verb!r}{meant_or_known(query.verb, list(VERBS))}")
    may_ask = may(request, "rights.read", SERVER)
    principal = principal_of(request)
    if query.as_ is not None and query.as_ != principal.name:
        if not may_ask:
            raise Forbidden(message="You may not ask for others: the right rights.read is needed for the server")
        principal = await _account(request, query.as_)
    place = _place(request, query)
    found = request.app[RIGHTS].rights.decide(principal, cast("Verb", query.verb), place)
    if not found.is_visible and not may_ask and query.workspace is not None:
        return RightsAnswer(is_allowed=False, is_visible=False, reason=_HIDDEN)
    answer = RightsAnswer(**attrs.asdict(found), missing=_missing(place))
    return _with_conditions(answer, _conditions(request, query, principal), principal)


async def list_verbs(request: web.Request) -> VerbsAndRoles:
    """All verbs and roles."""
    live = request.app[RIGHTS]
    roles = {**ROLES, **{name: verbs_of(one.verbs) for name, one in live.settings.roles.items()}}
    if live.of_workspace is not None:
        workspace, own = live.of_workspace.workspace, live.of_workspace.content.roles
        roles |= {f"{workspace}/{name}": verbs_of(one.verbs) for name, one in own.items()}
    return VerbsAndRoles(
        verbs=tuple(VerbItem(verb=verb, description=text) for verb, text in VERBS.items()),
        roles={name: tuple(sorted(verbs)) for name, verbs in roles.items()},
    )


async def my_verbs(request: web.Request, query: PlaceQuery) -> MyVerbs:
    """The verbs that the client has at a place."""
    judge = request.app[RIGHTS].rights.judge(principal_of(request))
    return MyVerbs(verbs=tuple(sorted(judge.at(_place(request, query)).verbs)))


def _missing(place: Place) -> str | None:
    if place.is_workspace_gone:
        return f"there is no workspace {place.workspace!r}"
    return f"workspace {place.workspace!r} has no task {place.task!r}" if place.is_task_gone else None


def _conditions(request: web.Request, query: CanIQuery, who: Principal) -> Sequence[approval_conditions.Condition]:
    live = None if query.workspace is None else request.app[CATALOG].get(query.workspace)
    if live is None:
        return ()
    if query.verb == "job.approve" and query.task is not None:
        task = task_named(request.app[CATALOG], live.status.name, query.task)
        definitions = live.of_task(task)[1]
        if definitions is not None and task in definitions.tasks:
            return approval_conditions.of_task(definitions, task, who)
    if query.verb == "workspace.approve" and live.status.name in request.app[RECONCILER].workspaces:
        settings = request.app[RECONCILER].workspaces.get(live.status.name).settings
        return approval_conditions.of_guards(settings.guards, who)
    return ()


def _with_conditions(
    answer: RightsAnswer, conditions: Sequence[approval_conditions.Condition], who: Principal
) -> RightsAnswer:
    answer = attrs.evolve(answer, conditions=tuple(one.text for one in conditions if one.text))
    if not answer.is_allowed or not conditions or not all(one.refuses for one in conditions):
        return answer
    return attrs.evolve(
        answer, is_allowed=False, reason=f"{answer.reason}, but no approval there lets {who.name} answer"
    )


async def _account(request: web.Request, name: str) -> Principal:
    """The principal of a person or a service account. Raises `NotFound`."""
    async with request.app[SERVICES].database.read() as connection:
        found = await find_account(connection, "user", name.lower()) or await find_account(connection, "service", name)
    if found is None:
        raise NotFound(kind="Account", name=name)
    return principal_of_account(found)


def _place(request: web.Request, query: PlaceQuery) -> Place:
    catalog = request.app[CATALOG]
    if query.workspace is None:
        if query.task is not None:
            raise BadRequest(message="task needs workspace beside it")
        return SERVER
    if query.task is None:
        return place_of_workspace(catalog, query.workspace)
    return place_of_task(catalog, query.workspace, task_named(catalog, query.workspace, query.task))
