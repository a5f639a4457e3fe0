"""Holding back of definitions with mistakes, and of those that depend on them."""

from collections.abc import Sequence

from stroem.reconciler.workspaces import partial_release
from stroem.reconciler.workspaces.context import Context
from stroem.reconciler.workspaces.state import HeldTask
from stroem.records.problem import Problem


def hold(context: Context, mistakes: Sequence[Problem]) -> bool:
    """Holds back the definitions that mistakes concern; False when that is all of them, or unknown."""
    workspace, result, merged = context.workspace, context.result, context.workspace.merged
    assert result is not None
    assert merged is not None
    if workspace.release is not None and workspace.release.manifest == merged.manifest:
        context.held, context.result, context.held_tasks = workspace.release.held, workspace.definitions, workspace.held
        return bool(context.held) and context.result is not None
    broken = partial_release.broken_names(mistakes, workspace.files, workspace.good_files, workspace.release)
    if broken is None:
        return False
    running = workspace.definitions
    concerned = partial_release.with_needs(partial_release.with_dependents(broken, result), result, running)
    held = partial_release.held_back(concerned, workspace.release, running)
    older = {task.release.id: task.definitions for task in workspace.held.values()}
    if running is not None:  # what of an older release is no task runs here as that has it
        older = {one.release_id: running for one in held if one.release_id is not None} | older
    context.held, context.result = held, partial_release.put_back(result, held, older)
    if not context.result.tasks or not partial_release.hooks_are_whole(context.result, held):
        return False
    for one in held:
        if one.kind == "task" and one.release_id is not None:
            before = workspace.held.get(one.name)
            if before is None and workspace.release is not None and running is not None:
                before = HeldTask(release=workspace.release, definitions=running)
            if before is not None:
                context.held_tasks[one.name] = before
    return True
