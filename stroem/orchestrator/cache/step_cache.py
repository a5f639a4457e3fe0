"""Keys of steps, and the results that are kept under them."""

from collections.abc import Mapping

import attrs

from stroem.conversion import canonical
from stroem.definitions.action import Action
from stroem.definitions.globs import escaped
from stroem.definitions.library import path_in_library
from stroem.definitions.values import Json
from stroem.engine.plan import TaskPlan
from stroem.engine.requests import CacheAnswer, CachedResult, FindCached
from stroem.engine.values.rendering import RenderedStep, render_key, render_step
from stroem.orchestrator.cache.release_files import ReleaseFiles
from stroem.orchestrator.plans.renderer import Renderer
from stroem.orchestrator.plans.step_names import StepNames
from stroem.store.database import Database
from stroem.store.jobs.results import step_cache
from stroem.store.statement import Connection
from stroem.templating.budget import Budget

_VERSION = 1
"""Part of each key; another one forgets all results."""


@attrs.frozen(kw_only=True)
class CacheScope:
    """The job of a step, as far as its key depends on it. `files` names the manifest of its release."""

    workspace: str
    files: str | None
    plan: TaskPlan
    input: Mapping[str, Json]


class StepCache:
    """Finds results of earlier steps of the same key. The key of a step is the digest of

    - its action as a worker would get it, with all templates rendered, but for its name, description and retries,
    - its input as a worker would get it,
    - the value of the template `key`,
    - the release files that match `files`, and the script file of its action,
    - the globs of its artifacts.
    """

    def __init__(self, database: Database, files: ReleaseFiles, renderer: Renderer, names: StepNames) -> None:
        self._database = database
        self._files = files
        self._renderer = renderer
        self._names = names

    async def find(self, connection: Connection, job: CacheScope, request: FindCached) -> CacheAnswer:
        """The key of a step, and the result that is kept under it: what the step would take if it started now.

        It needs no existing job: a dry run asks the same question. Raises NotLoaded, NotFound (files of the release),
        and the errors of `render_step`.
        """
        digest = await self._digest(job, request)
        found = await step_cache.find_result(connection, job.workspace, digest) if request.reads else None
        if found is None:
            return CacheAnswer(digest=digest)
        job_id, step = found.step_id
        name = (await self._names.names_of(connection, [found.step_id])).get(found.step_id, str(step))
        return CacheAnswer(digest=digest, hit=CachedResult(job=str(job_id), step=step, name=name, output=found.output))

    async def clear(self, workspace: str, task: str | None) -> int:
        """Forgets the results of a workspace, or of a task of it; returns their number."""
        async with self._database.begin() as connection:
            return await step_cache.clear_results(connection, workspace, task)

    async def _digest(self, job: CacheScope, request: FindCached) -> str:
        node = job.plan.node(request.node)
        assert node.cache is not None, "only steps with a cache are looked up"
        rendered, key = await self._renderer.render(lambda budget: _rendered(job, request, budget))
        globs = [*node.cache.files, *_sources(node.action, rendered.action.source)]
        facts = {
            "version": _VERSION,
            "action": canonical.to_json(_work(rendered.action)),
            "input": rendered.input,
            "key": key,
            "files": self._files.digest(job.files, globs) if job.files is not None and globs else None,
            "artifacts": [] if node.artifacts is None else node.artifacts.paths,
        }
        return canonical.digest_of(canonical.to_bytes(facts))


def _rendered(job: CacheScope, request: FindCached, budget: Budget) -> tuple[RenderedStep, Json]:
    rendered = render_step(job.plan, request.node, job.input, request.scope, budget)
    return rendered, render_key(job.plan, request.node, job.input, rendered, request.scope, budget)


def _sources(action_name: str, source: str | None) -> list[str]:
    """Globs for the script file of an action; that of a library's action is in the folder of the library."""
    if source is None:
        return []
    library, dot, _ = action_name.partition(".")
    return [escaped(source), *([escaped(path_in_library(library, source))] if dot else ())]


def _work(action: Action) -> Action:
    """An action without what does not change its result."""
    return attrs.evolve(action, name=None, description=None, retry=None, cache=None, artifacts=None)
