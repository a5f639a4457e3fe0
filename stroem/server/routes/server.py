"""Routes of the server itself: its settings, plugins, libraries, workers, queue and events."""

from stroem.server.api import (
    config,
    effective_settings,
    event_stream,
    events,
    libraries,
    live,
    plugins,
    schemas,
    worker_operations,
    workers,
)
from stroem.server.api.waiting import queue, queue_steps
from stroem.server.http import openapi
from stroem.server.routes.builders import WORKSPACE, get, list_get, open_get, post

SERVER = (
    open_get("/api/config", config.get),
    open_get("/api/openapi.json", openapi.get),
    open_get("/api/schemas/workflow.json", schemas.get_workflow),
    open_get("/api/schemas/workspace.json", schemas.get_workspace),
    get("/api/plugins", plugins.list_plugins, "plugin.read"),
    get("/api/settings", config.get_settings, "settings.read"),
    get("/api/settings/effective", effective_settings.get, "settings.read"),
    get("/api/libraries", libraries.list_libraries, "library.read"),
    post("/api/libraries/{library}/reconcile", libraries.reconcile, "library.sync"),
    list_get("/api/events", events.list_events, "event.read"),
    list_get("/api/events/stream", event_stream.stream, "event.read"),
    list_get(WORKSPACE + "/events", events.list_of_workspace, "event.read"),
    list_get("/api/queue", queue.get, "queue.read"),
    list_get("/api/queue/steps", queue_steps.list_steps, "queue.read"),
    list_get("/api/live", live.stream, "job.read"),
    list_get("/api/live/sse", live.stream_events, "job.read", media_type="text/event-stream"),
    get("/api/workers", workers.list_workers, "worker.read"),
    get("/api/workers/{worker_id}", workers.get, "worker.read"),
    post("/api/workers/{worker_id}/cordon", worker_operations.cordon, "worker.drain"),
    post("/api/workers/{worker_id}/drain", worker_operations.drain, "worker.drain"),
    post("/api/workers/{worker_id}/uncordon", worker_operations.uncordon, "worker.drain"),
    post("/api/workers/{worker_id}/remove", worker_operations.remove, "worker.remove"),
    get("/api/stats/workers", worker_operations.count, "worker.read"),
)
