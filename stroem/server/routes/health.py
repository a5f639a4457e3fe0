"""Routes of health."""

from stroem.server.api import health
from stroem.server.routes.builders import open_get, worker_get
from stroem.server.worker_api.touches import known_ids

HEALTH = (
    open_get("/healthz", health.get, response_type=health.Health),
    open_get("/healthz/ready", health.get_readiness, response_type=health.Readiness),
    worker_get("/healthz/detail", health.get_detail, known_ids, response_type=health.HealthDetail),
)
