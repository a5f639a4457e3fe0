"""Resolution of the names of steps on the wire, which are paths, to step ids, and back."""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence

from cachetools import LRUCache

from stroem.conversion.suggestions import missing
from stroem.engine.plan import TaskPlan
from stroem.engine.values.state import JOB, Address
from stroem.errors import NotFound
from stroem.interfaces.nodes import ROOT
from stroem.orchestrator.plans.job_cache import JobCache
from stroem.protocol.plan_paths import is_loop, path_at
from stroem.protocol.step_paths import PathPart, parse
from stroem.protocol.steps import StepAttempt
from stroem.store.jobs import places
from stroem.store.jobs.places import Place
from stroem.store.jobs.steps import StepId
from stroem.store.logs.logs import SERVER_STEP
from stroem.store.statement import Connection

SERVER_STEP_NAME = "_server"
_PLACES = 16 * 1024

StepName = tuple[uuid.UUID, str]
"""A step of a job by its name."""


class StepNames:
    """Resolves paths to step ids, and back. Addresses of steps never change: they are cached."""

    def __init__(self, jobs: JobCache) -> None:
        self._jobs = jobs
        self._places: LRUCache[StepId, Address] = LRUCache(_PLACES)
        self._ids: LRUCache[Place, int] = LRUCache(_PLACES)

    def put(self, step_id: StepId, address: Address) -> None:
        """Remembers the address of a step."""
        self._places[step_id] = address
        self._ids[(step_id[0], *address)] = step_id[1]

    def place(self, step_id: StepId) -> Address | None:
        """The address of a step, if it is remembered."""
        return self._places.get(step_id)

    async def find(self, connection: Connection, named: Collection[StepName]) -> dict[StepName, StepId]:
        """The ids of the steps; unknown ones are left out."""
        found: dict[StepName, StepId] = {}
        parts: dict[StepName, Sequence[PathPart]] = {}
        facts = await self._jobs.get(connection, {job_id for job_id, _ in named}) if named else {}
        for job_id, name in named:
            if name == SERVER_STEP_NAME:
                found[job_id, name] = (job_id, SERVER_STEP)
            elif job_id in facts and (path := _parts(name, await self._jobs.plan(connection, job_id))):
                parts[job_id, name] = path
        scopes = dict.fromkeys(parts, (JOB, ROOT))
        for depth in range(max(map(len, parts.values()), default=0)):
            scopes = await self._descend(connection, {key: (parts[key], scopes[key]) for key in scopes}, depth, found)
        return {key: step_id for key, step_id in found.items() if key[0] in facts}

    async def _descend(
        self,
        connection: Connection,
        walks: Mapping[StepName, tuple[Sequence[PathPart], tuple[int, int]]],
        depth: int,
        found: dict[StepName, StepId],
    ) -> dict[StepName, tuple[int, int]]:
        """Follows one part of each path; returns the steps and nodes at which the paths go on."""
        nodes: dict[StepName, tuple[Place, int]] = {}
        items: dict[StepName, tuple[Place, int]] = {}
        reached: dict[StepName, tuple[int, int]] = {}
        for key, (parts, (parent, scope)) in walks.items():
            plan, part = await self._jobs.plan(connection, key[0]), parts[depth]
            if is_loop(plan, scope):
                if part.name == plan.node(scope).name and part.visit == 1:
                    _add_item(items, key, plan, (parent, scope), part)
            elif (node := plan.named(scope).get(part.name)) is not None:
                nodes[key] = ((key[0], parent, node, part.visit - 1), node)
        steps = await self._ids_at(connection, [place for place, _ in nodes.values()])
        for key, (place, node) in nodes.items():
            part = walks[key][0][depth]
            if (step := steps.get(place)) is None:
                continue
            if part.item is None:
                reached[key] = (step, node)
            else:
                _add_item(items, key, await self._jobs.plan(connection, key[0]), (step, node), part)
        if items:
            steps |= await self._ids_at(connection, [place for place, _ in items.values()])
            for key, (place, body) in items.items():
                if (step := steps.get(place)) is not None:
                    reached[key] = (step, body)
        ended = {key for key in reached if depth + 1 == len(walks[key][0])}
        found.update({key: (key[0], reached[key][0]) for key in ended})
        return {key: scope for key, scope in reached.items() if key not in ended}

    async def _ids_at(self, connection: Connection, wanted: Sequence[Place]) -> dict[Place, int]:
        found = {place: step for place in wanted if (step := self._ids.get(place)) is not None}
        if missing := [place for place in wanted if place not in found]:
            for place, step in (await places.ids_at(connection, missing)).items():
                self.put((place[0], step), place[1:])
                found[place] = step
        return found

    async def ids_of(self, connection: Connection, named: Sequence[StepAttempt]) -> list[StepId | None]:
        """The ids of the steps in messages of workers: as sent, else by name; None for unknown names."""
        unnumbered = [(one.job_id, one.step_name) for one in named if one.step_id is None]
        found = await self.find(connection, unnumbered)
        return [
            found.get((one.job_id, one.step_name)) if one.step_id is None else (one.job_id, one.step_id)
            for one in named
        ]

    async def missing(self, connection: Connection, job_id: uuid.UUID, step: str) -> NotFound:
        """The error for a step that its job does not have, or for an unknown job."""
        facts = await self._jobs.get(connection, [job_id])
        if job_id not in facts:
            return NotFound(kind="Job", name=job_id)
        return missing("Step", step, (await self._jobs.plan(connection, job_id)).named(ROOT))

    async def is_planned(self, connection: Connection, job_id: uuid.UUID, step: str) -> bool:
        """Whether a job has a node of this name outside of blocks and loops: a step of it may come yet."""
        facts = await self._jobs.get(connection, [job_id])
        return job_id in facts and step in (await self._jobs.plan(connection, job_id)).named(ROOT)

    async def has_node(self, connection: Connection, job_id: uuid.UUID, step: str) -> bool:
        """Whether the plan of a job has a node at this path, in blocks and in loops of any length too.

        Iterations are none.
        """
        if step.endswith("]") or job_id not in await self._jobs.get(connection, [job_id]):
            return False
        return node_at(await self._jobs.plan(connection, job_id), step) is not None

    async def plan(self, connection: Connection, job_id: uuid.UUID) -> TaskPlan:
        """The stored plan of a known job. Raises PlanUnreadable."""
        return await self._jobs.plan(connection, job_id)

    async def names_of(self, connection: Connection, step_ids: Iterable[StepId]) -> dict[StepId, str]:
        """The names of existing steps. Raises PlanUnreadable."""
        wanted = list(step_ids)
        await self._load(connection, wanted)
        names: dict[StepId, str] = {}
        for step_id in wanted:
            if step_id in self._places:
                job_id = step_id[0]
                chain = [self._places[step_id]]
                while (parent := chain[-1][0]) != JOB:
                    chain.append(self._places[job_id, parent])
                plan = await self._jobs.plan(connection, job_id)
                names[step_id] = path_at(plan, list(reversed(chain)))
        return names

    async def _load(self, connection: Connection, wanted: Sequence[StepId]) -> None:
        """Reads the addresses of steps, and of the scopes around them."""
        unknown = {step_id for step_id in wanted if step_id not in self._places}
        known = [step_id for step_id in wanted if step_id in self._places]
        while unknown or known:
            if unknown:
                found = await places.addresses_of(connection, unknown)
                self._places.update(found)
                known += found
            around = {(job_id, self._places[job_id, step][0]) for job_id, step in known}
            around = {one for one in around if one[1] != JOB}
            unknown = {one for one in around if one not in self._places}
            known = [one for one in around if one in self._places]


def _parts(name: str, plan: TaskPlan) -> Sequence[PathPart]:
    """The parts of a path; none if it is no path. A written name goes first: older releases may have `~` in them."""
    if name in plan.named(ROOT):
        return (PathPart(name=name),)
    try:
        return parse(name)
    except ValueError:
        return ()


def node_at(plan: TaskPlan, name: str) -> int | None:
    """The node at a path, through blocks, and through iterations of loops to what is inside; None if there is none."""
    scope, parts = ROOT, _parts(name, plan)
    for part in parts:
        is_inner_loop = is_loop(plan, scope) and part.name == plan.node(scope).name
        node = scope if is_inner_loop else plan.named(scope).get(part.name)
        if node is not None and part.item is not None:
            node = next(iter(plan.entries(node)), None) if is_loop(plan, node) else None
        if node is None:
            return None
        scope = node
    return scope if parts else None


def _add_item(
    items: dict[StepName, tuple[Place, int]], key: StepName, plan: TaskPlan, loop: tuple[int, int], part: PathPart
) -> None:
    """Adds the place of an iteration, and its node; `loop` is the step and its node."""
    step, node = loop
    body = next(iter(plan.entries(node)), None)
    if part.item is not None and is_loop(plan, node) and body is not None:
        items[key] = ((key[0], step, body, part.item), body)
