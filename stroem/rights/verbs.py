"""Verbs: the names of what a request does."""

from collections.abc import Mapping
from typing import Literal

Verb = Literal[
    "artifact.read",
    "audit.read",
    "cache.clear",
    "cache.read",
    "event.read",
    "hook.read",
    "hook.redeliver",
    "job.approve",
    "job.cancel",
    "job.pause",
    "job.read",
    "job.run",
    "job.signal",
    "library.read",
    "library.sync",
    "logs.read",
    "output.read",
    "plugin.read",
    "queue.read",
    "rights.read",
    "secret.read",
    "secret.rotate",
    "secret.write",
    "settings.read",
    "source.read",
    "state.read",
    "state.write",
    "task.read",
    "trigger.fire",
    "trigger.pause",
    "trigger.read",
    "trigger.retry",
    "user.manage",
    "worker.admit",
    "worker.drain",
    "worker.read",
    "worker.remove",
    "workspace.approve",
    "workspace.pin",
    "workspace.read",
    "workspace.rollback",
    "workspace.suspend",
    "workspace.sync",
]

VERBS: Mapping[Verb, str] = {
    "artifact.read": "List and download artifacts",
    "audit.read": "Read, export and verify the audit log",
    "cache.clear": "Clear cached results of steps",
    "cache.read": "List cached results of steps",
    "event.read": "Read and follow events",
    "hook.read": "Read deliveries of webhooks",
    "hook.redeliver": "Redeliver and test webhooks",
    "job.approve": "Answer approvals and create links to them",
    "job.cancel": "Cancel jobs",
    "job.pause": "Pause and resume jobs and steps",
    "job.read": "Read jobs, their steps, inputs, error messages and history, but no outputs",
    "job.run": "Start, re-run and dry-run jobs",
    "job.signal": "Send signals to jobs",
    "library.read": "List libraries",
    "library.sync": "Reconcile libraries",
    "logs.read": "Read, search and follow logs",
    "output.read": "Read outputs of jobs and steps",
    "plugin.read": "List the installed plugins",
    "queue.read": "Read the queue and why a job waits",
    "rights.read": "Ask what somebody else may do",
    "secret.read": "List secrets that the server keeps, without their values",
    "secret.rotate": "Change the key of the secrets that the server keeps",
    "secret.write": "Set and remove secrets that the server keeps",
    "settings.read": "Read the settings of the server",
    "source.read": "Read releases, their files, problems and plans",
    "state.read": "List, compare and download snapshots of state",
    "state.write": "Upload and roll back snapshots of state",
    "task.read": "Read tasks, their options and statistics",
    "trigger.fire": "Fire and backfill triggers",
    "trigger.pause": "Pause and resume triggers",
    "trigger.read": "Read triggers, their backfills and dead letters",
    "trigger.retry": "Retry and drop dead letters",
    "user.manage": "Manage users, groups, service accounts and their keys",
    "worker.admit": "Make and revoke join tokens and identities of workers",
    "worker.drain": "Cordon, drain and uncordon workers",
    "worker.read": "List workers and what they run",
    "worker.remove": "Remove workers",
    "workspace.approve": "Approve releases that wait",
    "workspace.pin": "Pin workspaces to a release",
    "workspace.read": "List workspaces and read their status",
    "workspace.rollback": "Roll workspaces back to a former release",
    "workspace.suspend": "Suspend and resume workspaces, drop their drift",
    "workspace.sync": "Refresh and reconcile workspaces",
}
"""The verbs with their descriptions."""

ADMIN_VERBS: frozenset[Verb] = frozenset({"audit.read", "rights.read", "secret.rotate", "user.manage", "worker.admit"})
"""The verbs that only administrators have, as long as no rule gives them."""

SETTINGS_VERBS: frozenset[Verb] = frozenset({"user.manage", "worker.admit"})
"""The verbs that no rule in a workspace gives: what somebody makes with them outlasts the rule."""

STEERING_VERBS: frozenset[Verb] = frozenset(
    {"workspace.approve", "workspace.pin", "workspace.rollback", "workspace.suspend"}
)
"""The verbs that choose which release of a workspace runs."""

STEP_VERBS: frozenset[Verb] = frozenset(
    {
        "artifact.read",
        "cache.clear",
        "cache.read",
        "event.read",
        "job.cancel",
        "job.pause",
        "job.read",
        "job.run",
        "job.signal",
        "logs.read",
        "output.read",
        "state.read",
        "state.write",
        "task.read",
        "trigger.fire",
        "trigger.pause",
        "trigger.read",
        "trigger.retry",
        "workspace.read",
    }
)
"""The verbs that a step may have, in its own workspace.

Whoever writes a workflow gives them, so none of them steers what others decide: approvals, releases, workers, accounts.
"""
