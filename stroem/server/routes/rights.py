"""Routes of questions about rights."""

from stroem.server.api.rights import questions
from stroem.server.http.route import Route

RIGHTS = (
    Route(method="GET", path="/api/auth/can-i", handler=questions.can_i, is_personal=True),
    Route(method="GET", path="/api/auth/verbs", handler=questions.list_verbs, is_personal=True),
    Route(method="GET", path="/api/auth/my-verbs", handler=questions.my_verbs, is_personal=True),
)
