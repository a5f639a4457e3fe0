"""Routes of workspaces, their releases and their tasks."""

from stroem.server.api import artifacts as workspace_artifacts
from stroem.server.api import (
    cache,
    edits,
    field_options,
    problems,
    release_files,
    release_plans,
    releases,
    task_stats,
    tasks,
    workspace_operations,
    workspaces,
)
from stroem.server.api.jobs import dry_runs, executions
from stroem.server.api.secrets import kept_secrets
from stroem.server.api.state.routes import GLOBAL_STATE, TASK_STATE, state_routes
from stroem.server.routes.builders import TASK, WORKSPACE, delete, get, list_get, post, put

WORKSPACES = (
    list_get("/api/workspaces", workspaces.list_workspaces, "workspace.read"),
    get(WORKSPACE, workspaces.get, "workspace.read"),
    post(WORKSPACE + "/refresh", workspaces.refresh, "workspace.sync"),
    post(WORKSPACE + "/reconcile", workspace_operations.reconcile, "workspace.sync"),
    post(WORKSPACE + "/plan", release_plans.plan, "source.read"),
    post(WORKSPACE + "/check", edits.check, "source.read"),
    post(WORKSPACE + "/suspend", workspace_operations.suspend, "workspace.suspend"),
    post(WORKSPACE + "/resume", workspace_operations.resume, "workspace.suspend"),
    post(WORKSPACE + "/pin", workspace_operations.pin, "workspace.pin"),
    post(WORKSPACE + "/rollback", workspace_operations.roll_back, "workspace.rollback"),
    post(WORKSPACE + "/approve", workspace_operations.approve, "workspace.approve"),
    get(WORKSPACE + "/drift", workspace_operations.drift, "source.read"),
    post(WORKSPACE + "/drift/drop", workspace_operations.drop_drift, "workspace.suspend"),
    get(WORKSPACE + "/problems", problems.get, "source.read"),
    get(WORKSPACE + "/releases", releases.list_releases, "source.read"),
    get(WORKSPACE + "/releases/{number}", releases.get, "source.read"),
    get(WORKSPACE + "/releases/{number}/compare/{other}", release_plans.compare, "source.read"),
    get(WORKSPACE + "/releases/{number}/files", release_files.list_files, "source.read"),
    get(WORKSPACE + "/releases/{number}/files/{path}", release_files.get, "source.read", has_slashes=True),
    list_get("/api/tasks", tasks.list_all, "task.read"),
    list_get(WORKSPACE + "/tasks", tasks.list_of_workspace, "task.read"),
    get(TASK, tasks.get, "task.read"),
    get(TASK + "/stats", task_stats.get, "task.read"),
    get(TASK + "/options", field_options.get, "job.run"),
    post(TASK + "/execute", executions.execute, "job.run"),
    post(TASK + "/dry-run", dry_runs.dry_run, "job.run"),
    *state_routes(TASK + "/state", TASK_STATE),
    *state_routes(WORKSPACE + "/state", GLOBAL_STATE),
    list_get(WORKSPACE + "/artifacts", workspace_artifacts.list_of_workspace, "artifact.read"),
    get(WORKSPACE + "/cache", cache.list_results, "cache.read"),
    post(WORKSPACE + "/cache/clear", cache.clear, "cache.clear"),
    get(WORKSPACE + "/secrets", kept_secrets.list_secrets, "secret.read"),
    put(WORKSPACE + "/secrets/{secret}", kept_secrets.set_secret, "secret.write"),
    delete(WORKSPACE + "/secrets/{secret}", kept_secrets.remove, "secret.write"),
    post("/api/secrets/rotate", kept_secrets.rotate, "secret.rotate"),
)
