"""All routes of the server, by area. Each names its verb, checks a worker, or is open."""

from stroem.server.routes.accounts import ACCOUNTS
from stroem.server.routes.audit import AUDIT_LOG
from stroem.server.routes.health import HEALTH
from stroem.server.routes.hooks import HOOKS
from stroem.server.routes.jobs import JOBS
from stroem.server.routes.machines import MACHINES
from stroem.server.routes.pages import PAGES
from stroem.server.routes.rights import RIGHTS
from stroem.server.routes.server import SERVER
from stroem.server.routes.triggers import TRIGGERS
from stroem.server.routes.worker import WORKER
from stroem.server.routes.workspaces import WORKSPACES

PUBLIC = (*ACCOUNTS, *RIGHTS, *MACHINES, *SERVER, *AUDIT_LOG, *WORKSPACES, *TRIGGERS, *JOBS)
ROUTES = (*HEALTH, *PUBLIC, *WORKER, *HOOKS)
"""Routes whose parameters and responses are declared by their handler's types."""

__all__ = ["ACCOUNTS", "HEALTH", "HOOKS", "PAGES", "PUBLIC", "ROUTES", "WORKER"]
