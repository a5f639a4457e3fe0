"""Table of the core's commands: module and summary of each, so that help imports none of them."""

from typing import NamedTuple


class Command(NamedTuple):
    """Name of a command, its module under `stroem.cli.commands`, its summary in help.

    The module's attribute `command` is the command.
    """

    name: str
    module: str
    summary: str


SECTIONS = {
    "Start": (
        Command("up", "up", "Start everything on this machine: database, server and worker."),
        Command("run", "run", "Run one task here and now, without a server standing by."),
        Command("server", "server", "Start a server."),
        Command("worker", "worker", "Start a worker."),
    ),
    "Jobs": (
        Command("trigger", "trigger.group", "Start a job of a task; show, fire, pause and resume a trigger."),
        Command("rerun", "job.rerun", "Run a job again, all of it or some steps, or show what that would do."),
        Command("jobs", "jobs", "List jobs, newest first."),
        Command("status", "status", "Show a job and its steps."),
        Command("logs", "logs", "Show what a job prints, as `step | text`."),
        Command("output", "job.output", "Print the output of a job or of one of its steps as JSON, also a large one."),
        Command("artifacts", "artifacts.group", "Show and download the files that steps have left."),
        Command("history", "job.history", "Show what happened to a job and its steps, and why, oldest first."),
        Command("why", "job.why", "Show what a job and its steps wait for, and for how long they may."),
        Command("cancel", "cancel", "Cancel a job."),
        Command("pause", "job.pause", "Pause a job, or one step of it: no further steps start until it is resumed."),
        Command("resume", "job.resume", "Resume a paused job, or a paused step: what the pause held starts."),
        Command("signal", "job.signal", "Send a signal to a job."),
        Command("approvals", "job.approvals", "List steps that wait for an approval, newest first."),
        Command("approve", "job.approve", "Approve a step that waits for it, with the values of its form."),
        Command("reject", "job.reject", "Reject a step that waits for an approval."),
    ),
    "What the server knows": (
        Command("workspaces", "workspaces", "List workspaces, with the mistakes of those that do not load."),
        Command(
            "workspace", "workspace.group", "Show and steer one workspace: releases, sync, rollback, approval, drift."
        ),
        Command("libraries", "libraries", "List libraries: where they are from, who uses them, what is wrong."),
        Command("tasks", "tasks", "List tasks."),
        Command("task", "task", "Show a task: its input, steps and triggers."),
        Command("options", "options", "Show the options of an input field that come from the output of another task."),
        Command("triggers", "trigger.list", "List triggers: their state, next times and last fires."),
        Command("hooks", "hooks.group", "Show what became of the requests to webhooks, deliver one again, or try one."),
        Command("state", "state.group", "Show and change the state of a task, or the global state of a workspace."),
        Command("cache", "cache", "Show and clear the results of steps that are kept for later steps of the same key."),
        Command("secrets", "secrets", "Keep secrets of workspaces, encrypted in the database of the server."),
        Command("events", "events", "Show what happened to workspaces and libraries, the newest last."),
        Command("audit", "audit", "Show who did what, export that record, and verify that nobody has changed it."),
        Command("workers", "workers", "List workers, or change what one of them does."),
        Command("login", "login", "Sign in to a server: later commands for its address bear an API key."),
        Command("logout", "logout", "Sign out of a server: the API key of `stroem login` is deleted, here and there."),
        Command("auth", "auth.group", "Show who one is, what one may do, and which rule says so."),
    ),
    "People": (
        Command("users", "accounts.users", "List, add and change the people who may sign in."),
        Command("groups", "accounts.groups", "Show groups, and put users and service accounts into them."),
        Command(
            "service-accounts",
            "accounts.service_accounts",
            "Keep accounts of programs, which own API keys and belong to no person.",
        ),
        Command(
            "keys", "accounts.keys", "List, make and revoke API keys, of your own account or of a service account."
        ),
        Command(
            "sessions",
            "accounts.sessions",
            "List and end the sessions of your own account, in browsers and elsewhere.",
        ),
    ),
    "Without a server": (
        Command("validate", "validate", "Check the workflows of a workspace."),
        Command("actions", "actions", "List the actions of a workspace in a folder."),
        Command("inspect", "inspect", "Show a task of a workspace in a folder, as a server would understand it."),
        Command("plan", "plan", "Show what a revision would change, before it is pushed or applied."),
        Command("import", "imports.group", "Make workflows from files of other programs."),
        Command("schema", "schema", "Print a JSON Schema, for editors and tools."),
        Command("plugins", "plugins", "List plugins: what is loaded, what failed and why."),
        Command("completion", "completion", "Print the completion script of a shell."),
    ),
}

COMMANDS = {command.name: command for section in SECTIONS.values() for command in section}
