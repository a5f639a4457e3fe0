"""Routes of join tokens and identities of workers."""

from stroem.server.api.machines import identities, join_tokens
from stroem.server.http.route import Route
from stroem.server.routes.builders import get, post

_TOKENS = "/api/workers/join-tokens"
_IDENTITIES = "/api/workers/identities"

MACHINES = (
    get(_TOKENS, join_tokens.list_tokens, "worker.admit"),
    post(_TOKENS, join_tokens.create, "worker.admit", refuses_unknown_keys=True),
    Route(method="DELETE", path=_TOKENS + "/{prefix}", handler=join_tokens.revoke, verb="worker.admit"),
    get(_IDENTITIES, identities.list_identities, "worker.admit"),
    post(_IDENTITIES + "/{identity_id}/revoke", identities.revoke, "worker.admit"),
)
