"""Routes of sign-in, of one's own account, and of the accounts of all."""

from typing import Any

from stroem.server.api.auth import account, api_keys, devices, login, providers, sessions, tickets
from stroem.server.api.auth.common import Access, SignedOut
from stroem.server.api.users import service_accounts, users
from stroem.server.http.route import Handler, Route
from stroem.server.routes.builders import get, open_get, open_post

_AUTH = "/api/auth"
_USER = "/api/users/{user_id}"
_SERVICE = "/api/service-accounts/{name}"
_PAGE: dict[str, Any] = {"status": 302, "media_type": "text/html", "answers_head": False}
"""What a browser opens, and is led on from."""


def _own(method: str, path: str, handler: Handler, **more: Any) -> Route:
    """A route for whoever has signed in, about their own account."""
    return Route(method=method, path=_AUTH + path, handler=handler, is_personal=True, **more)


def _managed(method: str, path: str, handler: Handler) -> Route:
    """A route for those who manage accounts, whose rights and credentials it changes."""
    return Route(method=method, path=path, handler=handler, verb="user.manage", refuses_unknown_keys=True)


ACCOUNTS = (
    open_post(_AUTH + "/login", login.login, response_type=Access),
    open_post(_AUTH + "/refresh", login.refresh, response_type=Access),
    open_post(_AUTH + "/logout", login.logout, response_type=SignedOut),
    open_post(_AUTH + "/reset", account.reset_password),
    open_get(_AUTH + "/oidc/{provider}", providers.begin, **_PAGE),
    open_get(_AUTH + "/oidc/{provider}/callback", providers.callback, **_PAGE),
    open_post(_AUTH + "/device", devices.begin),
    open_post(_AUTH + "/device/token", devices.token, response_type=Access),
    _own("GET", "/device/{code}", devices.get),
    _own("POST", "/device/{code}/approve", devices.approve),
    _own("POST", "/device/{code}/deny", devices.deny),
    _own("GET", "/me", account.me),
    _own("POST", "/password", account.change_password),
    _own("GET", "/sessions", sessions.list_sessions),
    _own("POST", "/sessions/end-others", sessions.end_others),
    _own("DELETE", "/sessions/{session_id}", sessions.end),
    _own("POST", "/tickets", tickets.create),
    _own("GET", "/api-keys", api_keys.list_keys),
    _own("POST", "/api-keys", api_keys.create, refuses_unknown_keys=True),
    _own("DELETE", "/api-keys/{prefix}", api_keys.delete),
    get("/api/users", users.list_users, "user.manage"),
    _managed("POST", "/api/users", users.create),
    get(_USER, users.get, "user.manage"),
    _managed("DELETE", _USER, users.delete),
    _managed("PUT", _USER + "/admin", users.set_admin),
    _managed("PUT", _USER + "/disabled", users.set_disabled),
    get(_USER + "/groups", users.get_groups, "user.manage"),
    _managed("PUT", _USER + "/groups", users.set_groups),
    _managed("POST", _USER + "/reset-link", users.make_link),
    get(_USER + "/sessions", users.list_sessions, "user.manage"),
    _managed("POST", _USER + "/end-sessions", users.end_sessions),
    get("/api/groups", users.list_groups, "user.manage"),
    get("/api/service-accounts", service_accounts.list_accounts, "user.manage"),
    _managed("POST", "/api/service-accounts", service_accounts.create),
    _managed("DELETE", _SERVICE, service_accounts.delete),
    _managed("PUT", _SERVICE + "/disabled", service_accounts.set_disabled),
    _managed("PUT", _SERVICE + "/groups", service_accounts.set_groups),
    _managed("POST", _SERVICE + "/api-keys", service_accounts.create_key),
    _managed("DELETE", _SERVICE + "/api-keys/{prefix}", service_accounts.delete_key),
)
