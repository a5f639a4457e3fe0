"""The table of commands in the reference of rights says what the routes need that the commands use."""

import click
import pytest

from stroem.rights.verbs import VERBS
from stroem.server.routes import ROUTES
from tests.docs.page import DOCS, Page, codes, rows
from tests.docs.test_cli import NAMES, command_named

ROUTES_OF = {
    ("trigger start",): ("POST workspaces/{workspace}/tasks/{task}/execute",),
    ("rerun",): ("POST jobs/{job_id}/rerun",),
    ("options",): (
        "GET workspaces/{workspace}/tasks/{task}/options",
        "GET workspaces/{workspace}/tasks/{task}",
    ),
    ("jobs", "status", "history", "approvals"): (
        "GET jobs",
        "GET jobs/{job_id}",
        "GET jobs/{job_id}/history",
        "GET approvals",
    ),
    ("logs",): ("GET jobs/{job_id}/logs",),
    ("output",): ("GET jobs/{job_id}/output",),
    ("artifacts list", "artifacts find", "artifacts download"): (
        "GET jobs/{job_id}/artifacts",
        "GET workspaces/{workspace}/artifacts",
        "GET jobs/{job_id}/artifacts/{name}",
    ),
    ("why",): ("GET jobs/{job_id}/waiting",),
    ("cancel",): ("POST jobs/{job_id}/cancel",),
    ("pause",): ("POST jobs/{job_id}/pause",),
    ("resume",): (
        "POST jobs/{job_id}/resume",
        "GET jobs/{job_id}",
    ),
    ("signal",): ("POST jobs/{job_id}/signals/{name}",),
    ("approve", "reject"): (
        "POST jobs/{job_id}/steps/{step}/approve",
        "GET jobs/{job_id}",
    ),
    ("workspaces",): ("GET workspaces",),
    ("workspace show",): (
        "GET workspaces/{workspace}",
        "GET workspaces/{workspace}/releases/{number}",
    ),
    ("workspace releases", "workspace release", "workspace drift"): (
        "GET workspaces/{workspace}/releases",
        "GET workspaces/{workspace}/releases/{number}",
        "GET workspaces/{workspace}/drift",
    ),
    ("workspace sync",): ("POST workspaces/{workspace}/reconcile",),
    ("workspace approve",): (
        "POST workspaces/{workspace}/approve",
        "GET workspaces/{workspace}",
    ),
    ("workspace rollback",): ("POST workspaces/{workspace}/rollback",),
    ("workspace pin",): ("POST workspaces/{workspace}/pin",),
    ("workspace suspend", "workspace resume"): (
        "POST workspaces/{workspace}/suspend",
        "POST workspaces/{workspace}/resume",
    ),
    ("trigger pause", "trigger resume", "workspace pause-trigger", "workspace resume-trigger"): (
        "POST workspaces/{workspace}/triggers/{trigger}/pause",
        "POST workspaces/{workspace}/triggers/{trigger}/resume",
        "GET workspaces/{workspace}/triggers/{trigger}",
    ),
    ("libraries",): ("GET libraries",),
    ("tasks", "task"): (
        "GET tasks",
        "GET workspaces/{workspace}/tasks/{task}",
    ),
    ("triggers", "trigger show"): (
        "GET workspaces/{workspace}/triggers",
        "GET workspaces/{workspace}/triggers/{trigger}",
    ),
    ("trigger fire",): (
        "POST workspaces/{workspace}/triggers/{trigger}/fire",
        "GET workspaces/{workspace}/triggers/{trigger}",
        "GET workspaces/{workspace}/tasks/{task}",
    ),
    ("trigger backfill",): ("POST workspaces/{workspace}/triggers/{trigger}/backfill",),
    ("trigger cancel-backfill",): (
        "POST workspaces/{workspace}/triggers/{trigger}/backfills/{backfill}/cancel",
        "GET workspaces/{workspace}/triggers/{trigger}/backfills",
    ),
    ("trigger dead-letters",): ("GET workspaces/{workspace}/triggers/{trigger}/dead-letters",),
    ("hooks deliveries", "hooks show"): (
        "GET workspaces/{workspace}/triggers/{trigger}/deliveries",
        "GET deliveries/{number}",
    ),
    ("hooks redeliver", "hooks test"): (
        "POST deliveries/{number}/redeliver",
        "POST workspaces/{workspace}/triggers/{trigger}/deliveries/test",
    ),
    ("state list", "state show", "state diff", "state download"): (
        "GET workspaces/{workspace}/tasks/{task}/state",
        "GET workspaces/{workspace}/tasks/{task}/state/{number}",
        "GET workspaces/{workspace}/tasks/{task}/state/compare",
        "GET workspaces/{workspace}/tasks/{task}/state/{number}/archive",
    ),
    ("state upload", "state rollback"): (
        "POST workspaces/{workspace}/tasks/{task}/state",
        "POST workspaces/{workspace}/tasks/{task}/state/rollback",
    ),
    ("cache list",): ("GET workspaces/{workspace}/cache",),
    ("cache clear",): ("POST workspaces/{workspace}/cache/clear",),
    ("secrets list",): ("GET workspaces/{workspace}/secrets",),
    ("secrets set", "secrets remove"): (
        "PUT workspaces/{workspace}/secrets/{secret}",
        "DELETE workspaces/{workspace}/secrets/{secret}",
    ),
    ("secrets rotate",): ("POST secrets/rotate",),
    ("events",): ("GET events",),
    ("audit list", "audit export", "audit verify"): (
        "GET audit",
        "GET audit/export",
        "GET audit/verify",
    ),
    ("workers",): ("GET workers",),
    ("workers cordon", "workers drain", "workers uncordon"): (
        "POST workers/{worker_id}/cordon",
        "POST workers/{worker_id}/drain",
        "POST workers/{worker_id}/uncordon",
        "GET workers",
    ),
    ("workers remove",): (
        "POST workers/{worker_id}/remove",
        "GET workers",
    ),
    (
        "workers create-join-token",
        "workers join-tokens",
        "workers revoke-join-token",
        "workers identities",
        "workers revoke",
    ): (
        "POST workers/join-tokens",
        "GET workers/join-tokens",
        "DELETE workers/join-tokens/{prefix}",
        "GET workers/identities",
        "POST workers/identities/{identity_id}/revoke",
    ),
    (
        "users list",
        "users show",
        "users sessions",
        "users add",
        "users remove",
        "users disable",
        "users enable",
        "users make-admin",
        "users revoke-admin",
        "users reset-link",
        "users end-sessions",
    ): (
        "GET users",
        "POST users",
        "DELETE users/{user_id}",
        "PUT users/{user_id}/disabled",
        "PUT users/{user_id}/admin",
        "GET users/{user_id}/sessions",
        "POST users/{user_id}/reset-link",
        "POST users/{user_id}/end-sessions",
    ),
    ("groups list", "groups show", "groups add", "groups remove"): (
        "GET groups",
        "GET users",
        "GET service-accounts",
        "PUT users/{user_id}/groups",
        "PUT service-accounts/{name}/groups",
    ),
    (
        "service-accounts list",
        "service-accounts show",
        "service-accounts add",
        "service-accounts remove",
        "service-accounts disable",
        "service-accounts enable",
    ): (
        "GET service-accounts",
        "POST service-accounts",
        "DELETE service-accounts/{name}",
        "PUT service-accounts/{name}/disabled",
    ),
    ("keys list", "keys create", "keys revoke"): (
        "GET auth/api-keys",
        "POST auth/api-keys",
        "DELETE auth/api-keys/{prefix}",
    ),
    ("sessions list", "sessions end"): (
        "GET auth/sessions",
        "DELETE auth/sessions/{session_id}",
        "POST auth/sessions/end-others",
    ),
    ("auth whoami", "auth can-i", "auth explain", "login", "logout"): (
        "GET auth/me",
        "GET auth/can-i",
        "POST auth/api-keys",
        "DELETE auth/api-keys/{prefix}",
    ),
    ("plan",): ("POST workspaces/{workspace}/plan",),
    ("plugins",): ("GET plugins",),
}
"""Routes below `/api` that the commands of a row need always, by the row's commands."""

PAGE = Page(DOCS / "reference/rights.md")
ROWS = {tuple(name.removeprefix("stroem ") for name in codes(row[0])): row for row in rows(PAGE.own("Commands"))}
VERB_OF = {f"{route.method} {route.path.removeprefix('/api/')}": route.verb for route in ROUTES}


def test_each_command_that_asks_a_server_has_one_row() -> None:
    asking = {name for name in NAMES if any("--server" in one.opts for one in command_named(name).params)}
    told = [name for names in ROWS for name in names]
    assert sorted(told) == sorted(asking)
    assert all(isinstance(command_named(name), click.Command) for name in told)


def test_the_rows_are_those_of_the_routes() -> None:
    assert list(ROWS) == list(ROUTES_OF)


@pytest.mark.parametrize("names", list(ROUTES_OF), ids=" ".join)
def test_the_rights_of_a_row_are_those_of_its_routes(names: tuple[str, ...]) -> None:
    needed = {VERB_OF[route] for route in ROUTES_OF[names]} - {None}
    assert set(codes(ROWS[names][1])) == needed
    assert ROWS[names][1] or needed


def test_each_verb_has_a_command_or_is_told_to_have_none() -> None:
    told = {code for row in ROWS.values() for cell in row[1:] for code in codes(cell) if code in VERBS}
    assert set(VERBS) - told == {"library.sync", "settings.read"}
