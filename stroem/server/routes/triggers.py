"""Routes of triggers and of deliveries of webhooks."""

from stroem.server.api import workspace_operations
from stroem.server.api.hooks import deliveries, delivery_detail
from stroem.server.api.triggers import all_triggers, backfills, dead_letters, trigger_stats, triggers, upcoming
from stroem.server.routes.builders import WORKSPACE, get, list_get, post

_TRIGGER = WORKSPACE + "/triggers/{trigger}"
TRIGGERS = (
    list_get("/api/triggers", all_triggers.list_all, "trigger.read"),
    list_get("/api/triggers/upcoming", upcoming.get, "trigger.read"),
    get("/api/stats/triggers", trigger_stats.get, "trigger.read"),
    list_get(WORKSPACE + "/triggers", triggers.list_triggers, "trigger.read"),
    get(_TRIGGER, triggers.get, "trigger.read"),
    post(_TRIGGER + "/fire", triggers.fire, "trigger.fire"),
    post(_TRIGGER + "/backfill", backfills.start, "trigger.fire"),
    get(_TRIGGER + "/backfills", backfills.list_backfills, "trigger.read"),
    post(_TRIGGER + "/backfills/{backfill}/cancel", backfills.cancel, "trigger.fire"),
    get(_TRIGGER + "/dead-letters", dead_letters.list_letters, "trigger.read"),
    post(_TRIGGER + "/dead-letters/retry", dead_letters.retry, "trigger.retry"),
    post(_TRIGGER + "/dead-letters/drop", dead_letters.drop, "trigger.retry"),
    post(_TRIGGER + "/pause", workspace_operations.pause_trigger, "trigger.pause"),
    post(_TRIGGER + "/resume", workspace_operations.resume_trigger, "trigger.pause"),
    get(_TRIGGER + "/deliveries", deliveries.list_deliveries, "hook.read"),
    post(_TRIGGER + "/deliveries/test", deliveries.test, "hook.redeliver"),
    get("/api/deliveries/{number}", delivery_detail.get, "hook.read"),
    post("/api/deliveries/{number}/redeliver", deliveries.redeliver, "hook.redeliver"),
)
