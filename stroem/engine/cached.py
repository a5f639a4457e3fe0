"""Steps that take the result of an earlier one."""

from stroem.engine.board import Board
from stroem.engine.changes import CacheHit, CacheKey, Copied
from stroem.engine.ends import Ends
from stroem.engine.requests import Failure, FindCached
from stroem.engine.values.scopes import Asking, Scopes
from stroem.engine.values.state import Step


def take_cached(board: Board, scopes: Scopes, ends: Ends, step: Step) -> Asking:
    """Ends a step with a cache: completed with an earlier result, or failed if its key cannot be made.

    False if there is none: then the step is to run, and its result is kept under the key.
    """
    node, changes = board.node(step), board.changes
    assert node.cache is not None, "only steps with a cache are looked up"
    scope = yield from scopes.of(step)
    fragments = board.job.fragments
    answer = yield FindCached(node=step.node, scope=scope, fragments=fragments, reads=not board.job.no_cache)
    if isinstance(answer, Failure):
        yield from ends.end(step, "failed", error=answer.error, kind="template", cause="cache")
        return True
    if answer.hit is None:
        changes.cache_keys[step.id] = CacheKey(digest=answer.digest, ttl=node.cache.ttl)
        return False
    hit = answer.hit
    changes.copies.append(Copied(step=step.id, source_step=hit.step, source_job=hit.job))
    changes.cache_hits.append(CacheHit(step=step.id, source_job=hit.job, source_step=hit.step, source_name=hit.name))
    detail = f"The result of step {hit.name!r} of job {hit.job} is used again"
    yield from ends.end(step, "completed", output=hit.output, cause="cache", detail=detail)
    return True
