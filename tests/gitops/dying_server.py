"""`stroem server` that dies by kill -9 at a place of a round: `DIE_AT` names it, `DIE_OF` a file with the revision.
What it has taken is free for others a second later.

Run as a program, with what `stroem server` takes.
"""

import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import attrs

from stroem.cli.main import main
from stroem.reconciler.sources import contents
from stroem.reconciler.workspaces import stages
from stroem.reconciler.workspaces.context import Context
from stroem.server import lifespan
from stroem.store.workspaces import followed, releases

IN_FETCH, IN_APPLY = "in fetch", "in apply"


def _is_its_hour(revision: str) -> bool:
    file = Path(os.environ["DIE_OF"])
    return file.exists() and file.read_text() == revision


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _deadly(step: stages.Stage) -> stages.Stage:
    """Dies after the step."""

    async def run(context: Context) -> bool:
        found = await step(context)
        snapshot = context.workspace.snapshot
        if snapshot is not None and _is_its_hour(snapshot.revision):
            _die()
        return found

    return run


def _deadly_call(call: Callable[..., Awaitable[Any]], revision_of: Callable[..., str]) -> Callable[..., Awaitable[Any]]:
    """Dies after the call."""

    async def run(*arguments: Any) -> Any:
        found = await call(*arguments)
        if _is_its_hour(revision_of(*arguments)):
            _die()
        return found

    return run


def arm(place: str) -> None:
    """Puts death at its place: after a step by its name, or in the middle of fetching or applying."""
    if place == IN_FETCH:
        contents._keep = _deadly_call(contents._keep, lambda _, snapshot, *__: snapshot.revision)
    elif place == IN_APPLY:
        releases.make_current = _deadly_call(releases.make_current, lambda _, draft, __: draft.revision)
    else:
        found = [_deadly(stage) if stage.__name__ == place else stage for stage in stages.STAGES]
        build = lifespan.build_reconciler
        lifespan.build_reconciler = lambda database, blobs, options: build(
            database, blobs, attrs.evolve(options, stages=found)
        )


if __name__ == "__main__":
    followed.LEASE_SECS = 1.0
    arm(os.environ["DIE_AT"])
    main()
